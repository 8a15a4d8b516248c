/**
 * The keys on which the sources of a merge stand, side by side in arrays. Comparing them touches no cursor: the sources
 * are of several classes, and reading a field of one costs more than reading an array.
 */
import { compareBytes } from "../codec/bytes.ts";
import type { MergeOrder } from "./merge-order.ts";
import type { StorageIterator } from "./storage-iterator.ts";

const NO_BYTES: Uint8Array = new Uint8Array(0);

export class SourceHeads {
  private readonly keyBuffers: Uint8Array[];
  private readonly keyStarts: Int32Array;
  private readonly keyEnds: Int32Array;
  /** All 0 in user order, so that one comparison serves both orders. */
  private readonly timestamps: Float64Array;
  private readonly byTimestamp: boolean;

  constructor(count: number, order: MergeOrder) {
    this.keyBuffers = new Array<Uint8Array>(count).fill(NO_BYTES);
    this.keyStarts = new Int32Array(count);
    this.keyEnds = new Int32Array(count);
    this.timestamps = new Float64Array(count);
    this.byTimestamp = order === "internal";
  }

  /** Notes where source number `index` stands. It must be valid. */
  load(index: number, source: StorageIterator): void {
    this.keyBuffers[index] = source.keyBuffer;
    this.keyStarts[index] = source.keyStart;
    this.keyEnds[index] = source.keyEnd;
    if (this.byTimestamp) this.timestamps[index] = source.timestamp;
  }

  /** Whether source `a` comes before source `b`; on the same entry the smaller index, which is newer, does. */
  precedes(a: number, b: number): boolean {
    const difference = compareBytes(
      this.keyBuffers[a]!,
      this.keyStarts[a]!,
      this.keyEnds[a]!,
      this.keyBuffers[b]!,
      this.keyStarts[b]!,
      this.keyEnds[b]!,
    );
    if (difference !== 0) return difference < 0;
    const aTimestamp = this.timestamps[a]!;
    const bTimestamp = this.timestamps[b]!;
    return aTimestamp === bTimestamp ? a < b : aTimestamp > bTimestamp;
  }

  /** Whether both stand on the same entry. Looks from the end, because keys that are close in order differ there. */
  same(a: number, b: number): boolean {
    const aStart = this.keyStarts[a]!;
    const bStart = this.keyStarts[b]!;
    const length = this.keyEnds[a]! - aStart;
    if (length !== this.keyEnds[b]! - bStart || this.timestamps[a] !== this.timestamps[b]) return false;
    const aBuffer = this.keyBuffers[a]!;
    const bBuffer = this.keyBuffers[b]!;
    for (let index = length - 1; index >= 0; index--) {
      if (aBuffer[aStart + index] !== bBuffer[bStart + index]) return false;
    }
    return true;
  }
}
