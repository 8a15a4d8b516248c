import { setImmediate as nextTurn } from "node:timers/promises";
import { MemoryFileSystem } from "../../src/fs/memory-file-system.ts";
import { EngineDatabase, type OpenOptions } from "./engine-database.ts";
import { REFERENCE_STRATEGIES } from "./engine-golden.ts";
import { rangeOf } from "./engine-range.ts";
import { expectSame, ModelChoices, show } from "./model-choices.ts";
import { compareWhole, ModelCursors, refusesToMove } from "./model-cursors.ts";
import { ModelMap, type ModelWrite } from "./model-map.ts";
import { ModelSnapshots, refuseReads } from "./model-snapshots.ts";
import { ModelTransactions, refuseCommits } from "./model-transactions.ts";
import { randomOf } from "./random.ts";

export type ModelRun = { readonly seed: number; readonly steps: number; readonly options: OpenOptions };

/**
 * Random operations on a database and on a sorted map, compared answer by answer; after each flush, compaction and
 * reopening the tree is checked, and the directory holds the manifest, the tree's tables, what open cursors read, and
 * nothing else. Where files have timestamps, snapshots and transactions are open meanwhile. The same seed does the same
 * steps.
 */
export class EngineModel {
  /** Steps done, by kind: a run that never did something proves nothing about it. */
  readonly done: Record<string, number> = {};
  readonly #run: ModelRun;
  readonly #choices: ModelChoices;
  readonly #cursors: ModelCursors;
  readonly #snapshots: ModelSnapshots;
  readonly #transactions: ModelTransactions;
  readonly #map = new ModelMap();
  #fs: MemoryFileSystem = new MemoryFileSystem();
  #db: EngineDatabase;
  #step = 0;

  constructor(run: ModelRun) {
    this.#run = run;
    this.#choices = new ModelChoices(randomOf(run.seed), run.options.format ?? "plain");
    this.#cursors = new ModelCursors(this.#choices);
    this.#snapshots = new ModelSnapshots(this.#choices);
    this.#transactions = new ModelTransactions(this.#choices);
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
    if (this.#run.options.format !== "plain" && this.#choices.oneIn(5)) this.#readersStep();
    if (this.#run.options.format === "native" && this.#choices.oneIn(40))
      this.#count("range", () => this.#deleteRange());
    const dice = this.#choices.random(1000);
    if (dice < 495) this.#count("put", () => this.#put());
    else if (dice < 510) this.#count("batch", () => this.#batch());
    else if (dice < 518) await this.#count("group", () => this.#group());
    else if (dice < 520) await this.#count("sync", () => this.#db.engine.writer.sync());
    else if (dice < 640) this.#count("delete", () => this.#delete());
    else if (dice < 880) this.#count("get", () => this.#get());
    else if (dice < 925) this.#count("move", () => this.#moveCursors());
    else if (dice < 960) this.#count("scan", () => this.#checkScan(this.#choices.range()));
    else if (dice < 975) this.#count("cursor", () => this.#openCursor());
    else if (dice < 983) this.#count("abandon", () => this.#cursors.abandonOne());
    else if (dice < 992) await this.#count("flush", () => this.#flush());
    else if (dice < 995) await this.#count("compact", () => this.#compact());
    else if (dice < 997) await this.#count("compact a range", () => this.#compactRange());
    else await this.#count("reopen", () => this.#reopen());
  }

  /** Something that only a database with versions can do. */
  #readersStep(): void {
    const tables = () => this.#tables;
    const dice = this.#choices.random(100);
    if (dice < 5) this.#count("snapshot", () => this.#snapshots.take(this.#db, this.#map));
    else if (dice < 9) this.#count("release", () => this.#snapshots.dropOne());
    else if (dice < 30) this.#count("read snapshots", () => this.#snapshots.read(this.#cursors, tables));
    else if (dice < 42) this.#count("begin", () => this.#transactions.begin(this.#db, this.#map));
    else if (dice < 88) {
      this.#count("transaction", () => this.#transactions.step(`${this.#step}t`, this.#cursors, tables));
    } else this.#endTransaction();
  }

  #endTransaction(): void {
    const ended = this.#transactions.end(this.#map);
    if (ended === undefined) return;
    this.#count(ended.kind, () => this.#wrote(ended.written));
  }

