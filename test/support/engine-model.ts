import { setImmediate as nextTurn } from "node:timers/promises";
import type { Cursor } from "../../src/engine/cursor.ts";
import { tableFileName } from "../../src/fs/file-names.ts";
import { MemoryFileSystem } from "../../src/fs/memory-file-system.ts";
import type { Direction } from "../../src/iterator/merge-order.ts";
import { EngineDatabase, entryOf, type ModelWrite, type OpenOptions } from "./engine-database.ts";
import { REFERENCE_STRATEGIES } from "./engine-golden.ts";
import { randomOf } from "./random.ts";

/** A cursor, all it may show in its direction, where in that it stands, and the tables it may keep on disk. */
type OpenCursor = {
  readonly cursor: Cursor;
  readonly direction: Direction;
  readonly expected: readonly string[];
  at: number;
  /** It closes itself when it is moved at its end, and not when a seek finds nothing. */
  isOpen: boolean;
  readonly tables: readonly string[];
};

export type ModelRun = { readonly seed: number; readonly steps: number; readonly options: OpenOptions };

/**
 * Random operations on a database and on a sorted map, compared answer by answer; after each flush, compaction and
 * reopening the tree is checked, and the directory holds the manifest, the tree's tables, what open cursors read, and
 * nothing else. The same seed does the same steps.
 */
export class EngineModel {
  /** Steps done, by kind: a run that never did something proves nothing about it. */
  readonly done: Record<string, number> = {};
  readonly #run: ModelRun;
  readonly #random: (below: number) => number;
  #fs: MemoryFileSystem = new MemoryFileSystem();
  readonly #map = new Map<string, string>();
  #sorted: string[] | undefined;
  #cursors: OpenCursor[] = [];
  #db: EngineDatabase;
  #step = 0;

  constructor(run: ModelRun) {
    this.#run = run;
    this.#random = randomOf(run.seed);
    this.#db = EngineDatabase.open(run.options, this.#fs);
  }

  async run(): Promise<void> {
    try {
      for (; this.#step < this.#run.steps; this.#step++) await this.#once();
      await this.#reopen();
      this.#checkScan("(, )");
      await this.#close();
    } catch (error) {
      throw new Error(`seed ${this.#run.seed}, step ${this.#step}: ${String(error)}`, { cause: error });
    }
  }

  async #once(): Promise<void> {
    const dice = this.#random(1000);
    if (dice < 495) this.#count("put", () => this.#put());
    else if (dice < 510) this.#count("batch", () => this.#db.writeBatch(this.#batch(), this.#random(4) === 0));
    else if (dice < 518) await this.#count("group", () => this.#group());
    else if (dice < 520) await this.#count("sync", () => this.#db.engine.writer.sync());
    else if (dice < 640) this.#count("delete", () => this.#delete());
    else if (dice < 880) this.#count("get", () => this.#get());
    else if (dice < 925) this.#count("move", () => this.#moveCursors());
    else if (dice < 960) this.#count("scan", () => this.#checkScan(this.#range()));
    else if (dice < 975) this.#count("cursor", () => this.#openCursor());
    else if (dice < 983) this.#count("abandon", () => this.#abandonCursor());
    else if (dice < 993) await this.#count("flush", () => this.#flush());
    else if (dice < 998) await this.#count("compact", () => this.#compact());
    else await this.#count("reopen", () => this.#reopen());
  }

