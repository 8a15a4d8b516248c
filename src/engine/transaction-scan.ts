import type { Memtable } from "../memtable/memtable.ts";
import { keyText } from "../mvcc/key-text.ts";
import type { ReadSet } from "../mvcc/read-set.ts";
import { type ScannedRange, scannedPart } from "../mvcc/scanned-range.ts";
import type { Cursor, CursorOverlay } from "./cursor.ts";
import type { ScanRange } from "./range.ts";
import type { WorkspaceLayer } from "./workspace.ts";

/** One cursor of a transaction: it shows the transaction's writes, and what it went over counts as read. */
export class TransactionScan implements CursorOverlay {
  readonly #layer: WorkspaceLayer | undefined;
  readonly #reads: ReadSet | undefined;
  readonly #range: ScanRange;
  readonly #bounds: ScannedRange;
  /** Where it was placed last; undefined: at the range's beginning. */
  #from: string | undefined;
  #isOpen = true;

  /** Without `reads` nobody asks what was read. */
  constructor(layer: WorkspaceLayer | undefined, range: ScanRange, reads: ReadSet | undefined) {
    this.#layer = layer;
    this.#reads = reads;
    this.#range = range;
    this.#bounds = {
      gt: textOf(range.gt),
      gte: textOf(range.gte),
      lt: textOf(range.lt),
      lte: textOf(range.lte),
    };
    if (layer !== undefined) layer.cursors++;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  get memtable(): Memtable | undefined {
    return this.#layer?.memtable;
  }

  leave(cursor: Cursor, target: Uint8Array | undefined): void {
    this.recordReads(cursor);
    if (target !== undefined) this.#from = textOf(target);
    else this.close();
  }

  /** The cursor is gone, or could not be made. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    if (this.#layer !== undefined) this.#layer.cursors--;
  }

  /** Counts as read what the cursor went over: to where it stands, or to the range's end where it stands on nothing. */
  recordReads(cursor: Cursor): void {
    if (this.#reads === undefined || this.#range.limit === 0) return;
    const to = cursor.valid ? keyText(cursor.keyBuffer, cursor.keyStart, cursor.keyEnd) : undefined;
    this.#reads.addRange(scannedPart(this.#bounds, this.#range.direction, this.#from, to));
  }
}

function textOf(key: Uint8Array | undefined): string | undefined {
  return key === undefined ? undefined : keyText(key, 0, key.length);
}
