import type { EngineEventName, EngineListener } from "../../src/engine/emitter.ts";
import type { Call } from "../../src/fs/memory-calls.ts";
import type { MemoryFileSystem } from "../../src/fs/memory-file-system.ts";
import type { Options } from "../../src/options.ts";
import { checkInvariants } from "../../src/state/check-invariants.ts";
import { contentFaults, type Readable, showContent } from "./crash-content.ts";
import { CrashLedger, contentAfter, prefixThatMakes } from "./crash-ledger.ts";
import { CrashReaders } from "./crash-readers.ts";
import { CrashWrites, type WritesHost } from "./crash-writes.ts";
import { EngineDatabase } from "./engine-database.ts";
import { SimulatedTime } from "./simulated-time.ts";

/**
 * A database under a script of steps, with its ledger. Steps are apart by `;`:
 *
 *   put a b   one write each        delete a b          range b:d   deletes from b up to d
 *   batch a -b ~c:e   `-` deletes a key, `~` a range; `batch!` is durable when it returns
 *   fill 20   as many puts, every fifth a delete, over 25 keys
 *   group a,b c! then d   two asynchronous batches of one turn, the second durable, and a synchronous write after them
 *   sync  flush  compact  merge b:d (compacts that range)  idle (until the background has nothing to do)
 *   close (and open again)  kill (and open again)
 *   turn 3   of the event loop pass
 *   checkpoint (to `/copy0` and so on)
 *   snapshot s  begin t  begin t serializable  release s (rolls a transaction back)
 *   in t a -b ?c ?   writes in the transaction, and reads c, and reads everything
 *   commit t  commit! t (durable when it returns)  conflict t (a commit that is refused for what others wrote)
 *   try t  try! t (a commit that may be refused for that)
 *
 * After each step, each flush and each compaction the snapshots and transactions that are open must see what they saw.
 */
export class CrashSession implements WritesHost {
  readonly ledger: CrashLedger = new CrashLedger();
  /** What was refused, by the step that was refused. */
  readonly refused: { readonly step: string; readonly error: Error }[] = [];
  /** What was emitted as a warning or as a failure in the background. */
  readonly reported: string[] = [];
  /** Where a snapshot or a transaction saw something else than it must. */
  readonly wrongReads: string[] = [];
  readonly #readers = new CrashReaders();
  readonly #writes: CrashWrites = new CrashWrites(this);
  readonly options: Partial<Options>;
  /** Asked before every call on the file system, also of the one after a kill. */
  readonly #hook: MemoryFileSystem["beforeCall"];
  /** How many units there are at the end of a memtable, counted from the first of all. */
  readonly #lengthAt = new Map<number, number>();
  fs: MemoryFileSystem;
  /** How often the database was opened, or was to be. */
  openings = 0;
  /** Whether an error ended a handle's use for writing. */
  wasDead = false;
  #db: EngineDatabase | undefined;
  /** Units in the database when it was opened, and its timestamp then: every unit takes one timestamp. */
  #opened = { length: 0, timestamp: 0 };
  #checkpoints = 0;
  #isStopped = false;

  constructor(
    options: Partial<Options>,
    fs: MemoryFileSystem,
    hook: (call: Call, session: CrashSession) => ReturnType<NonNullable<MemoryFileSystem["beforeCall"]>>,
  ) {
    this.options = options;
    this.#hook = (call) => hook(call, this);
    this.fs = fs;
    fs.beforeCall = this.#hook;
  }