  #count<Result>(kind: string, operation: () => Result): Result {
    this.done[kind] = (this.done[kind] ?? 0) + 1;
    return operation();
  }

  #put(): void {
    const key = this.#key();
    const value = String(this.#step).padEnd(this.#random(40) === 0 ? 500 : this.#random(30), "v");
    this.#db.put(key, value);
    if (!this.#map.has(key)) this.#sorted = undefined;
    this.#map.set(key, value);
  }

  #delete(): void {
    const key = this.#key();
    this.#db.delete(key);
    if (this.#map.delete(key)) this.#sorted = undefined;
  }

  /** Writes that the map has taken already; the same key may come twice. */
  #batch(): ModelWrite[] {
    return Array.from({ length: this.#random(20) }, (_, place): ModelWrite => {
      const key = this.#key();
      this.#sorted = undefined;
      if (this.#random(4) === 0) {
        this.#map.delete(key);
        return { key, value: undefined };
      }
      const value = `${this.#step}.${place}`;
      this.#map.set(key, value);
      return { key, value };
    });
  }

  /** Several batches of one turn, and a synchronous write that comes after them. */
  async #group(): Promise<void> {
    const batches = Array.from({ length: 1 + this.#random(4) }, () => this.#batch());
    const written = batches.map((batch) => this.#db.writeGrouped(batch, this.#random(3) === 0));
    if (this.#random(2) === 0) this.#put();
    await Promise.all(written);
  }

  #get(): void {
    const key = this.#key();
    expectSame(`get ${show(key)}`, this.#db.get(key), this.#map.get(key));
  }

  async #flush(): Promise<void> {
    await this.#db.engine.flush();
    // Background work goes on between turns of the event loop.
    for (let turns = this.#random(20); turns > 0; turns--) await nextTurn();
    this.#check();
  }

  async #compact(): Promise<void> {
    await this.#db.engine.compact();
    this.#check();
  }

  async #reopen(): Promise<void> {
    const left = this.#isLogged && this.#random(2) === 0 ? this.#kill() : await this.#close();
    this.#db = EngineDatabase.open({ ...this.#run.options, ...this.#nextStrategy() }, this.#fs);
    expectSame("warnings", this.#db.eventsOf("warning").length, 0);
    this.#check();
    for (const cursor of left) cursor.close();
    this.#check();
  }

  /** One reopening in three, another strategy than the run's own. */
  #nextStrategy(): OpenOptions {
    const strategies = Object.values(REFERENCE_STRATEGIES);
    const compaction = strategies[this.#random(strategies.length * 3)];
    return compaction === undefined ? {} : { compaction };
  }

  get #isLogged(): boolean {
    return this.#db.engine.core.options.durability !== "none";
  }

  /** The process ends without closing; what was written to the logs is there for the next one. */
  #kill(): Cursor[] {
    this.#count("kill", () => {});
    for (const { cursor } of this.#cursors.splice(0)) cursor.close();
    this.#fs = this.#fs.killed();
    return [];
  }

  /** Answers cursors that were left open: they refuse to move, and harm nobody when they are closed late. */
  async #close(): Promise<Cursor[]> {
    const leaveOpen = this.#random(2) === 0 && this.#cursors.every(({ tables }) => this.#isInTree(tables));
    if (!leaveOpen) for (const { cursor } of this.#cursors.splice(0)) cursor.close();
    const left = this.#cursors.splice(0).map(({ cursor }) => cursor);
    await this.#db.close();
    await this.#db.close();
    for (const cursor of left) {
      if (cursor.valid)
        expectSame(
          "moving a cursor after close",
          codeOf(() => cursor.next()),
          "DATABASE_CLOSED",
        );
    }
    expectSame("open files", this.#fs.openFiles, 0);
    expectSame("files after close", this.#db.files.join(" "), this.#db.expectedFiles.join(" "));
    return left;
  }

  #openCursor(): void {
    const range = this.#range();
    const direction = this.#direction();
    const cursor = this.#db.cursor(range, { direction });
    const tables = this.#db.expectedFiles.filter((name) => name.endsWith(".sst"));
    const expected = this.#expected(range, direction);
    this.#cursors.push({ cursor, direction, expected, at: 0, isOpen: expected.length > 0, tables });
    if (this.#cursors.length > 6) this.#abandonCursor();
  }

  #abandonCursor(): void {
    const [abandoned] = this.#cursors.splice(this.#random(this.#cursors.length), 1);
    if (abandoned === undefined) return;
    this.#compare(abandoned);
    abandoned.cursor.close();
    expectSame("a closed cursor's validity", abandoned.cursor.valid, false);
    abandoned.cursor.close();
  }

  #moveCursors(): void {
    for (const open of this.#cursors) {
      if (this.#random(3) === 0) this.#count("seek", () => this.#seek(open));
      for (let moves = this.#random(12); moves > 0; moves--) {
        this.#compare(open);
        open.cursor.next();
        open.at++;
        if (open.at >= open.expected.length) open.isOpen = false;
      }
      this.#compare(open);
    }
  }

  #seek(open: OpenCursor): void {
    const { cursor, direction, expected } = open;
    const target = this.#key();
    const found = expected.findIndex((entry) => isAtOrPast(keyOf(entry), target, direction));
    if (open.isOpen) open.at = found === -1 ? expected.length : found;
    cursor.seek(Buffer.from(target, "latin1"));
    this.#compare(open);
  }

  #compare({ cursor, expected, at }: OpenCursor): void {
    expectSame(`entry ${at} of a cursor`, cursor.valid ? entryOf(cursor) : undefined, expected[at]);
  }

  #checkScan(range: string): void {
    const direction = this.#direction();
    const limit = this.#random(4) === 0 ? this.#random(20) : Number.POSITIVE_INFINITY;
    const expected = this.#expected(range, direction).slice(0, limit);
    const cursor = this.#db.cursor(range, { direction, limit });
    for (let at = 0; cursor.valid || at < expected.length; at++, cursor.next()) {
      this.#compare({ cursor, direction, expected, at, isOpen: true, tables: [] });
    }
  }

  #direction(): Direction {
    return this.#random(2) === 0 ? "ascending" : "descending";
  }

  #check(): void {
    const { faults } = this.#db;
    expectSame("faults of the tree", faults.join("; "), "");
    const { openFiles } = this.#db.stats;
    if (openFiles > this.#db.engine.core.options.maxOpenFiles) throw new Error(`${openFiles} files are open`);
    // Background work under way has files that no record names yet.
    const isFlushDue = this.#db.frozenMemtables >= this.#db.engine.core.options.memtableLimit;
    if (isFlushDue || !this.#db.isSettled) return;
    this.#count("checked files", () => {});
    const kept = this.#cursors.flatMap(({ isOpen, tables }) => (isOpen ? tables : []));
    const names = new Set([...this.#db.expectedFiles, ...kept]);
    expectSame("files", this.#db.files.join(" "), [...names].sort().join(" "));
  }

  #isInTree(tables: readonly string[]): boolean {
    const { tree } = this.#db;
    const live = new Set([tree.level0, ...tree.levels.map((level) => level.tables)].flat().map(tableFileName));
    return tables.every((name) => live.has(name));
  }

  #expected(range: string, direction: Direction): string[] {
    this.#sorted ??= [...this.#map.keys()].sort();
    const [, opening, lower = "", upper = "", closing] = /^(.)(.*), (.*)(.)$/s.exec(range) ?? [];
    const isInside = (key: string) =>
      (lower === "" || (opening === "[" ? key >= lower : key > lower)) &&
      (upper === "" || (closing === "]" ? key <= upper : key < upper));
    const inside = this.#sorted.filter(isInside).map((key) => `${key}=${this.#map.get(key)}`);
    return direction === "ascending" ? inside : inside.reverse();
  }

  /** Bounds of every kind, on keys and between them, now and then empty or inverted. */
  #range(): string {
    const lower = this.#random(5) === 0 ? "" : this.#key();
    const upper = this.#random(5) === 0 ? "" : this.#random(10) === 0 ? lower : this.#key();
    return `${"[("[this.#random(2)]}${lower}, ${upper}${")]"[this.#random(2)]}`;
  }

  /** A few hundred keys, most of them prefixes of others; bytes at both ends of their range. */
  #key(): string {
    const letters = "\0am\xff";
    let key = "";
    for (let length = 1 + this.#random(4); length > 0; length--) key += letters[this.#random(4)];
    return this.#random(60) === 0 ? key.padEnd(200, "m") : key;
  }
}

