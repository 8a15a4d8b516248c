import { setImmediate as nextTurn } from "node:timers/promises";
import { Snapshot } from "../../src/engine/snapshot.ts";
import { MemoryFileSystem } from "../../src/fs/memory-file-system.ts";
import { checkInvariants } from "../../src/state/check-invariants.ts";
import { EngineDatabase, type OpenOptions } from "./engine-database.ts";
import { REFERENCE_STRATEGIES } from "./engine-golden.ts";
import { entries } from "./entries.ts";
import { insideOf, type ModelWrite } from "./model-map.ts";
import { randomOf } from "./random.ts";
import { rawContent } from "./versions.ts";

/** A snapshot and what was in the database when it was made. */
type OpenSnapshot = { readonly snapshot: Snapshot; readonly content: ReadonlyMap<string, string> };

/** A range delete that was written, with its range in the notation of `rangeOf`. */
type RangeDelete = { readonly range: string; readonly timestamp: number };

/** What a run varies. */
export type VersionModelOptions = OpenOptions & { readonly format: "mvcc" | "native" };

/**
 * Random batches, in `native` with range deletes, snapshots, flushes, compactions, checkpoints and reopenings of a versioned
 * database, compared with maps: one of what is there now, and one per snapshot of what was there then. The same seed does
 * the same steps.
 */
export class VersionModel {
  /** Steps done, by kind. */
  readonly done: Record<string, number> = {};
  readonly #seed: number;
  readonly #options: VersionModelOptions;
  readonly #random: (below: number) => number;
  readonly #content = new Map<string, string>();
  #fs: MemoryFileSystem = new MemoryFileSystem();
  #db: EngineDatabase;
  #directory = "/db";
  #snapshots: OpenSnapshot[] = [];
  #rangeDeletes: RangeDelete[] = [];
  #timestamp = 0;
  #step = 0;

  constructor(seed: number, options: VersionModelOptions) {
    this.#seed = seed;
    this.#options = options;
    this.#random = randomOf(seed);
    this.#db = this.#open();
  }

  async run(steps: number): Promise<void> {
    try {
      for (; this.#step < steps; this.#step++) await this.#once();
      await this.#reopen();
      this.#compare(new Snapshot(this.#db.engine), this.#content);
    } catch (error) {
      throw new Error(`seed ${this.#seed}, step ${this.#step}: ${String(error)}`, { cause: error });
    }
  }

  async #once(): Promise<void> {
    const dice = this.#random(1000);
    if (dice < 600) this.#count("batch", () => this.#batch());
    else if (dice < 800) this.#count("get", () => this.#get());
    else if (dice < 850) this.#count("scan", () => this.#scan());
    else if (dice < 900) this.#count("snapshot", () => this.#takeSnapshot());
    else if (dice < 945) this.#count("release", () => this.#dropSnapshot());
    else if (dice < 985) await this.#count("flush", () => this.#flush());
    else if (dice < 992) await this.#count("compact", () => this.#compact());
    else if (dice < 995) await this.#count("checkpoint", () => this.#checkpoint());
    else await this.#count("reopen", () => this.#reopen());
  }

