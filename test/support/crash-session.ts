import { setImmediate as nextTurn } from "node:timers/promises";
import { vi } from "vitest";
import type { Call } from "../../src/fs/memory-calls.ts";
import type { MemoryFileSystem } from "../../src/fs/memory-file-system.ts";
import { ENTRY_KIND } from "../../src/key.ts";
import type { Options } from "../../src/options.ts";
import { checkInvariants } from "../../src/state/check-invariants.ts";
import type { CheckedWrite } from "../../src/write/checked-write.ts";
import { CrashLedger, contentAfter, type LedgerWrite, prefixThatMakes } from "./crash-ledger.ts";
import { EngineDatabase } from "./engine-database.ts";

/** The background loop's timer stands still, so that the same steps make the same calls; `idle` moves it. Undone by `vi.useRealTimers`. */
export function stopBackgroundTimer(): void {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
}

/**
 * A database under a script of steps, with its ledger. Steps are apart by `;`:
 *
 *   put a b   one write each        delete a b          batch a -b   `-` deletes; `batch!` is durable when it returns
 *   fill 20   as many puts, every fifth a delete, over 25 keys
 *   group a,b c! then d   two asynchronous batches of one turn, the second durable, and a synchronous write after them
 *   sync  flush  compact  idle (until the background has nothing to do)  close (and open again)  kill (and open again)
 */
export class CrashSession {
  readonly ledger: CrashLedger = new CrashLedger();
  /** What was refused, by the step that was refused. */
  readonly refused: { readonly step: string; readonly error: Error }[] = [];
  /** What was emitted as a warning or as a failure in the background. */
  readonly reported: string[] = [];
  readonly #options: Partial<Options>;
  /** Asked before every call on the file system, also of the one after a kill. */
  readonly #hook: MemoryFileSystem["beforeCall"];
  /** How many writes a memtable holds at its end, counted from the first of all. */
  readonly #lengthAt = new Map<number, number>();
  fs: MemoryFileSystem;
  /** How often the database was opened, or was to be. */
  openings = 0;
  /** Whether an error ended a handle's use for writing. */
  wasDead = false;
  #db: EngineDatabase | undefined;
  /** Writes in the database when it was opened, and its timestamp then: every write takes one timestamp. */
  #opened = { length: 0, timestamp: 0 };
  #sequence = 0;
  #isStopped = false;

