import { ByteReader } from "../codec/byte-reader.ts";
import type { ByteWriter } from "../codec/byte-writer.ts";
import { crc32 } from "../codec/crc32.ts";
import { NATIVE_MAGIC, SIZE_NATIVE_HEADER } from "../codec/native-header.ts";
import { SIZE_CHECKSUM } from "./format.ts";

/**
 * The last bytes of a native table: where its parts start, and what is in it.
 *
 *   | range_deletes_start u64 | index_start u64 | bloom_start u64 |
 *   | entry_count u64 | delete_count u64 | range_delete_count u64 | max_timestamp u64 | crc u32 | magic 8 |
 *
 * Integers are big-endian; the checksum covers all that stands before it. Blocks lie between the header and
 * `range_deletes_start`, and the parts touch: whatever byte of the file it is, one checksum covers it. Range deletes are
 * counted in fragments; `max_timestamp` is the largest of entries and range deletes.
 */
export type NativeFooter = {
  readonly rangeDeletesStart: number;
  readonly indexStart: number;
  readonly bloomStart: number;
  readonly entryCount: number;
  readonly deleteCount: number;
  readonly rangeDeleteCount: number;
  readonly maxTimestamp: number;
};

const SIZE_FIELD = 8;
const FIELD_COUNT = 7;
export const SIZE_NATIVE_FOOTER: number = FIELD_COUNT * SIZE_FIELD + SIZE_CHECKSUM + NATIVE_MAGIC.length;

export function encodeNativeFooter(writer: ByteWriter, footer: NativeFooter): void {
  const start = writer.length;
  writer.u64(footer.rangeDeletesStart).u64(footer.indexStart).u64(footer.bloomStart);
  writer.u64(footer.entryCount).u64(footer.deleteCount).u64(footer.rangeDeleteCount).u64(footer.maxTimestamp);
  writer.u32(crc32(writer.buffer, start, writer.length)).bytes(NATIVE_MAGIC, 0, NATIVE_MAGIC.length);
}

/** Reads the footer in `bytes`, which starts at `fileOffset` of `file`. Throws CorruptionError. */
export function decodeNativeFooter(bytes: Uint8Array, file: string, fileOffset: number): NativeFooter {
  const reader = new ByteReader(bytes, 0, bytes.length, file, fileOffset);
  const checksumAt = FIELD_COUNT * SIZE_FIELD;
  const check = new ByteReader(bytes, checksumAt, bytes.length, file, fileOffset);
  if (check.u32() !== crc32(bytes, 0, checksumAt)) reader.fail(0, "the checksum of the footer does not match");
  const magic = check.view(NATIVE_MAGIC.length);
  if (!NATIVE_MAGIC.every((byte, index) => byte === magic[index])) reader.fail(0, "the file does not end as a table");
  const footer: NativeFooter = {
    rangeDeletesStart: reader.u64(),
    indexStart: reader.u64(),
    bloomStart: reader.u64(),
    entryCount: reader.u64(),
    deleteCount: reader.u64(),
    rangeDeleteCount: reader.u64(),
    maxTimestamp: reader.u64(),
  };
  const { rangeDeletesStart, indexStart, bloomStart, entryCount, deleteCount, rangeDeleteCount } = footer;
  const inOrder = [SIZE_NATIVE_HEADER, rangeDeletesStart, indexStart, bloomStart, fileOffset];
  if (inOrder.some((start, part) => start < (inOrder[part - 1] ?? 0))) {
    reader.fail(0, "the parts of the table do not follow each other");
  }
  if (deleteCount > entryCount) reader.fail(0, "the table has more deletes than entries");
  if (entryCount + rangeDeleteCount === 0) reader.fail(0, "the table holds nothing");
  return footer;
}