  #count<Result>(kind: string, operation: () => Result): Result {
    this.done[kind] = (this.done[kind] ?? 0) + 1;
    return operation();
  }

  /** Some writes under one timestamp, now and then of the same key, now and then none. */
  #batch(): void {
    const writes: ModelWrite[] = [];
    for (let count = this.#random(6); count > 0; count--) {
      const key = this.#key();
      if (this.#options.format === "native" && this.#random(10) === 0) {
        const range = this.#rangeToDelete(key);
        writes.push({ range });
        for (const each of [...this.#content.keys()].filter(insideOf(range))) this.#content.delete(each);
      } else if (this.#random(4) === 0) {
        writes.push({ key, value: undefined });
        this.#content.delete(key);
      } else {
        const value = this.#value();
        writes.push({ key, value });
        this.#content.set(key, value);
      }
    }
    this.#db.writeBatch(writes, false);
    const { lastTimestamp } = this.#db.engine.writer;
    // A range delete without an upper bound is nothing where there is no key.
    const isWritten = writes.some((write) => "key" in write);
    const isExpected = lastTimestamp === this.#timestamp + 1 || (!isWritten && lastTimestamp === this.#timestamp);
    if (!isExpected) throw new Error(`timestamp ${lastTimestamp} after ${this.#timestamp}`);
    this.#timestamp = lastTimestamp;
    for (const write of writes) {
      if ("range" in write) this.#count("range delete", () => this.#noteRangeDelete(write.range));
    }
  }

  #noteRangeDelete(range: string): void {
    this.#rangeDeletes.push({ range, timestamp: this.#timestamp });
  }

  /** Bounds of every kind; now and then of one key, or inverted. */
  #rangeToDelete(key: string): string {
    const lower = this.#random(6) === 0 ? "" : key;
    const upper = this.#random(6) === 0 ? "" : this.#random(4) === 0 ? key : this.#key();
    return `${"[("[this.#random(2)]}${lower}, ${upper}${")]"[this.#random(2)]}`;
  }

  #value(): string {
    if (this.#options.format === "native" && this.#random(10) === 0) return "";
    return `${this.#step}`.padEnd(this.#random(20), "v");
  }

  #get(): void {
    const key = this.#key();
    expectSame(`get ${key}`, this.#db.get(key), this.#content.get(key));
    for (const { snapshot, content } of this.#snapshots) {
      expectSame(`get ${key} at ${snapshot.timestamp}`, snapshot.get(key, { as: "utf8" }), content.get(key));
    }
  }

  #scan(): void {
    const chosen = this.#snapshots[this.#random(this.#snapshots.length)];
    if (chosen !== undefined) this.#compare(chosen.snapshot, chosen.content);
    using now = new Snapshot(this.#db.engine);
    this.#compare(now, this.#content);
  }

  /** A range, in one direction or the other. */
  #compare(snapshot: Snapshot, content: ReadonlyMap<string, string>): void {
    const [gte, lt] = [this.#key(), this.#key()];
    const reverse = this.#random(2) === 0;
    const expected = [...content.keys()].filter((key) => key >= gte && key < lt).sort();
    const found = [...snapshot.scan({ gte, lt, reverse, as: "utf8" })].map((entry) => entry.join("="));
    if (reverse) expected.reverse();
    const shown = expected.map((key) => `${key}=${content.get(key)}`);
    expectSame(`scan [${gte}, ${lt}) at ${snapshot.timestamp}`, found.join(" "), shown.join(" "));
  }

  #takeSnapshot(): void {
    const snapshot = new Snapshot(this.#db.engine);
    expectSame("timestamp of a snapshot", snapshot.timestamp, this.#timestamp);
    this.#snapshots.push({ snapshot, content: new Map(this.#content) });
    if (this.#snapshots.length > 8) this.#dropSnapshot();
  }

  #dropSnapshot(): void {
    const [dropped] = this.#snapshots.splice(this.#random(this.#snapshots.length), 1);
    if (dropped === undefined) return;
    this.#compare(dropped.snapshot, dropped.content);
    dropped.snapshot.close();
  }

  async #flush(): Promise<void> {
    await this.#db.engine.flush();
    // Background work goes on between turns of the event loop.
    for (let turns = this.#random(20); turns > 0; turns--) await nextTurn();
    this.#check();
  }

  /** A copy holds what is there now, and it may take the place of the original. */
  async #checkpoint(): Promise<void> {
    const target = `/db${this.#step}`;
    await this.#db.engine.checkpoint(target, async () => ({ release: async () => {} }));
    if (this.#random(2) === 0) {
      this.#directory = target;
      await this.#reopen();
    } else {
      // As long as nothing is written, an open copy need not be closed.
      const copy = EngineDatabase.open({ ...this.#options, directory: target, readOnly: true }, this.#fs);
      using snapshot = new Snapshot(copy.engine);
      this.#compare(snapshot, this.#content);
    }
  }

  /** Of everything where there is no strategy, and then nothing is left that nobody can see. */
  async #compact(): Promise<void> {
    const isWhole = this.#options.compaction === undefined;
    while (isWhole && !this.#isFlushed) await this.#db.engine.flush();
    await this.#db.engine.compact();
    if (!isWhole) await this.#db.engine.compactRange({});
    this.#check();
    if (isWhole) this.#checkNothingIsKeptInVain();
  }

  get #isFlushed(): boolean {
    return this.#db.engine.core.states.current.memtable.isEmpty && this.#db.frozenMemtables === 0;
  }

  #checkNothingIsKeptInVain(): void {
    const { watermark } = this.#db.engine;
    expectSame(
      "watermark",
      watermark,
      Math.min(this.#timestamp, ...this.#snapshots.map((open) => open.snapshot.timestamp)),
    );
    let last = "";
    let isCovered = false;
    for (const { key, timestamp } of entries(rawContent(this.#db))) {
      const name = Buffer.from(key).toString("latin1");
      if (name !== last) isCovered = false;
      if (isCovered) throw new Error(`${name}@${timestamp} is kept, though nobody can see it at ${watermark}`);
      isCovered = timestamp <= watermark;
      last = name;
      const hidden = this.#rangeDeletes.find(
        (each) => timestamp < each.timestamp && each.timestamp <= watermark && insideOf(each.range)(name),
      );
      if (hidden !== undefined) throw new Error(`${name}@${timestamp} is kept, under ${JSON.stringify(hidden)}`);
    }
    for (const { rangeDeletes } of this.#db.engine.core.states.current.tables.values()) {
      const isNeeded = rangeDeletes.fragments.every(({ timestamps }) => timestamps.every((each) => each > watermark));
      if (!isNeeded) throw new Error(`range deletes are kept that hide nothing at ${watermark}`);
    }
    if (this.#snapshots.length > 0) return;
    const expected = [...this.#content.keys()].sort().map((key) => `${key}=${this.#content.get(key)}`);
    expectSame("tables", rawContent(this.#db).replaceAll(/@\d+/g, ""), expected.join(" "));
  }

  async #reopen(): Promise<void> {
    for (const { snapshot } of this.#snapshots.splice(0)) snapshot.close();
    const isLogged = (this.#options.durability ?? "none") !== "none";
    if (isLogged && this.#random(2) === 0) this.#fs = this.#count("kill", () => this.#fs.killed());
    else await this.#db.close();
    this.#db = this.#open();
    const { lastTimestamp } = this.#db.engine.writer;
    // In mvcc versions may all be gone that had the newest timestamps.
    const isKnown =
      this.#options.format === "mvcc" ? lastTimestamp <= this.#timestamp : lastTimestamp === this.#timestamp;
    if (!isKnown) throw new Error(`timestamp ${lastTimestamp} after ${this.#timestamp}`);
    this.#timestamp = lastTimestamp;
    this.#check();
  }

  /** Once there are files that say the format, it is not told. */
  #open(): EngineDatabase {
    const { format, ...options } = this.#options;
    const told = this.#timestamp === 0 ? { format } : {};
    const db = EngineDatabase.open({ ...options, ...told, directory: this.#directory }, this.#fs);
    expectSame("format", db.engine.core.format, format);
    return db;
  }

  #check(): void {
    expectSame("faults", checkInvariants(this.#db.engine.core.states.current).join("; "), "");
    expectSame(
      "readers",
      this.#db.engine.core.readers.timestampCount,
      new Set(this.#snapshots.map(({ snapshot }) => snapshot.timestamp)).size,
    );
  }

  /** Few keys, so that each has many versions; some begin with others. */
  #key(): string {
    if (this.#options.format === "native" && this.#random(30) === 0) return "";
    return "ab".repeat(3).slice(0, 1 + this.#random(4)) + "xyz"[this.#random(3)]!.repeat(this.#random(3));
  }
}

function expectSame(what: string, actual: unknown, expected: unknown): void {
  if (actual !== expected) throw new Error(`${what}: ${JSON.stringify(actual)} instead of ${JSON.stringify(expected)}`);
}

const SMALL: OpenOptions = { blockSizeBytes: 64, memtableSizeBytes: 1024, tableSizeBytes: 1024, memtableLimit: 1 };

const VARIANTS: Readonly<Record<string, OpenOptions>> = {
  "large memtables": {},
  "small memtables and tables": SMALL,
  "blocks of one entry": { ...SMALL, blockSizeBytes: 16, cacheSizeBytes: 0, maxOpenFiles: 4 },
  "a log": { ...SMALL, durability: "process" },
  "a log under the simple strategy": { ...SMALL, durability: "process", compaction: REFERENCE_STRATEGIES.simple },
  "the tiered strategy": { ...SMALL, compaction: REFERENCE_STRATEGIES.tiered },
  "the leveled strategy": { ...SMALL, compaction: { ...REFERENCE_STRATEGIES.leveled, baseLevelSizeBytes: 4096 } },
};

/** Both formats in every variant. */
export const VERSION_MODEL_OPTIONS: Readonly<Record<string, VersionModelOptions>> = Object.fromEntries(
  (["mvcc", "native"] as const).flatMap((format) =>
    Object.entries(VARIANTS).map(([name, options]) => [`${format}, ${name}`, { ...options, format }] as const),
  ),
);
