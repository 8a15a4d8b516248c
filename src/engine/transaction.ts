import { LsmError } from "../errors.ts";
import type { LookupResult } from "../iterator/storage-iterator.ts";
import { ENTRY_KIND } from "../key.ts";
import { conflictOf, ISOLATIONS, type Isolation } from "../mvcc/conflict.ts";
import { keyOfText, keyText } from "../mvcc/key-text.ts";
import { ReadSet } from "../mvcc/read-set.ts";
import type { CheckedWrite } from "../write/checked-write.ts";
import { AsyncCursor } from "./async-cursor.ts";
import { refuseUnknownOptions } from "./call-options.ts";
import { Cursor } from "./cursor.ts";
import type { Engine } from "./engine.ts";
import type { Hold } from "./holds.ts";
import { type Bytes, keyBytes, valueBytes } from "./key-bytes.ts";
import { refuseWithoutVersions } from "./needs-versions.ts";
import { type Range, resolveRange, type ScanRange } from "./range.ts";
import { Reads } from "./reads.ts";
import { TransactionScan } from "./transaction-scan.ts";
import { Workspace } from "./workspace.ts";
import { mustSync, type WriteOptions } from "./write-options.ts";

export type TransactionOptions = {
  /** What it is protected from; `snapshot` unless given. More protection: more commits that are refused. */
  readonly isolation?: Isolation | undefined;
};

const NO_BYTES = new Uint8Array(0);

const HOW_FINISHED = {
  open: "is open",
  committing: "is being committed",
  committed: "was committed",
  rolledBack: "was rolled back",
} as const;

/**
 * Reads and writes that happen at once or not at all.
 *
 * It reads the database as it was when the transaction began, with its own writes over it, and nobody else sees those
 * before `commit`. It takes no locks: `commit` refuses, with TRANSACTION_CONFLICT, what others made wrong meanwhile
 * (`Isolation`). It must be ended (`using` rolls back), since compactions keep what it sees and writes are remembered for
 * it. Ended, it throws TRANSACTION_FINISHED; cursors made from it go on. After the database was closed every call but
 * `rollback` throws DATABASE_CLOSED.
 */
export class Transaction extends Reads {
  readonly isolation: Isolation;
  /** Of the newest write of others that it sees; 0 in a database without writes. */
  readonly timestamp: number;
  readonly #engine: Engine;
  readonly #workspace: Workspace;
  readonly #reads = new ReadSet();
  /** The open cursors, of which nobody knows yet how far they go. */
  readonly #scans = new Map<TransactionScan, Cursor>();
  #state: "open" | "committing" | "committed" | "rolledBack" = "open";
  readonly #hold: Hold;

  /** Of the engine as it is now. Throws UNSUPPORTED in `plain`, INVALID_ARGUMENT, DATABASE_CLOSED. @internal */
  constructor(engine: Engine, options: TransactionOptions = {}) {
    super(engine);
    refuseUnknownOptions(options, ["isolation"]);
    const { isolation = "snapshot" } = options;
    engine.refuseIfClosed();
    refuseWithoutVersions(engine.core, "transactions");
    if (!ISOLATIONS.includes(isolation)) {
      throw new LsmError("INVALID_ARGUMENT", `isolation is ${String(isolation)}, expected ${ISOLATIONS.join(", ")}`);
    }
    this.isolation = isolation;
    this.timestamp = engine.writer.lastTimestamp;
    this.#workspace = new Workspace(this.timestamp);
    this.#engine = engine;
    const committed = isolation === "none" ? undefined : engine.writer.committed;
    this.#hold = engine.holds.take(this, { kind: "transaction", timestamp: this.timestamp, committed });
  }

  /** `committing` for those who listen to the events of its commit; `rolledBack` also after a commit that was refused. */
  get state(): "open" | "committing" | "committed" | "rolledBack" {
    return this.#state;
  }

  put(key: Bytes, value: Bytes): void {
    this.#refuseUnlessOpen();
    this.#workspace.put(ENTRY_KIND.put, keyBytes(key, this.format), valueBytes(value, this.format));
  }

  /** Removes the key; one that was not there is fine. */
  delete(key: Bytes): void {
    this.#refuseUnlessOpen();
    this.#workspace.put(ENTRY_KIND.delete, keyBytes(key, this.format), NO_BYTES);
  }

