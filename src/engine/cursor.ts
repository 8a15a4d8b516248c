import { LsmError } from "../errors.ts";
import type { Memtable } from "../memtable/memtable.ts";
import type { ScanFeeds } from "../read/scan-feeds.ts";
import { ScanIterator } from "../read/scan-iterator.ts";
import { type LsmState, withMemtables } from "../state/lsm-state.ts";
import type { Engine } from "./engine.ts";
import type { Hold } from "./holds.ts";
import { type Bytes, boundBytes } from "./key-bytes.ts";
import type { ScanRange } from "./range.ts";

/** A small integer, which is stored in place at every move where Infinity is not. */
const UNLIMITED = -1;

/** What a transaction lays over the database for a cursor, and how it learns what the cursor shows. @internal */
export interface CursorOverlay {
  /** Entries that are newer than all others. It must take no writes while the cursor is open. */
  readonly memtable: Memtable | undefined;
  /** The cursor is about to leave where it stands, for the key of a seek or, without one, for good. */
  leave(cursor: Cursor, target: Uint8Array | undefined): void;
}

/**
 * The entries of a range in key order or its reverse, as they were when the cursor was made; later writes, flushes and
 * compactions do not change what it shows.
 *
 * The bytes are lent: `keyBuffer[keyStart, keyEnd)` and `valueBuffer[valueStart, valueEnd)` may be read only while
 * `valid` and until the next `next()`, `seek()` or `close()`. An open cursor keeps the tables it reads on disk; it closes itself at
 * its end and after an error, and must be closed otherwise (`using` does): one that is forgotten is closed with a `warning`
 * event some time after nobody can reach it. After the database was closed, moving throws DATABASE_CLOSED.
 */
export class Cursor {
  readonly #engine: Engine;
  readonly #scan: ScanIterator;
  /** Where the scan reads from when it may not wait for the disk. */
  readonly #feeds: ScanFeeds | undefined;
  readonly #overlay: CursorOverlay | undefined;
  /** undefined when closed. */
  #hold: Hold | undefined;
  /** How many entries may be shown after the one it stands on, or UNLIMITED. */
  #left: number;

  /** @internal */
  constructor(engine: Engine, range: ScanRange, readTimestamp: number, overlay?: CursorOverlay, feeds?: ScanFeeds) {
    this.#engine = engine;
    this.#feeds = feeds;
    this.#overlay = overlay;
    this.#left = range.limit === Number.POSITIVE_INFINITY ? UNLIMITED : range.limit - 1;
    const state = engine.core.states.pin();
    const hold = engine.holds.take(this, { kind: "cursor", timestamp: readTimestamp, state });
    try {
      const seen = withOverlay(state, overlay?.memtable);
      this.#scan = new ScanIterator(seen, range, readTimestamp, range.direction, feeds);
    } catch (error) {
      engine.holds.release(hold);
      throw error;
    }
    this.#hold = hold;
    if (this.#isAtEnd || range.limit === 0) this.close();
  }

  get valid(): boolean {
    return this.#hold !== undefined && this.#scan.valid;
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

  /** Moves to the next entry in the range's direction; does nothing at the end. Throws CorruptionError, IoError, DATABASE_CLOSED. */
  next(): void {
    if (this.#hold === undefined) return;
    this.#refuseIfClosed();
    if (this.#scan.isWaiting) return;
    if (this.#left === 0) {
      this.close();
      return;
    }
    if (this.#left > 0) this.#left--;
    try {
      this.#scan.next();
    } catch (error) {
      this.close();
      throw error;
    }
    if (this.#isAtEnd) this.close();
  }

  /**
   * Moves, back or forth, to the entry of a key, or else to the first one past it in the range's direction. A key before
   * the range stands for the range's beginning. Where nothing is found the cursor is invalid, and stays open for another
   * seek. A seek leaves as many moves of `next` as there were; a closed cursor stays invalid. Throws as `next` does.
   */
  seek(key: Bytes): void {
    const target = boundBytes(key);
    if (this.#hold === undefined) return;
    this.#refuseIfClosed();
    this.#overlay?.leave(this, target);
    try {
      this.#scan.seek(target);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Lets go of what the cursor reads. Calling it again does nothing. */
  close(): void {
    if (this.#hold === undefined) return;
    this.#overlay?.leave(this, undefined);
    this.#engine.holds.release(this.#hold);
    this.#hold = undefined;
    this.#feeds?.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Whether it is open, and stands nowhere until something was loaded. @internal */
  protected get lacksSomething(): boolean {
    return this.#hold !== undefined && this.#scan.isWaiting;
  }

  /** Goes on after what was missing was loaded; it may lack something again. Throws as `next` does. @internal */
  protected goOn(): void {
    if (this.#hold === undefined) return;
    try {
      this.#refuseIfClosed();
      this.#scan.resume();
    } catch (error) {
      this.close();
      throw error;
    }
    if (this.#isAtEnd) this.close();
  }

  get #isAtEnd(): boolean {
    return !this.#scan.valid && !this.#scan.isWaiting;
  }

  #refuseIfClosed(): void {
    if (this.#engine.isClosed) throw new LsmError("DATABASE_CLOSED", `${this.#engine.core.directory} is closed`);
  }
}

function withOverlay(state: LsmState, memtable: Memtable | undefined): LsmState {
  if (memtable === undefined) return state;
  return withMemtables(state, memtable, [state.memtable, ...state.immutableMemtables]);
}
