import type { ByteReader } from "../codec/byte-reader.ts";
import type { ByteWriter } from "../codec/byte-writer.ts";
import type { NewTable } from "../sstable/table-output.ts";

/**
 * What a manifest of `native` says of a table, so that opening a database need not open the table.
 *
 *   | id u64 | size in bytes u64 | entries u64 | deletes u64 | range deletes u64 | max timestamp u64
 *   | n u32 | first key n | m u32 | last key m |
 *
 * Integers are big-endian. Lengths have 32 bits because the bound of a range may be one byte longer than any key.
 */
const SIZE_NUMBER = 8;
const SIZE_KEY_LENGTH = 4;

/** That of a table whose keys are empty. */
export const SIZE_DESCRIPTION_MIN: number = 6 * SIZE_NUMBER + 2 * SIZE_KEY_LENGTH;

export function encodeDescription(writer: ByteWriter, table: NewTable): void {
  writer.u64(table.id).u64(table.sizeBytes).u64(table.entryCount).u64(table.deleteCount);
  writer.u64(table.rangeDeleteCount).u64(table.maxTimestamp);
  writer.u32(table.firstKey.length).bytes(table.firstKey, 0, table.firstKey.length);
  writer.u32(table.lastKey.length).bytes(table.lastKey, 0, table.lastKey.length);
}

/** Throws CorruptionError. */
export function decodeDescription(reader: ByteReader): NewTable {
  const id = reader.u64();
  const sizeBytes = reader.u64();
  const entryCount = reader.u64();
  const deleteCount = reader.u64();
  const rangeDeleteCount = reader.u64();
  const maxTimestamp = reader.u64();
  const firstKey = decodeKey(reader);
  const lastKey = decodeKey(reader);
  return { id, sizeBytes, entryCount, deleteCount, rangeDeleteCount, maxTimestamp, firstKey, lastKey };
}

/** In memory of its own: a view would keep the whole manifest in memory. */
function decodeKey(reader: ByteReader): Uint8Array {
  const length = reader.u32();
  const start = reader.skip(length);
  return reader.bytes.slice(start, start + length);
}
