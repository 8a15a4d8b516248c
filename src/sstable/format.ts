import { timestampSize } from "../block/block.ts";
import { ByteReader, readU16, readU32 } from "../codec/byte-reader.ts";
import type { ByteWriter } from "../codec/byte-writer.ts";
import { crc32 } from "../codec/crc32.ts";
import { CorruptionError } from "../errors.ts";
import type { DatabaseFormat } from "../options.ts";

/**
 * Sorted string table: blocks, an index of them, and a bloom filter.
 *
 *   table = (block | crc u32) … | index | index_offset u32 | bloom | bloom_offset u32
 *   index = block_count u32 | entry … | max_timestamp u64 (mvcc only) | crc u32
 *   entry = block_offset u32 | first_len u16 | first_key | first_timestamp u64 (mvcc only)
 *                            | last_len u16  | last_key  | last_timestamp u64 (mvcc only)
 *
 * Integers are big-endian and offsets count bytes from the start of the file. A block's checksum covers the block, the
 * index's what lies between `block_count` and it. A block ends where the next one, or the index, begins.
 * `max_timestamp` is the largest of all entries. Nothing names the variant; see `detectFormat`.
 */
export const SIZE_CHECKSUM = 4;
export const SIZE_OFFSET = 4;
export const OFFSET_MAX = 0xffff_ffff;

const SIZE_BLOCK_COUNT = 4;
const SIZE_KEY_LENGTH = 2;

/** The index as it lies in the file, and where in it each entry is. */
export type TableIndex = {
  readonly format: DatabaseFormat;
  readonly maxTimestamp: number;
  /** The index part of the file. */
  readonly bytes: Uint8Array;
  /** Start of each block in the file, and then the end of the last one. */
  readonly blockOffsets: Uint32Array;
  /** Start of each block's first key in `bytes`; its length stands before it, its timestamp behind it. */
  readonly firstKeyStarts: Uint32Array;
  /** Last key of the last block, in `bytes`. */
  readonly lastKeyStart: number;
  readonly lastKeyEnd: number;
};

/** Appends an index entry. Timestamps are left out where the format has none. */
export function encodeIndexEntry(
  writer: ByteWriter,
  format: DatabaseFormat,
  blockOffset: number,
  first: { readonly key: Uint8Array; readonly timestamp: number },
  last: { readonly key: Uint8Array; readonly timestamp: number },
): void {
  writer.u32(blockOffset);
  for (const { key, timestamp } of [first, last]) {
    writer.u16(key.length).bytes(key, 0, key.length);
    if (format === "mvcc") writer.u64(timestamp);
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
  writer.u32(blockCount);
  const start = writer.length;
  writer.bytes(entries.buffer, 0, entries.length);
  if (format === "mvcc") writer.u64(maxTimestamp);
  writer.u32(crc32(writer.buffer, start, writer.length));
}

/**
 * Reads an index that starts at `indexOffset` of `file`. Without an expected format both are tried, `plain` first.
 * Throws CorruptionError.
 */
export function decodeIndex(
  bytes: Uint8Array,
  file: string,
  indexOffset: number,
  expected: DatabaseFormat | undefined,
): TableIndex {
  if (bytes.length < SIZE_BLOCK_COUNT + SIZE_CHECKSUM) {
    throw new CorruptionError(file, indexOffset, `an index of ${bytes.length} bytes is too short`);
  }
  const checksumStart = bytes.length - SIZE_CHECKSUM;
  if (crc32(bytes, SIZE_BLOCK_COUNT, checksumStart) !== readU32(bytes, checksumStart)) {
    throw new CorruptionError(file, indexOffset, "the checksum of the index does not match");
  }
  return decodeEntries(bytes, file, indexOffset, expected ?? detectFormat(bytes, file, indexOffset));
}

/**
 * Which variant an index with a matching checksum is. In `mvcc` the two bytes behind a first key are the top of a
 * timestamp, zero for any below 2^48 (one write each), which read as `plain` would be a last key without bytes: never
 * written. Files with larger timestamps are read by telling the format.
 */
function detectFormat(bytes: Uint8Array, file: string, indexOffset: number): DatabaseFormat {
  try {
    decodeEntries(bytes, file, indexOffset, "plain");
    return "plain";
  } catch (error) {
    if (error instanceof CorruptionError) return "mvcc";
    throw error;
  }
}

function decodeEntries(bytes: Uint8Array, file: string, indexOffset: number, format: DatabaseFormat): TableIndex {
  const sizeTimestamp = timestampSize(format);
  const entriesEnd = bytes.length - SIZE_CHECKSUM - sizeTimestamp;
  const reader = new ByteReader(bytes, 0, Math.max(entriesEnd, 0), file, indexOffset);
  const count = reader.u32();
  const sizeEntryMin = SIZE_OFFSET + 2 * (SIZE_KEY_LENGTH + sizeTimestamp);
  if (count === 0) reader.fail(0, "the table has no blocks");
  if (count > reader.remaining / sizeEntryMin) reader.fail(0, `${count} blocks do not fit in the ${format} index`);

  const blockOffsets = new Uint32Array(count + 1);
  const firstKeyStarts = new Uint32Array(count);
  let lastKeyStart = 0;
  let lastKeyEnd = 0;
  for (let block = 0; block < count; block++) {
    const start = reader.position;
    const offset = reader.u32();
    blockOffsets[block] = offset;
    if (block === 0 ? offset !== 0 : offset <= blockOffsets[block - 1]!) {
      reader.fail(start, `block ${block} starts at ${offset}, out of order`);
    }
    if (offset + SIZE_CHECKSUM >= indexOffset) reader.fail(start, `block ${block} does not end before the index`);
    firstKeyStarts[block] = skipKey(reader, format) + SIZE_KEY_LENGTH;
    lastKeyStart = skipKey(reader, format) + SIZE_KEY_LENGTH;
    lastKeyEnd = reader.position - sizeTimestamp;
  }
  if (reader.remaining !== 0) reader.fail(reader.position, `${reader.remaining} bytes too many in the ${format} index`);
  blockOffsets[count] = indexOffset;
  const tail = new ByteReader(bytes, entriesEnd, bytes.length, file, indexOffset);
  const maxTimestamp = format === "mvcc" ? tail.u64() : 0;
  return { format, maxTimestamp, bytes, blockOffsets, firstKeyStarts, lastKeyStart, lastKeyEnd };
}

/** Steps over a key and its timestamp; answers where its length field is. */
function skipKey(reader: ByteReader, format: DatabaseFormat): number {
  const start = reader.position;
  const length = reader.u16();
  if (length === 0) reader.fail(start, "a key in the index is empty");
  reader.skip(length);
  if (format === "mvcc") reader.u64();
  return start;
}

/** Where a key of the index ends that starts at `keyStart`. */
export function indexKeyEnd(bytes: Uint8Array, keyStart: number): number {
  return keyStart + readU16(bytes, keyStart - SIZE_KEY_LENGTH);
}

/** Where a block's last key starts in the index. */
export function indexLastKeyStart(index: TableIndex, block: number): number {
  const firstKeyEnd = indexKeyEnd(index.bytes, index.firstKeyStarts[block]!);
  return firstKeyEnd + timestampSize(index.format) + SIZE_KEY_LENGTH;
}