  constructor(
    options: Partial<Options>,
    fs: MemoryFileSystem,
    hook: (call: Call, session: CrashSession) => ReturnType<NonNullable<MemoryFileSystem["beforeCall"]>>,
  ) {
    this.#options = options;
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

  /** How many of the ledger's writes a reader sees. */
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
    if (!this.isOpen && !this.#try("open", () => this.open())) return false;
    for (const step of script.split(";").map((part) => part.trim())) {
      await this.#step(step);
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
    this.#db = EngineDatabase.open(this.#options, this.fs);
    const { emitter } = this.db.engine.core;
    emitter.on("warning", ({ message }) => this.reported.push(message));
    emitter.on("backgroundError", ({ error }) => this.reported.push(error.message));
    const content = this.#entries();
    const { writes, afterKill } = this.ledger.promised;
    const length = prefixThatMakes(content, writes, afterKill);
    if (length === undefined)
      throw new Error(`opened with ${show(content)}, which no prefix of at least ${afterKill} makes`);
    this.ledger.forget(length);
    this.#opened = { length, timestamp: this.db.engine.writer.lastTimestamp };
    emitter.on("freeze", ({ id }) => this.#lengthAt.set(id, this.visible));
    emitter.on("flush", ({ id }) => this.ledger.survivesPowerCut(this.#lengthAt.get(id) ?? 0));
  }

  /** What is there, read from a disk without faults and without counting. */
  #entries(): Map<string, string> {
    const hook = this.fs.beforeCall;
    this.fs.beforeCall = undefined;
    const entries = entriesOf(this.db);
    this.fs.beforeCall = hook;
    return entries;
  }

  /** What is wrong with what a reader sees, and with the state. */
  faults(): string[] {
    const expected = contentAfter(this.ledger.promised.writes, this.visible);
    return [...contentFaults(this.db, expected), ...checkInvariants(this.db.engine.core.states.current)];
  }

  async #step(step: string): Promise<void> {
    const [verb = "", ...words] = step.split(/\s+/);
    const isPower = this.#options.durability === "power";
    if (verb === "put") for (const key of words) this.#write(step, key);
    else if (verb === "delete") for (const key of words) this.#write(step, `-${key}`);
    else if (verb === "fill")
      for (let index = 0; index < Number(words[0]); index++) this.#write(step, this.#fillWord());
    else if (verb === "batch" || verb === "batch!") this.#batch(step, words, isPower || verb === "batch!");
    else if (verb === "group") await this.#group(step, words, isPower);
    else if (verb === "kill") this.#kill();
    else await this.#perform(step, verb);
  }

  async #perform(step: string, verb: string): Promise<void> {
    const { engine } = this.db;
    const before = this.visible;
    try {
      if (verb === "sync") await engine.writer.sync();
      else if (verb === "flush") await engine.flush();
      else if (verb === "compact") await engine.compact();
      else if (verb === "idle") await this.#idle();
      else if (verb === "close") await engine.close();
      else throw new Error(`no step is called ${verb}`);
    } catch (error) {
      this.refused.push({ step, error: error as Error });
      // After a fatal error a close says so, and closes.
      if (engine.isClosed) this.#reopen();
      return;
    }
    if (verb === "sync" && this.#options.durability !== "none") this.ledger.survivesPowerCut(before);
    if (verb === "close") {
      this.ledger.survivesPowerCut(before);
      this.#reopen();
    }
  }

  #reopen(): void {
    this.wasDead ||= this.isDead;
    this.#leave();
    this.#try("open", () => this.open());
  }

  #write(step: string, word: string): void {
    const before = { visible: this.visible, length: this.ledger.length, isDead: this.isDead };
    const [write] = this.#issue([word]);
    const done = this.#try(step, () => {
      if (write?.value === undefined) this.db.delete(write?.key ?? "");
      else this.db.put(write.key, write.value);
    });
    if (done) this.#acknowledge(this.ledger.length, this.#options.durability === "power");
    else if (!this.isDead) this.ledger.forget(before.visible);
    else if (before.isDead) this.ledger.forget(before.length);
  }

  #batch(step: string, words: readonly string[], mustSync: boolean): void {
    const before = { length: this.ledger.length, isDead: this.isDead };
    const writes = this.#issue(words).map(checked);
    const done = this.#try(step, () => this.db.engine.writer.writeBatch(writes, mustSync));
    if (done) this.#acknowledge(this.ledger.length, mustSync);
    else if (!this.isDead) this.ledger.forget(this.visible);
    else if (before.isDead) this.ledger.forget(before.length);
  }

  async #group(step: string, words: readonly string[], isPower: boolean): Promise<void> {
    const start = this.visible;
    const before = { length: this.ledger.length, isDead: this.isDead };
    const then = words.indexOf("then");
    const groups = then < 0 ? words : words.slice(0, then);
    const members = groups.map((word) => {
      const writes = this.#issue(word.replace("!", "").split(",")).map(checked);
      const length = this.ledger.length;
      const mustSync = isPower || word.endsWith("!");
      return this.db.engine.writer.writeGrouped(writes, mustSync).then(() => this.#acknowledge(length, mustSync));
    });
    const last = then < 0 ? undefined : words[then + 1];
    const lastDone = last !== undefined && this.#try(step, () => this.#putInTurn(last));
    const results = await Promise.allSettled(members);
    for (const result of results) if (result.status === "rejected") this.refused.push({ step, error: result.reason });
    if (before.isDead) this.ledger.forget(before.length);
    if (this.isDead) return;
    // The synchronous write comes last, so what else was applied are the first of the others.
    const applied = this.visible - start - (lastDone ? 1 : 0);
    this.ledger.forget(start + applied, lastDone ? 1 : 0);
  }

  #putInTurn(word: string): void {
    const [write] = this.#issue([word]);
    this.db.put(write?.key ?? "", write?.value ?? "");
  }

  #acknowledge(length: number, isDurable: boolean): void {
    if (this.#options.durability === "none") return;
    if (isDurable) this.ledger.survivesPowerCut(length);
    else this.ledger.survivesKill(length);
  }

  async #idle(): Promise<void> {
    const { states, options } = this.db.engine.core;
    for (let turns = 0; turns < 100 && !this.#isStopped; turns++) {
      vi.advanceTimersByTime(50);
      for (let slices = 0; slices < 5; slices++) await nextTurn();
      if (this.db.isSettled && states.current.immutableMemtables.length < options.memtableLimit) return;
    }
  }

  #kill(): void {
    vi.clearAllTimers();
    this.fs.beforeCall = undefined;
    this.fs = this.fs.killed();
    this.fs.beforeCall = this.#hook;
    this.#reopen();
  }

  #leave(): void {
    this.#lengthAt.set(this.db.engine.core.states.current.memtable.id, this.visible);
    if (this.#options.durability === "none") this.#lengthAt.clear();
    this.#db = undefined;
  }

  #issue(words: readonly string[]): LedgerWrite[] {
    const writes = words.map((word): LedgerWrite => {
      if (word.startsWith("-")) return { key: word.slice(1), value: undefined };
      const sequence = this.#sequence++;
      return { key: word, value: `${word}-${sequence}-`.padEnd(40 + ((sequence * 37) % 160), "v") };
    });
    this.ledger.issue(writes);
    return writes;
  }

  #fillWord(): string {
    const number = this.#sequence + this.ledger.length;
    const key = `k${(number * 7) % 25}`;
    return number % 5 === 4 ? `-${key}` : key;
  }

  #try(step: string, act: () => void): boolean {
    try {
      act();
      return true;
    } catch (error) {
      this.refused.push({ step, error: error as Error });
      return false;
    }
  }
}