  #count<Result>(kind: string, operation: () => Result): Result {
    this.done[kind] = (this.done[kind] ?? 0) + 1;
    return operation();
  }

  #put(): void {
    const write = { key: this.#choices.key(), value: this.#choices.value(String(this.#step)) };
    this.#db.put(write.key, write.value);
    this.#wrote([write]);
  }

  #delete(): void {
    const write = { key: this.#choices.key(), value: undefined };
    this.#db.delete(write.key);
    this.#wrote([write]);
  }

  #deleteRange(): void {
    const write = { range: this.#choices.narrowRange() };
    this.#db.writeBatch([write], this.#mustSync());
    this.#wrote([write]);
  }

  #wrote(writes: readonly ModelWrite[]): void {
    for (const write of writes) this.#map.write(write);
    this.#transactions.wrote(writes);
  }

  /** The same key may come twice. */
  #writes(): ModelWrite[] {
    return Array.from({ length: this.#choices.random(20) }, (_, place) =>
      this.#choices.write(`${this.#step}.${place}-`),
    );
  }

  /** Under `power` always, so that a power cut loses nothing. */
  #mustSync(): boolean {
    return this.#choices.oneIn(4) || this.#durability === "power";
  }

  #batch(): void {
    const writes = this.#writes();
    this.#db.writeBatch(writes, this.#mustSync());
    this.#wrote(writes);
  }

  /** Several batches of one turn, and a synchronous write that comes after them. */
  async #group(): Promise<void> {
    const batches = Array.from({ length: 1 + this.#choices.random(4) }, () => this.#writes());
    const written = batches.map((batch) => this.#db.writeGrouped(batch, this.#mustSync()));
    for (const batch of batches) this.#wrote(batch);
    if (this.#choices.oneIn(2)) this.#put();
    await Promise.all(written);
  }

  #get(): void {
    const key = this.#choices.key();
    expectSame(`get ${show(key)}`, this.#db.get(key), this.#map.get(key));
  }

  async #flush(): Promise<void> {
    await this.#db.engine.flush();
    // Background work goes on between turns of the event loop.
    for (let turns = this.#choices.random(20); turns > 0; turns--) await nextTurn();
    this.#check();
  }

  async #compact(): Promise<void> {
    await this.#db.engine.compact();
    this.#check();
  }

  /** Of what the tables know, which of those around the range do too. */
  async #compactRange(): Promise<void> {
    const range = this.#choices.narrowRange();
    const size = await this.#db.engine.sizeOfRange(rangeOf(range));
    if (!(size >= 0 && size <= (await this.#db.engine.sizeOfRange({})))) throw new Error(`${range} has ${size} bytes`);
    await this.#db.engine.compactRange(rangeOf(range));
    this.#check();
  }

  async #reopen(): Promise<void> {
    const wasLogged = this.#durability !== "none";
    const left = wasLogged && this.#choices.oneIn(2) ? this.#kill() : await this.#close();
    this.#db = EngineDatabase.open({ ...this.#run.options, ...this.#otherOptions() }, this.#fs);
    const warnings = this.#db.eventsOf("warning").map(({ message }) => message);
    // Nobody can tell an empty memtable without a log from one whose log is lost.
    const unexpected = wasLogged ? warnings : warnings.filter((message) => !message.includes("written without one"));
    expectSame("warnings", unexpected.join("; "), "");
    this.#check();
    for (const cursor of left) cursor.close();
    this.#check();
  }

  /** One reopening in three, another strategy than the run's own; one in five, another durability. */
  #otherOptions(): OpenOptions {
    const strategies = Object.values(REFERENCE_STRATEGIES);
    const compaction = strategies[this.#choices.random(strategies.length * 3)];
    const durability = (["none", "process", "power"] as const)[this.#choices.random(15)];
    return { ...(compaction !== undefined && { compaction }), ...(durability !== undefined && { durability }) };
  }

  get #durability() {
    return this.#db.engine.core.options.durability;
  }

  /** The process ends without closing, or the power does; what was answered is there for the next one. */
  #kill() {
    const isPowerCut = this.#durability === "power" && this.#choices.oneIn(2);
    this.#cursors.closeAll();
    this.#snapshots.forget();
    this.#transactions.leave();
    this.#fs = this.#count(isPowerCut ? "power cut" : "kill", () =>
      isPowerCut ? this.#fs.crash("none") : this.#fs.killed(),
    );
    return [];
  }

  /** Answers cursors that were left open: they refuse to move, and harm nobody when they are closed late. */
  async #close() {
    const leaveOpen = this.#choices.oneIn(2) && this.#areInTree(this.#cursors.tables);
    if (!leaveOpen) this.#cursors.closeAll();
    const [left, snapshots, transactions] = [
      this.#cursors.leaveAll(),
      this.#snapshots.leave(),
      this.#transactions.leave(),
    ];
    await this.#db.close();
    await this.#db.close();
    refuseReads(snapshots);
    refuseCommits(transactions);
    for (const cursor of left) refusesToMove(cursor);
    expectSame("open files", this.#fs.openFiles, 0);
    expectSame("files after close", this.#db.files.join(" "), this.#db.expectedFiles.join(" "));
    return left;
  }

  #openCursor(): void {
    const [range, direction] = [this.#choices.range(), this.#choices.direction()];
    const expected = this.#map.entries(range, direction);
    this.#cursors.add(this.#db.cursor(range, { direction }), direction, expected, this.#tables);
  }

  #moveCursors(): void {
    const seeks = this.#cursors.move();
    if (seeks > 0) this.#count("seek", () => {});
  }

  #checkScan(range: string): void {
    const [direction, limit] = [this.#choices.direction(), this.#choices.limit()];
    const expected = this.#map.entries(range, direction).slice(0, limit);
    compareWhole(this.#db.cursor(range, { direction, limit }), expected);
  }

  #check(): void {
    const { faults } = this.#db;
    expectSame("faults of the tree", faults.join("; "), "");
    const { openFiles } = this.#db.stats;
    if (openFiles > this.#db.engine.core.options.maxOpenFiles) throw new Error(`${openFiles} files are open`);
    // Background work under way has files that no record names yet.
    if (this.#db.isFlushDue || !this.#db.isSettled) return;
    this.#count("checked files", () => {});
    const names = new Set([...this.#db.expectedFiles, ...this.#cursors.tables]);
    expectSame("files", this.#db.files.join(" "), [...names].sort().join(" "));
  }

  /** Names of the tables of the tree. */
  get #tables(): string[] {
    return this.#db.expectedFiles.filter((name) => name.endsWith(".sst"));
  }

  #areInTree(tables: readonly string[]): boolean {
    const live = new Set(this.#tables);
    return tables.every((name) => live.has(name));
  }
}