  /** A cursor over the range, lending its bytes. It shows what the transaction wrote before it was made, and may outlive the transaction. */
  override cursor(range: Range = {}): Cursor {
    return this.#open(range, (resolved, scan) => new Cursor(this.#engine, resolved, this.timestamp, scan));
  }

  /** As `cursor`, without waiting for the disk here. While it waits, the rest of the range counts as read. */
  override cursorAsync(range: Range = {}): AsyncCursor {
    return this.#open(range, (resolved, scan) => new AsyncCursor(this.#engine, resolved, this.timestamp, scan));
  }

  /**
   * Makes all writes visible at once, with one timestamp; without writes it takes none and always succeeds. Throws
   * TRANSACTION_CONFLICT, or what a write throws; then nothing was written, and the transaction is rolled back.
   */
  commit(options: WriteOptions = {}): void {
    this.#refuseUnlessOpen();
    const { core, writer } = this.#engine;
    const isSynced = mustSync(options, core.options.durability);
    const writes = this.#workspace.writes();
    // What is written from now on, by those who listen to the events of a write, would be lost.
    this.#state = "committing";
    try {
      if (writes.length > 0) writer.commit(writes, isSynced, () => this.#validate(writes));
      this.#state = "committed";
    } finally {
      this.#end();
    }
  }

  /** Forgets the writes. */
  rollback(): void {
    if (this.#state !== "open") throw this.#finishedError();
    this.#end();
  }

  /** Rolls back what was neither committed nor rolled back. */
  [Symbol.dispose](): void {
    if (this.#state === "open") this.#end();
  }

  /** @internal */
  protected override get readTimestamp(): number {
    return this.timestamp;
  }

  /** @internal */
  protected override find(key: Uint8Array, result: LookupResult): boolean {
    this.#refuseUnlessOpen();
    if (this.#workspace.get(key, result)) return true;
    if (this.isolation === "serializable") this.#reads.addKey(keyText(key, 0, key.length));
    return this.#engine.get(key, 0, key.length, this.timestamp, result);
  }

  #open<Made extends Cursor>(range: Range, make: (resolved: ScanRange, scan: TransactionScan) => Made): Made {
    this.#refuseUnlessOpen();
    const resolved = resolveRange(range);
    const reads = this.isolation === "serializable" ? this.#reads : undefined;
    const scan = new TransactionScan(this.#workspace.layer, resolved, reads);
    try {
      const cursor = make(resolved, scan);
      if (scan.isOpen) this.#scans.set(scan, cursor);
      return cursor;
    } catch (error) {
      scan.close();
      throw error;
    }
  }

  /** Lets go of what was remembered for it: its own write need not be. */
  #validate(writes: readonly CheckedWrite[]): void {
    const conflict = this.#conflict(writes);
    this.#release();
    if (conflict !== undefined) throw conflictError(conflict);
  }

  #conflict(writes: readonly CheckedWrite[]): string | undefined {
    for (const [scan, cursor] of this.#scans) if (scan.isOpen) scan.recordReads(cursor);
    const footprint = {
      isolation: this.isolation,
      readTimestamp: this.timestamp,
      reads: this.#reads,
      writes: writes.map(({ key }) => keyText(key, 0, key.length)),
    };
    return conflictOf(footprint, this.#engine.writer.committed);
  }

  /** Rolled back, unless it was committed. */
  #end(): void {
    if (this.#state !== "committed") this.#state = "rolledBack";
    this.#release();
  }

  /** Lets compactions drop what it sees, and the others forget what was written since it began. Calling it again does nothing. */
  #release(): void {
    this.#scans.clear();
    this.#engine.holds.release(this.#hold);
  }

  #refuseUnlessOpen(): void {
    this.#engine.refuseIfClosed();
    if (this.#state !== "open") throw this.#finishedError();
  }

  #finishedError(): LsmError {
    return new LsmError("TRANSACTION_FINISHED", `the transaction ${HOW_FINISHED[this.#state]}`);
  }
}

function conflictError(key: string): LsmError {
  const shown = JSON.stringify(Buffer.from(keyOfText(key)).toString("utf8"));
  return new LsmError("TRANSACTION_CONFLICT", `key ${shown} was written by another since the transaction began`);
}