/** What a scan finds. */
export function entriesOf(db: EngineDatabase): Map<string, string> {
  const scan = db.scan();
  return new Map(
    scan
      .split(" ")
      .filter(Boolean)
      .map((entry) => {
        const at = entry.indexOf("=");
        return [entry.slice(0, at), entry.slice(at + 1)];
      }),
  );
}

/** Where the answers of a scan or of a get are not those of `expected`. */
export function contentFaults(db: EngineDatabase, expected: ReadonlyMap<string, string>): string[] {
  const content = entriesOf(db);
  const keys = new Set([...content.keys(), ...expected.keys(), ...ALL_KEYS]);
  const difference = (how: string, key: string, found: string | undefined): string[] => {
    const should = expected.get(key);
    return found === should ? [] : [`${how} finds ${key}=${found?.slice(0, 12)} instead of ${should?.slice(0, 12)}`];
  };
  return [...keys].flatMap((key) => [
    ...difference("a scan", key, content.get(key)),
    ...difference("get", key, db.get(key)),
  ]);
}

/** Those that `fill` uses, and one that nobody writes. */
const ALL_KEYS: readonly string[] = ["never", ...Array.from({ length: 25 }, (_, index) => `k${index}`)];

function checked({ key, value }: LedgerWrite): CheckedWrite {
  const kind = value === undefined ? ENTRY_KIND.delete : ENTRY_KIND.put;
  return { kind, key: Buffer.from(key, "latin1"), value: Buffer.from(value ?? "", "latin1") };
}

function show(content: ReadonlyMap<string, string>): string {
  return [...content].map(([key, value]) => `${key}=${value.slice(0, 12)}`).join(" ");
}