function keyOf(entry: string): string {
  return entry.slice(0, entry.indexOf("="));
}

function isAtOrPast(key: string, target: string, direction: Direction): boolean {
  return direction === "ascending" ? key >= target : key <= target;
}

function codeOf(operation: () => void): unknown {
  try {
    operation();
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
  return "nothing";
}

function expectSame(what: string, actual: unknown, expected: unknown): void {
  if (actual !== expected) throw new Error(`${what}: ${show(actual)} instead of ${show(expected)}`);
}

function show(value: unknown): string {
  return JSON.stringify(value)?.slice(0, 300) ?? "undefined";
}

/** The seed in this environment variable, to repeat a run that failed; otherwise those given and one that is new every time. */
export function modelSeeds(fixed: readonly number[]): readonly number[] {
  const given = process.env.ENGINE_MODEL_SEED;
  return given === undefined ? [...fixed, Date.now() % 2 ** 31] : [Number(given)];
}

const TINY: OpenOptions = { blockSizeBytes: 128, memtableSizeBytes: 1024, tableSizeBytes: 2048, memtableLimit: 1 };

/** What the runs vary: where entries are found depends on all of it. */
export const MODEL_OPTIONS: Readonly<Record<string, OpenOptions>> = {
  "defaults with small memtables": { memtableSizeBytes: 16 << 10 },
  "tiny blocks and tiny memtables": { blockSizeBytes: 16, memtableSizeBytes: 1024, tableSizeBytes: 1024 },
  "no cache and four descriptors": { cacheSizeBytes: 0, maxOpenFiles: 4, memtableSizeBytes: 4096, blockSizeBytes: 64 },
  "a stall at every freeze": { memtableLimit: 1, memtableStop: 1, memtableSizeBytes: 2048, tableSizeBytes: 4096 },
  "the simple strategy": { ...TINY, compaction: REFERENCE_STRATEGIES.simple },
  "the tiered strategy": { ...TINY, compaction: REFERENCE_STRATEGIES.tiered },
  "the leveled strategy": {
    ...TINY,
    compaction: { ...REFERENCE_STRATEGIES.leveled, baseLevelSizeBytes: 4096 },
  },
  "a log that survives a kill": { ...TINY, durability: "process" },
  "a log that survives a power cut": { memtableSizeBytes: 8 << 10, durability: "power" },
  "a log under the leveled strategy": {
    ...TINY,
    durability: "process",
    compaction: { ...REFERENCE_STRATEGIES.leveled, baseLevelSizeBytes: 4096 },
  },
  "versions in tables": { ...TINY, format: "mvcc", blockSizeBytes: 32 },
  "versions and a log under the leveled strategy": {
    ...TINY,
    format: "mvcc",
    durability: "process",
    compaction: { ...REFERENCE_STRATEGIES.leveled, baseLevelSizeBytes: 4096 },
  },
  "many frozen memtables": { memtableLimit: 30, memtableStop: 40, memtableSizeBytes: 1024, cacheSizeBytes: 4096 },
};
