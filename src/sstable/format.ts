import { entryLayout } from "../block/entry-layout.ts";
import { ByteReader, readU16, readU32, readU64 } from "../codec/byte-reader.ts";
import type { ByteWriter } from "../codec/byte-writer.ts";
import { compareBytes } from "../codec/bytes.ts";
import { crc32 } from "../codec/crc32.ts";
import { CorruptionError } from "../errors.ts";
import { KEY_LENGTH_MAX, NATIVE_VALUE_LENGTH_MAX } from "../key.ts";
import type { DatabaseFormat } from "../options.ts";

/**
 * Sorted string table: blocks, an index of them, and a bloom filter.
 *
 *   table = (block | crc u32) … | index | index_offset u32 | bloom | bloom_offset u32        in plain and mvcc
 *   table = header | (block | crc u32) … | range_deletes | index | bloom | footer            in native
 *
 *   index = block_count u32 | entry … | max_timestamp u64 (mvcc only) | crc u32
 *   entry = block_offset u32 or u64 | first_len u16 | first_key | first_timestamp u64 (not in plain)
 *                                   | last_len u16  | last_key  | last_timestamp u64 (not in plain)
 *
 * Integers are big-endian and offsets count bytes from the start of the file; only native has long ones. A block's
 * checksum covers the block, the index's what lies between `block_count` and it, and in native `block_count` too. A block
 * ends where the next one, or the part behind the blocks, begins. `max_timestamp` is the largest of all entries.
 * Nothing names the variant of a plain or an mvcc table; see `detectFormat`. What only native has is drawn in
 * `native-footer.ts` and `range-deletes-block.ts`.
 */
export const SIZE_CHECKSUM = 4;
export const SIZE_OFFSET = 4;
export const OFFSET_MAX = 0xffff_ffff;

const SIZE_LONG_OFFSET = 8;
const SIZE_BLOCK_COUNT = 4;
const SIZE_KEY_LENGTH = 2;
/** One entry of the largest key and value, with room for its other fields. */
const BLOCK_SIZE_MAX = NATIVE_VALUE_LENGTH_MAX + KEY_LENGTH_MAX + 64;

/** The index as it lies in the file, and where in it each entry is. */
export type TableIndex = {
  readonly format: DatabaseFormat;
  /** As the index says it; 0 where it does not. */
  readonly maxTimestamp: number;
  /** The index part of the file. */
  readonly bytes: Uint8Array;
  /** Start of each block in the file, and then the end of the last one. */
  readonly blockOffsets: Uint32Array | Float64Array;
  /** Start of each block's first key in `bytes`; its length stands before it, its timestamp behind it. */
  readonly firstKeyStarts: Uint32Array;
  /** Last key of the last block, in `bytes`. */
  readonly lastKeyStart: number;
  readonly lastKeyEnd: number;
};

/** Where an index lies in its file, and where the blocks that it speaks of lie. */
export type IndexPlace = { readonly start: number; readonly blocksStart: number; readonly blocksEnd: number };

/** Appends an index entry. Timestamps are left out where the format has none. */
export function encodeIndexEntry(
  writer: ByteWriter,
  format: DatabaseFormat,
  blockOffset: number,
  first: { readonly key: Uint8Array; readonly timestamp: number },
  last: { readonly key: Uint8Array; readonly timestamp: number },
): void {
  if (format === "native") writer.u64(blockOffset);
  else writer.u32(blockOffset);
  for (const { key, timestamp } of [first, last]) {
    writer.u16(key.length).bytes(key, 0, key.length);
    if (format !== "plain") writer.u64(timestamp);
  }
}

/** Appends a whole index. `entries` holds `blockCount` index entries and nothing else. */
export function encodeIndex(
  writer: ByteWriter,
  format: DatabaseFormat,
  blockCount: number,
  entries: ByteWriter,
  maxTimestamp: number,
): void {
  const start = writer.length + checksumFrom(format);
  writer.u32(blockCount).bytes(entries.buffer, 0, entries.length);
  if (format === "mvcc") writer.u64(maxTimestamp);
  writer.u32(crc32(writer.buffer, start, writer.length));
}

/**
 * Reads the index in `bytes`. Without an expected format the two of the reference are tried, `plain` first. Throws
 * CorruptionError.
 */
export function decodeIndex(
  bytes: Uint8Array,
  file: string,
  place: IndexPlace,
  expected: DatabaseFormat | undefined,
): TableIndex {
  if (bytes.length < SIZE_BLOCK_COUNT + SIZE_CHECKSUM) {
    throw new CorruptionError(file, place.start, `an index of ${bytes.length} bytes is too short`);
  }
  const checksumStart = bytes.length - SIZE_CHECKSUM;
  if (crc32(bytes, checksumFrom(expected), checksumStart) !== readU32(bytes, checksumStart)) {
    throw new CorruptionError(file, place.start, "the checksum of the index does not match");
  }
  return decodeEntries(bytes, file, place, expected ?? detectFormat(bytes, file, place));
}

/** How many bytes of an index lie before those that its checksum covers. */
function checksumFrom(format: DatabaseFormat | undefined): number {
  return format === "native" ? 0 : SIZE_BLOCK_COUNT;
}

/**
 * Which variant an index with a matching checksum is. In `mvcc` the two bytes behind a first key are the top of a
 * timestamp, zero for any below 2^48 (one write each), which read as `plain` would be a last key without bytes: never
 * written. Files with larger timestamps are read by telling the format.
 */
