/**
 * The keys on which the sources of a merge stand, side by side in arrays. Comparing them touches no cursor: the sources
 * are of several classes, and reading a field of one costs more than reading an array.
 *
 * Keys are read four bytes at a time as big-endian numbers, whose order is that of the bytes (measured: 16 bytes in half
 * the time of a loop over single bytes). That takes a view, which is made anew only when a source lends another buffer.
 */
import type { Direction, MergeOrder } from "./merge-order.ts";
import type { StorageIterator } from "./storage-iterator.ts";

const BYTES_PER_WORD = 4;
const NO_BYTES: Uint8Array = new Uint8Array(0);

export class SourceHeads {
  private readonly buffers: Uint8Array[];
  /** Of the same bytes as `buffers`. */
  private readonly views: DataView[];
  private readonly starts: Int32Array;
  private readonly ends: Int32Array;
  /** All 0 in user order, so that one comparison serves both orders. */
  private readonly timestamps: Float64Array;
  private readonly byTimestamp: boolean;
  /** -1 turns the order round. */
  private readonly sign: number;

  constructor(count: number, order: MergeOrder, direction: Direction) {
    this.buffers = new Array<Uint8Array>(count).fill(NO_BYTES);
    this.views = new Array<DataView>(count).fill(viewOf(NO_BYTES));
    this.starts = new Int32Array(count);
    this.ends = new Int32Array(count);
    this.timestamps = new Float64Array(count);
    this.byTimestamp = order === "internal";
    this.sign = direction === "ascending" ? 1 : -1;
  }

  /** Notes where source number `index` stands. It must be valid. */
  load(index: number, source: StorageIterator): void {
    const buffer = source.keyBuffer;
    if (this.buffers[index] !== buffer) {
      this.buffers[index] = buffer;
      this.views[index] = viewOf(buffer);
    }
    this.starts[index] = source.keyStart;
    this.ends[index] = source.keyEnd;
    if (this.byTimestamp) this.timestamps[index] = source.timestamp;
  }

  /** Whether source `a` comes before source `b`; on the same entry the smaller index, which is newer, does. */
  precedes(a: number, b: number): boolean {
    const difference = this.compare(a, b);
    return difference === 0 ? a < b : difference < 0;
  }

  /** Negative, 0 or positive: the order, in the direction of the merge, of the entries on which the two stand. */
  compare(a: number, b: number): number {
    const aView = this.views[a]!;
    const bView = this.views[b]!;
    let aAt = this.starts[a]!;
    let bAt = this.starts[b]!;
    const aLength = this.ends[a]! - aAt;
    const bLength = this.ends[b]! - bAt;
    const aEnd = aAt + Math.min(aLength, bLength);
    for (; aAt + BYTES_PER_WORD <= aEnd; aAt += BYTES_PER_WORD, bAt += BYTES_PER_WORD) {
      const aWord = aView.getUint32(aAt);
      const bWord = bView.getUint32(bAt);
      if (aWord !== bWord) return aWord < bWord ? -this.sign : this.sign;
    }
    for (; aAt < aEnd; aAt++, bAt++) {
      const difference = aView.getUint8(aAt) - bView.getUint8(bAt);
      if (difference !== 0) return difference * this.sign;
    }
    return (aLength === bLength ? this.timestamps[b]! - this.timestamps[a]! : aLength - bLength) * this.sign;
  }

  /** Whether both stand on the same entry. Looks from the end, because keys that are close in order differ there. */
  same(a: number, b: number): boolean {
    const aStart = this.starts[a]!;
    const bStart = this.starts[b]!;
    const length = this.ends[a]! - aStart;
    if (length !== this.ends[b]! - bStart || this.timestamps[a] !== this.timestamps[b]) return false;
    const aBuffer = this.buffers[a]!;
    const bBuffer = this.buffers[b]!;
    for (let index = length - 1; index >= 0; index--) {
      if (aBuffer[aStart + index] !== bBuffer[bStart + index]) return false;
    }
    return true;
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
