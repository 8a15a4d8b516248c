import { readU32 } from "../codec/byte-reader.ts";
import { nativeRecordEnd, SIZE_CHECKSUM, SIZE_LENGTH, SIZE_OFFSET, syncedAt } from "./native-record.ts";
import { RangeChecksums } from "./range-checksums.ts";

/**
 * Where the first whole record from `from` on starts that says that more than `syncedAbove` bytes were durable before it;
 * undefined when there is none. `headerChecksum`: see `native-record.ts`.
 *
 * The time grows with the number of bytes alone, whatever they are: at nearly every byte a look at four others ends it,
 * and a checksum costs the same for every length, so that a value full of false heads does not cost more.
 */
export function findNativeRecord(
  bytes: Uint8Array,
  from: number,
  headerChecksum: number,
  syncedAbove: number,
): number | undefined {
  const lowHalf = SIZE_LENGTH + SIZE_OFFSET / 2;
  let checksums: RangeChecksums | undefined;
  for (let at = from; at + lowHalf + SIZE_LENGTH <= bytes.length; at++) {
    if (readU32(bytes, at + lowHalf) !== at) continue;
    const end = nativeRecordEnd(bytes, at);
    if (end === undefined || syncedAt(bytes, at) <= syncedAbove) continue;
    const checksumAt = end - SIZE_CHECKSUM;
    checksums ??= new RangeChecksums(bytes, at, bytes.length);
    if ((checksums.checksum(at, checksumAt) ^ headerChecksum) >>> 0 === readU32(bytes, checksumAt)) return at;
  }
  return undefined;
}