function detectFormat(bytes: Uint8Array, file: string, place: IndexPlace): DatabaseFormat {
  try {
    decodeEntries(bytes, file, place, "plain");
    return "plain";
  } catch (error) {
    if (error instanceof CorruptionError) return "mvcc";
    throw error;
  }
}

function decodeEntries(bytes: Uint8Array, file: string, place: IndexPlace, format: DatabaseFormat): TableIndex {
  const { sizeTimestamp } = entryLayout(format);
  const sizeOffset = format === "native" ? SIZE_LONG_OFFSET : SIZE_OFFSET;
  const entriesEnd = bytes.length - SIZE_CHECKSUM - (format === "mvcc" ? sizeTimestamp : 0);
  const reader = new ByteReader(bytes, 0, Math.max(entriesEnd, 0), file, place.start);
  const count = reader.u32();
  const sizeEntryMin = sizeOffset + 2 * (SIZE_KEY_LENGTH + sizeTimestamp);
  if (count === 0 && format !== "native") reader.fail(0, "the table has no blocks");
  if (count > reader.remaining / sizeEntryMin) reader.fail(0, `${count} blocks do not fit in the ${format} index`);

  const blockOffsets = place.blocksEnd > OFFSET_MAX ? new Float64Array(count + 1) : new Uint32Array(count + 1);
  const firstKeyStarts = new Uint32Array(count);
  let lastKeyStart = 0;
  let lastKeyEnd = 0;
  for (let block = 0; block < count; block++) {
    const start = reader.position;
    const offset = format === "native" ? reader.u64() : reader.u32();
    blockOffsets[block] = offset;
    if (block === 0 ? offset !== place.blocksStart : offset <= blockOffsets[block - 1]!) {
      reader.fail(start, `block ${block} starts at ${offset}, out of order`);
    }
    if (block > 0) checkBlockSize(reader, start, offset - blockOffsets[block - 1]!);
    if (offset + SIZE_CHECKSUM >= place.blocksEnd) reader.fail(start, `block ${block} does not end before the index`);
    const firstKeyStart = skipKey(reader, format) + SIZE_KEY_LENGTH;
    if (block > 0 && compareIndexKeys(bytes, lastKeyStart, firstKeyStart, sizeTimestamp) >= 0) {
      reader.fail(start, `block ${block} begins before the end of the one before`);
    }
    firstKeyStarts[block] = firstKeyStart;
    lastKeyStart = skipKey(reader, format) + SIZE_KEY_LENGTH;
    lastKeyEnd = reader.position - sizeTimestamp;
    if (compareIndexKeys(bytes, firstKeyStart, lastKeyStart, sizeTimestamp) > 0) {
      reader.fail(start, `block ${block} ends before it begins`);
    }
  }
  if (reader.remaining !== 0) reader.fail(reader.position, `${reader.remaining} bytes too many in the ${format} index`);
  if (count > 0) checkBlockSize(reader, 0, place.blocksEnd - blockOffsets[count - 1]!);
  else if (place.blocksStart !== place.blocksEnd) reader.fail(0, "the index names no blocks, and there are some");
  blockOffsets[count] = place.blocksEnd;
  const tail = new ByteReader(bytes, entriesEnd, bytes.length, file, place.start);
  const maxTimestamp = format === "mvcc" ? tail.u64() : 0;
  return { format, maxTimestamp, bytes, blockOffsets, firstKeyStarts, lastKeyStart, lastKeyEnd };
}

/** A length that no block has would only ask for memory. */
function checkBlockSize(reader: ByteReader, at: number, sizeBytes: number): void {
  if (sizeBytes > BLOCK_SIZE_MAX) reader.fail(at, `a block cannot have ${sizeBytes} bytes`);
}

/** Steps over a key and its timestamp; answers where its length field is. */
function skipKey(reader: ByteReader, format: DatabaseFormat): number {
  const start = reader.position;
  const length = reader.u16();
  if (length < entryLayout(format).keyLengthMin) reader.fail(start, "a key in the index is empty");
  reader.skip(length);
  if (format !== "plain") reader.u64();
  return start;
}

/** The internal order of two keys of an index, each with its timestamp where there are any. */
function compareIndexKeys(bytes: Uint8Array, aStart: number, bStart: number, sizeTimestamp: number): number {
  const aEnd = indexKeyEnd(bytes, aStart);
  const bEnd = indexKeyEnd(bytes, bStart);
  const order = compareBytes(bytes, aStart, aEnd, bytes, bStart, bEnd);
  return order !== 0 || sizeTimestamp === 0 ? order : readU64(bytes, bEnd) - readU64(bytes, aEnd);
}

/** Where a key of the index ends that starts at `keyStart`. */
export function indexKeyEnd(bytes: Uint8Array, keyStart: number): number {
  return keyStart + readU16(bytes, keyStart - SIZE_KEY_LENGTH);
}

/** Where a block's last key starts in the index. */
export function indexLastKeyStart(index: TableIndex, block: number): number {
  const firstKeyEnd = indexKeyEnd(index.bytes, index.firstKeyStarts[block]!);
  return firstKeyEnd + entryLayout(index.format).sizeTimestamp + SIZE_KEY_LENGTH;
}