  get db(): EngineDatabase {
    if (this.#db === undefined) throw new Error("the database is not open");
    return this.#db;
  }

  get isOpen(): boolean {
    return this.#db !== undefined;
  }

  /** How many of the ledger's units a reader sees. */
  get visible(): number {
    return this.#opened.length + this.db.engine.writer.lastTimestamp - this.#opened.timestamp;
  }

  /** Whether an error has ended the handle's use for writing. */
  get isDead(): boolean {
    const { manifest, logs } = this.db.engine.core;
    return (manifest?.failure ?? logs.failure) !== undefined;
  }

  /** Runs a script; an error that a step meets is kept in `refused`. Answers false when the database could not be opened. */
  async run(script: string): Promise<boolean> {
    if (!this.isOpen && !this.try("open", () => this.open())) return false;
    for (const step of script.split(";").map((part) => part.trim())) {
      await this.#step(step);
      if (this.isOpen) this.#checkReaders();
      if (!this.isOpen || this.#isStopped) return false;
    }
    return true;
  }

  /** Takes no further step: the program has ended. */
  stop(): void {
    this.#isStopped = true;
  }

  open(): void {
    this.openings++;
    this.#db = EngineDatabase.open(this.options, this.fs);
    // That an opening finds no log where none was written tells of no failure.
    const warnings = this.db.eventsOf("warning").map(({ message }) => message);
    this.reported.push(...warnings.filter((message) => !message.includes("written without one")));
    this.#on("warning", ({ message }) => this.reported.push(message));
    this.#on("backgroundError", ({ error }) => this.reported.push(error.message));
    const content = this.#unseen(() => entriesOf(this.db));
    const { units, afterKill } = this.ledger.promised;
    const length = prefixThatMakes(content, units, afterKill);
    if (length === undefined)
      throw new Error(`opened with ${showContent(content)}, which no prefix of at least ${afterKill} makes`);
    this.ledger.forget(length);
    this.#opened = { length, timestamp: this.db.engine.writer.lastTimestamp };
    this.#on("freeze", ({ id }) => {
      this.#lengthAt.set(id, this.visible);
      this.ledger.endsLog(this.visible);
    });
    this.#on("flush", ({ id }) => this.ledger.survivesPowerCut(this.#lengthAt.get(id) ?? 0));
    this.#on("flush", () => this.#checkReaders());
    this.#on("compactionEnd", () => this.#checkReaders());
  }

  /** Listens to the open database for as long as it is the one: a killed one may come to the end of what it does. */
  #on<Name extends EngineEventName>(name: Name, listener: EngineListener<Name>): void {
    const db = this.#db;
    this.db.engine.core.emitter.on(name, (event) => {
      if (this.#db === db) listener(event);
    });
  }

