import { ByteReader } from "../../codec/byte-reader.ts";
import { CorruptionError } from "../../errors.ts";
import type { RangeDeletes } from "../../iterator/range-deletes.ts";
import { decodeRangeDeletes } from "../../sstable/range-deletes-block.ts";
import type { FileBytes } from "../anatomy/file-bytes.ts";

const SIZE_CHECKSUM = 4;
const SIZE_TIMESTAMP = 8;

/** The range deletes that begin at `from` of a table whose footer is lost; undefined when none do. */
export function findRangeDeletes(file: FileBytes, from: number): RangeDeletes | undefined {
  if (from >= file.sizeBytes) return undefined;
  try {
    const bytes = file.read(from, file.sizeBytes);
    return decodeRangeDeletes(bytes.subarray(0, endOf(bytes, file.path, from)), file.path, from);
  } catch (error) {
    if (error instanceof CorruptionError) return undefined;
    throw error;
  }
}

/** Where they end by their own lengths. Throws CorruptionError when that is not within the bytes. */
function endOf(bytes: Uint8Array, path: string, from: number): number {
  const reader = new ByteReader(bytes, 0, bytes.length, path, from);
  const count = reader.u32();
  for (let index = 0; index < count; index++) {
    reader.skip(reader.u32());
    reader.skip(reader.u32());
    reader.skip(reader.u32() * SIZE_TIMESTAMP);
  }
  reader.skip(SIZE_CHECKSUM);
  return reader.position;
}
