import { LsmError } from "../errors.ts";
import type { KeyRange } from "../read/key-range.ts";
import { ScanIterator } from "../read/scan-iterator.ts";
import type { LsmState } from "../state/lsm-state.ts";
import type { Engine } from "./engine.ts";

/**
 * The entries of a range in key order, as they were when the cursor was made; later writes, flushes and compactions do
 * not change what it shows.
 *
 * The bytes are lent: `keyBuffer[keyStart, keyEnd)` and `valueBuffer[valueStart, valueEnd)` may be read only while
 * `valid` and until the next `next()` or `close()`. An open cursor keeps the tables it reads on disk; it closes itself at
 * its end and after an error, and must be closed otherwise (`using` does). After the database was closed, moving throws
 * DATABASE_CLOSED.
 */
export class Cursor {
  readonly #engine: Engine;
  readonly #scan: ScanIterator;
  #pinned: LsmState | undefined;

  constructor(engine: Engine, range: KeyRange, readTimestamp: number) {
    const { states } = engine.core;
    this.#engine = engine;
    const pinned = states.pin();
    try {
      this.#scan = new ScanIterator(pinned, range, readTimestamp);
    } catch (error) {
      states.unpin(pinned);
      throw error;
    }
    this.#pinned = pinned;
    if (!this.#scan.valid) this.close();
  }

  get valid(): boolean {
    return this.#pinned !== undefined && this.#scan.valid;
  }

  get keyBuffer(): Uint8Array {
    return this.#scan.source.keyBuffer;
  }
  get keyStart(): number {
    return this.#scan.source.keyStart;
  }
  get keyEnd(): number {
    return this.#scan.source.keyEnd;
  }
  get valueBuffer(): Uint8Array {
    return this.#scan.source.valueBuffer;
  }
  get valueStart(): number {
    return this.#scan.source.valueStart;
  }
  get valueEnd(): number {
    return this.#scan.source.valueEnd;
  }

  /** How many memtables, tables and levels feed this cursor, counted as the reference counts. */
  get activeIterators(): number {
    return this.#scan.activeIterators;
  }

  /** Moves to the next entry; does nothing at the end. Throws CorruptionError, IoError, DATABASE_CLOSED. */
  next(): void {
    if (this.#pinned === undefined) return;
    if (this.#engine.isClosed) throw new LsmError("DATABASE_CLOSED", `${this.#engine.core.directory} is closed`);
    try {
      this.#scan.next();
    } catch (error) {
      this.close();
      throw error;
    }
    if (!this.#scan.valid) this.close();
  }

  /** Lets go of what the cursor reads. Calling it again does nothing. */
  close(): void {
    if (this.#pinned === undefined) return;
    this.#engine.core.states.unpin(this.#pinned);
    this.#pinned = undefined;
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
