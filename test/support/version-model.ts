import { setImmediate as nextTurn } from "node:timers/promises";
import { Snapshot } from "../../src/engine/snapshot.ts";
import { MemoryFileSystem } from "../../src/fs/memory-file-system.ts";
import { checkInvariants } from "../../src/state/check-invariants.ts";
import { EngineDatabase, type OpenOptions } from "./engine-database.ts";
import { REFERENCE_STRATEGIES } from "./engine-golden.ts";
import { entries } from "./entries.ts";
import { randomOf } from "./random.ts";
import { rawContent, writeBatch } from "./versions.ts";

/** A snapshot and what was in the database when it was made. */
type OpenSnapshot = { readonly snapshot: Snapshot; readonly content: ReadonlyMap<string, string> };

/**
 * Random batches, snapshots, flushes, compactions and reopenings of a versioned database, compared with maps: one of what
 * is there now, and one per snapshot of what was there then. The same seed does the same steps.
 */
export class VersionModel {
  /** Steps done, by kind. */
  readonly done: Record<string, number> = {};
  readonly #seed: number;
  readonly #options: OpenOptions;
  readonly #random: (below: number) => number;
  readonly #content = new Map<string, string>();
  #fs: MemoryFileSystem = new MemoryFileSystem();
  #db: EngineDatabase;
  #snapshots: OpenSnapshot[] = [];
  #timestamp = 0;
  #step = 0;

  constructor(seed: number, options: OpenOptions) {
    this.#seed = seed;
    this.#options = options;
    this.#random = randomOf(seed);
    this.#db = EngineDatabase.open({ ...options, format: "mvcc" }, this.#fs);
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
    else if (dice < 995) await this.#count("compact", () => this.#compact());
    else await this.#count("reopen", () => this.#reopen());
  }

  #count<Result>(kind: string, operation: () => Result): Result {
    this.done[kind] = (this.done[kind] ?? 0) + 1;
    return operation();
  }

  /** Some writes under one timestamp, now and then of the same key, now and then none. */
  #batch(): void {
    const writes: string[] = [];
    for (let count = this.#random(6); count > 0; count--) {
      const key = this.#key();
      if (this.#random(4) === 0) {
        writes.push(`-${key}`);
        this.#content.delete(key);
      } else {
        const value = `${this.#step}`.padEnd(this.#random(20), "v");
        writes.push(`${key}=${value}`);
        this.#content.set(key, value);
      }
    }
    writeBatch(this.#db, writes.join(" "));
    if (writes.length > 0) this.#timestamp++;
    expectSame("newest timestamp", this.#db.engine.writer.lastTimestamp, this.#timestamp);
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

  /** Of everything where there is no strategy, and then nothing is left that nobody can see. */
  async #compact(): Promise<void> {
    const isWhole = this.#options.compaction === undefined;
    while (isWhole && !this.#isFlushed) await this.#db.engine.flush();
    await this.#db.engine.compact();
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
    // The format is not told: the files say it.
    this.#db = EngineDatabase.open(
      this.#timestamp === 0 ? { ...this.#options, format: "mvcc" } : this.#options,
      this.#fs,
    );
    // Versions may all be gone that had the newest timestamps.
    const { lastTimestamp } = this.#db.engine.writer;
    if (lastTimestamp > this.#timestamp) throw new Error(`timestamp ${lastTimestamp} after ${this.#timestamp}`);
    this.#timestamp = lastTimestamp;
    this.#check();
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
    return "ab".repeat(3).slice(0, 1 + this.#random(4)) + "xyz"[this.#random(3)]!.repeat(this.#random(3));
  }
}

function expectSame(what: string, actual: unknown, expected: unknown): void {
  if (actual !== expected) throw new Error(`${what}: ${JSON.stringify(actual)} instead of ${JSON.stringify(expected)}`);
}

const SMALL: OpenOptions = { blockSizeBytes: 64, memtableSizeBytes: 1024, tableSizeBytes: 1024, memtableLimit: 1 };

/** What the runs vary. */
export const VERSION_MODEL_OPTIONS: Readonly<Record<string, OpenOptions>> = {
  "large memtables": {},
  "small memtables and tables": SMALL,
  "blocks of one entry": { ...SMALL, blockSizeBytes: 16, cacheSizeBytes: 0, maxOpenFiles: 4 },
  "a log": { ...SMALL, durability: "process" },
  "a log under the simple strategy": { ...SMALL, durability: "process", compaction: REFERENCE_STRATEGIES.simple },
  "the tiered strategy": { ...SMALL, compaction: REFERENCE_STRATEGIES.tiered },
  "the leveled strategy": { ...SMALL, compaction: { ...REFERENCE_STRATEGIES.leveled, baseLevelSizeBytes: 4096 } },
};
