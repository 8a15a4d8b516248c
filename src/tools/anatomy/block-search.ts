import { decodeBlock } from "../../block/block-format.ts";
import { ENTRY_SUFFIX_START, type EntryLayout, entryLayout, SIZE_OVERLAP } from "../../block/entry-layout.ts";
import { readU16, readU32 } from "../../codec/byte-reader.ts";
import { CorruptionError } from "../../errors.ts";
import { NATIVE_VALUE_LENGTH_MAX } from "../../key.ts";
import type { DatabaseFormat } from "../../options.ts";
import { SIZE_CHECKSUM } from "../../sstable/format.ts";
import { RangeChecksums } from "../../wal/range-checksums.ts";
import type { Place } from "./table-parts.ts";

const SIZE_ENTRY_OFFSET = 2;
const SIZE_ENTRY_COUNT = 2;
const ENTRY_OFFSET_MAX = 0xffff;
/** Of a timestamp that is at most 2^53-1: what may stand in its upper half. */
const TIMESTAMP_HIGH_MAX = 0x1f_ffff;
const KIND_MAX = 1;

/**
 * Finds whole blocks where no index says where they are. Nothing in a block tells where it ends; but walking along its
 * entries one comes to the table of their offsets, which must be the offsets of the very entries that were passed, and
 * behind it to the checksum. What no whole block begins with is stepped over byte by byte.
 *
 * A place covers a block and its checksum. The time grows with the bytes alone, but for contrived ones: a checksum costs
 * the same for every length, and a walk from a byte that begins no block soon comes upon what no entry says.
 */
export class BlockSearch {
  readonly #bytes: Uint8Array;
  readonly #format: DatabaseFormat;
  readonly #layout: EntryLayout;
  /** Of the entries that the walk has passed. */
  readonly #starts: number[] = [];
  #checksums: RangeChecksums | undefined;

  constructor(bytes: Uint8Array, format: DatabaseFormat) {
    this.#bytes = bytes;
    this.#format = format;
    this.#layout = entryLayout(format);
  }

  /** The first whole block that begins in [from, to). Searches go forward: `from` is never smaller than before. */
  next(from: number, to: number): Place | undefined {
    for (let start = from; start < to; start++) {
      const end = this.#endOfBlockAt(start);
      if (end !== undefined) return { start, end };
    }
    return undefined;
  }

  /** Where the block that begins at `start` ends, its checksum included; undefined when none does. */
  #endOfBlockAt(start: number): number | undefined {
    const bytes = this.#bytes;
    const { sizeOverhead, sizeTimestamp, sizeValueLength, hasKinds, keyLengthMin } = this.#layout;
    const starts = this.#starts;
    starts.length = 0;
    let firstKeyLength = 0;
    for (let at = start; ; ) {
      if (starts.length > 0) {
        const end = this.#endBehindOffsets(start, at, starts);
        if (end !== undefined) return end;
      }
      if (at - start > ENTRY_OFFSET_MAX || at + sizeOverhead > bytes.length) return undefined;
      const overlap = readU16(bytes, at);
      const suffixLength = readU16(bytes, at + SIZE_OVERLAP);
      if (starts.length === 0) firstKeyLength = suffixLength;
      if (overlap > (starts.length === 0 ? 0 : firstKeyLength) || overlap + suffixLength < keyLengthMin)
        return undefined;
      // The first key again is an older version of it, which only one format can have twice. Ends walks through zeros.
      if (starts.length > 0 && suffixLength === 0 && overlap === firstKeyLength && this.#isNoOlder(start, at)) {
        return undefined;
      }
      const timestampAt = at + ENTRY_SUFFIX_START + suffixLength;
      const valueLengthAt = timestampAt + sizeTimestamp;
      if (valueLengthAt + sizeValueLength > bytes.length) return undefined;
      const high = sizeTimestamp === 0 ? 0 : readU32(bytes, timestampAt);
      if (hasKinds ? (high & 0xff_ffff) > TIMESTAMP_HIGH_MAX || high >>> 24 > KIND_MAX : high > TIMESTAMP_HIGH_MAX) {
        return undefined;
      }
      const valueLength = hasKinds ? readU32(bytes, valueLengthAt) : readU16(bytes, valueLengthAt);
      if (valueLength > NATIVE_VALUE_LENGTH_MAX) return undefined;
      starts.push(at - start);
      at = valueLengthAt + sizeValueLength + valueLength;
      if (at > bytes.length) return undefined;
    }
  }

  /** Whether the entry at `at`, which has the first entry's key, is not an older version of it. */
  #isNoOlder(start: number, at: number): boolean {
    const { sizeTimestamp } = this.#layout;
    if (sizeTimestamp === 0) return true;
    const firstAt = start + ENTRY_SUFFIX_START + readU16(this.#bytes, start + SIZE_OVERLAP);
    const secondAt = at + ENTRY_SUFFIX_START;
    for (let byte = this.#layout.hasKinds ? 1 : 0; byte < sizeTimestamp; byte++) {
      const difference = (this.#bytes[secondAt + byte] ?? 0) - (this.#bytes[firstAt + byte] ?? 0);
      if (difference !== 0) return difference > 0;
    }
    return true;
  }

  /** Where the block ends if the offsets of these entries, their count and the right checksum stand at `at`. */
  #endBehindOffsets(start: number, at: number, starts: readonly number[]): number | undefined {
    const bytes = this.#bytes;
    const countAt = at + starts.length * SIZE_ENTRY_OFFSET;
    const checksumAt = countAt + SIZE_ENTRY_COUNT;
    const end = checksumAt + SIZE_CHECKSUM;
    if (end > bytes.length || readU16(bytes, countAt) !== starts.length) return undefined;
    for (const [index, offset] of starts.entries()) {
      if (readU16(bytes, at + index * SIZE_ENTRY_OFFSET) !== offset) return undefined;
    }
    this.#checksums ??= new RangeChecksums(bytes, start, bytes.length);
    if (this.#checksums.checksum(start, checksumAt) !== readU32(bytes, checksumAt)) return undefined;
    return isBlock(bytes.subarray(start, checksumAt), this.#format) ? end : undefined;
  }
}

function isBlock(bytes: Uint8Array, format: DatabaseFormat): boolean {
  try {
    decodeBlock(bytes, format, "", 0);
    return true;
  } catch (error) {
    if (error instanceof CorruptionError) return false;
    throw error;
  }
}
