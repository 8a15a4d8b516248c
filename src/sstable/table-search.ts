import { readU16, readU32, readU64 } from "../codec/byte-reader.ts";
import { commonPrefixLength, compareBytes } from "../codec/bytes.ts";
import { indexKeyEnd, indexLastKeyStart, type TableIndex } from "./format.ts";

/** Six bytes are exact in a float64. Four made decimal keys tie, and a tie costs a comparison of keys. */
const HEAD_SIZE = 6;

/**
 * Finds the block of a key in a table's index.
 *
 * All first keys share what the table's first and last key share. The six bytes behind that ("head") are kept as one
 * number per block, so that most steps of the search compare two numbers of one array and read no key.
 */
export class TableSearch {
  readonly #index: TableIndex;
  readonly #blockCount: number;
  readonly #sharedLength: number;
  readonly #heads: Float64Array;

  constructor(index: TableIndex) {
    this.#index = index;
    this.#blockCount = index.firstKeyStarts.length;
    this.#sharedLength = this.#blockCount === 0 ? 0 : sharedLengthOf(index);
    this.#heads = new Float64Array(this.#blockCount);
    for (let block = 0; block < this.#blockCount; block++) {
      const keyStart = index.firstKeyStarts[block]!;
      this.#heads[block] = head(index.bytes, keyStart + this.#sharedLength, indexKeyEnd(index.bytes, keyStart));
    }
  }

  get memorySizeBytes(): number {
    return this.#heads.byteLength;
  }

  /** The last block whose first entry is at or before (key, timestamp) in internal order, or block 0. There is a block. */
  blockOf(key: Uint8Array, keyStart: number, keyEnd: number, timestamp: number): number {
    const bytes = this.#index.bytes;
    const sharedStart = this.#index.firstKeyStarts[0]!;
    const shared = this.#sharedLength;
    const agreed = commonPrefixLength(key, keyStart, keyEnd, bytes, sharedStart, sharedStart + shared);
    if (agreed < shared) {
      const isBefore = keyStart + agreed === keyEnd || key[keyStart + agreed]! < bytes[sharedStart + agreed]!;
      return isBefore ? 0 : this.#blockCount - 1;
    }
    const heads = this.#heads;
    const keyHead = head(key, keyStart + shared, keyEnd);
    let low = 0;
    let high = this.#blockCount;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const middleHead = heads[middle]!;
      const isAtOrBefore =
        middleHead === keyHead
          ? this.#compareFirst(middle, key, keyStart, keyEnd, timestamp) <= 0
          : middleHead < keyHead;
      if (isAtOrBefore) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? 0 : low - 1;
  }

  /** A block's first user key, lent. */
  firstKey(block: number): Uint8Array {
    const firstStart = this.#index.firstKeyStarts[block]!;
    return this.#index.bytes.subarray(firstStart, indexKeyEnd(this.#index.bytes, firstStart));
  }

  /** A block's last user key, lent. */
  lastKey(block: number): Uint8Array {
    const lastStart = indexLastKeyStart(this.#index, block);
    return this.#index.bytes.subarray(lastStart, indexKeyEnd(this.#index.bytes, lastStart));
  }

  /** Whether a block's first key is exactly this user key. */
  startsWithKey(block: number, key: Uint8Array, keyStart: number, keyEnd: number): boolean {
    const bytes = this.#index.bytes;
    const firstStart = this.#index.firstKeyStarts[block]!;
    return compareBytes(bytes, firstStart, indexKeyEnd(bytes, firstStart), key, keyStart, keyEnd) === 0;
  }

  /** Whether a block's last key is exactly this user key. */
  endsWithKey(block: number, key: Uint8Array, keyStart: number, keyEnd: number): boolean {
    const bytes = this.#index.bytes;
    const lastStart = indexLastKeyStart(this.#index, block);
    return compareBytes(bytes, lastStart, indexKeyEnd(bytes, lastStart), key, keyStart, keyEnd) === 0;
  }

  /** Whether a block's last entry lies before (key, timestamp) in internal order. */
  endsBefore(block: number, key: Uint8Array, keyStart: number, keyEnd: number, timestamp: number): boolean {
    const bytes = this.#index.bytes;
    const lastStart = indexLastKeyStart(this.#index, block);
    const lastEnd = indexKeyEnd(bytes, lastStart);
    const order = compareBytes(bytes, lastStart, lastEnd, key, keyStart, keyEnd);
    if (order !== 0 || this.#index.format === "plain") return order < 0;
    return timestamp < readU64(bytes, lastEnd);
  }

  #compareFirst(block: number, key: Uint8Array, keyStart: number, keyEnd: number, timestamp: number): number {
    const bytes = this.#index.bytes;
    const firstStart = this.#index.firstKeyStarts[block]!;
    const firstEnd = indexKeyEnd(bytes, firstStart);
    const order = compareBytes(bytes, firstStart, firstEnd, key, keyStart, keyEnd);
    if (order !== 0 || this.#index.format === "plain") return order;
    return timestamp - readU64(bytes, firstEnd);
  }
}

/** How many bytes the first and the last key share. */
function sharedLengthOf({ bytes, firstKeyStarts, lastKeyStart, lastKeyEnd }: TableIndex): number {
  const firstKeyStart = firstKeyStarts[0]!;
  return commonPrefixLength(bytes, firstKeyStart, indexKeyEnd(bytes, firstKeyStart), bytes, lastKeyStart, lastKeyEnd);
}

/** The six bytes from `start` as one number, zeros behind the end. */
function head(bytes: Uint8Array, start: number, end: number): number {
  if (start + HEAD_SIZE <= end) return readU32(bytes, start) * 2 ** 16 + readU16(bytes, start + 4);
  let value = 0;
  for (let at = start; at < start + HEAD_SIZE; at++) value = value * 256 + (at < end ? bytes[at]! : 0);
  return value;
}