  /** Does what a check needs, on a disk without faults and without counting. */
  #unseen<Result>(look: () => Result): Result {
    const { fs } = this;
    const hook = fs.beforeCall;
    fs.beforeCall = undefined;
    const result = look();
    fs.beforeCall = hook;
    return result;
  }

  #checkReaders(): void {
    this.wrongReads.push(...this.#unseen(() => this.#readers.faults()));
  }

  /** What the visible units make. */
  get #content(): Map<string, string> {
    return contentAfter(this.ledger.promised.units, this.visible);
  }

  /** What is wrong with what readers see, and with the state. */
  faults(): string[] {
    const state = checkInvariants(this.db.engine.core.states.current);
    return [...this.wrongReads, ...contentFaults(readableOf(this.db), this.#content), ...state];
  }

  async #step(step: string): Promise<void> {
    const [verb = "", ...words] = step.split(/\s+/);
    const isPower = this.options.durability === "power" || verb.endsWith("!");
    const writes = this.#writes;
    if (verb === "put") for (const key of words) writes.write(step, key);
    else if (verb === "delete") for (const key of words) writes.write(step, `-${key}`);
    else if (verb === "range") for (const range of words) writes.write(step, `~${range}`);
    else if (verb === "fill") for (let left = Number(words[0]); left > 0; left--) writes.fill(step);
    else if (verb === "batch" || verb === "batch!") writes.batch(step, words, isPower);
    else if (verb === "group") await writes.group(step, words, isPower);
    else if (verb === "kill") this.#kill();
    else if (verb === "turn") for (let left = Number(words[0]); left > 0; left--) await SimulatedTime.current.turn();
    else if (READER_VERBS.has(verb)) this.#stepOfReader(step, verb, words, isPower);
    else await this.#perform(step, verb);
  }

  #stepOfReader(step: string, verb: string, [name = "", ...words]: readonly string[], isPower: boolean): void {
    if (verb === "snapshot") this.#readers.snapshot(name, this.db, this.#content);
    else if (verb === "begin") {
      this.#readers.begin(name, words[0] === "serializable" ? "serializable" : "snapshot", this.db, this.#content);
    } else if (verb === "release") this.#readers.release(name);
    else if (verb === "in") for (const word of words) this.#inTransaction(name, word);
    else this.#commit(step, name, isPower, verb);
  }

  #inTransaction(name: string, word: string): void {
    if (word.startsWith("?")) this.wrongReads.push(...this.#unseen(() => this.#readers.faultsOf(name, word.slice(1))));
    else this.#readers.write(name, this.#writes.writeOf(word));
  }

  #commit(step: string, name: string, mustSync: boolean, verb: string): void {
    const transaction = this.#readers.transaction(name);
    const writes = this.#readers.writesOf(name);
    this.#readers.forget(name);
    const refusals = this.refused.length;
    this.#writes.atOnce(step, writes, mustSync, () => transaction.commit(mustSync ? { durability: "power" } : {}));
    if (verb.startsWith("commit")) return;
    const { error } = this.refused[refusals] ?? {};
    if ((error as { code?: string } | undefined)?.code === "TRANSACTION_CONFLICT") this.refused.pop();
    // When a write before was refused, the one that was to be met may not be there.
    else if (verb === "conflict" && refusals === 0) {
      this.refused.push({ step, error: new Error("there was no conflict", { cause: error }) });
    }
  }

  async #perform(step: string, verb: string): Promise<void> {
    const { engine } = this.db;
    const before = this.visible;
    try {
      if (verb === "sync") await engine.writer.sync();
      else if (verb === "flush") await engine.flush();
      else if (verb === "compact") await engine.compact();
      else if (verb === "merge") await this.#merge(step);
      else if (verb === "idle") await this.#idle();
      else if (verb === "checkpoint") await this.#checkpoint();
      else if (verb === "close") await engine.close();
      else throw new Error(`no step is called ${verb}`);
    } catch (error) {
      this.refused.push({ step, error: error as Error });
      // After a fatal error a close says so, and closes.
      if (engine.isClosed) this.#reopen();
      return;
    }
    if (verb === "sync" && this.options.durability !== "none") this.ledger.survivesPowerCut(before);
    if (verb === "close") {
      this.ledger.survivesPowerCut(before);
      this.#reopen();
    }
  }

  async #merge(step: string): Promise<void> {
    const [gte = "", lt = ""] = step.slice(step.indexOf(" ") + 1).split(":");
    await this.db.engine.compactRange({ gte: Buffer.from(gte), lt: Buffer.from(lt) });
  }

  /** Before the other databases of a script comes the one that is copied. */
  async #checkpoint(): Promise<void> {
    const directory = `/copy${this.#checkpoints++}`;
    this.ledger.beginsCheckpoint(directory);
    await this.db.engine.checkpoint(directory, UNLOCKED);
    this.ledger.endsCheckpoint(directory, this.visible);
  }

  #reopen(): void {
    this.wasDead ||= this.isDead;
    this.#leave();
    this.try("open", () => this.open());
  }

  async #idle(): Promise<void> {
    const { states, options } = this.db.engine.core;
    for (let turns = 0; turns < 100 && !this.#isStopped; turns++) {
      SimulatedTime.current.pass(50);
      for (let slices = 0; slices < 5; slices++) await SimulatedTime.current.turn();
      if (this.db.isSettled && states.current.immutableMemtables.length < options.memtableLimit) return;
    }
  }

  #kill(): void {
    SimulatedTime.current.forget();
    this.fs.beforeCall = undefined;
    this.fs = this.fs.killed();
    this.fs.beforeCall = this.#hook;
    this.#reopen();
  }

  #leave(): void {
    this.#readers.forgetAll();
    this.#lengthAt.set(this.db.engine.core.states.current.memtable.id, this.visible);
    if (this.options.durability === "none") this.#lengthAt.clear();
    this.#db = undefined;
  }

  /** Does what may be refused, and says whether it was done. */
  try(step: string, act: () => void): boolean {
    try {
      act();
      return true;
    } catch (error) {
      this.refused.push({ step, error: error as Error });
      return false;
    }
  }
}

const READER_VERBS: ReadonlySet<string> = new Set([
  "snapshot",
  "begin",
  "release",
  "in",
  "commit",
  "commit!",
  "conflict",
  "try",
  "try!",
]);

const UNLOCKED = async () => ({ release: async () => {} });

/** What a scan finds. */
export function entriesOf(db: EngineDatabase): Map<string, string> {
  return new Map(readableOf(db).scan());
}

export function readableOf(db: EngineDatabase): Readable {
  const entries = () =>
    db
      .scan()
      .split(" ")
      .filter(Boolean)
      .map((entry) => [entry.slice(0, entry.indexOf("=")), entry.slice(entry.indexOf("=") + 1)] as const);
  return { scan: entries, get: (key) => db.get(key) };
}
