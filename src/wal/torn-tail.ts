import { readU32 } from "../codec/byte-reader.ts";
import { crc32 } from "../codec/crc32.ts";
import type { ReferenceFormat } from "../options.ts";
import { isWholeButForALength } from "./damaged-length.ts";
import { announcedEnd, checksumStart, isEmptyRecord, SIZE_CHECKSUM } from "./wal-record.ts";

/**
 * Whether the bytes from `at` on, where no whole record stands, are what an append leaves that a crash interrupted: the
 * first bytes of a record, then the end of the file, or zeros up to it, since a file can grow before its bytes arrive.
 *
 * The caller makes sure that no record follows.
 */
export function isTornTail(format: ReferenceFormat, bytes: Uint8Array, at: number): boolean {
  const zerosFrom = zeroRunStart(bytes);
  if (zerosFrom <= at) return true;
  if (isEmptyRecord(format, bytes, at)) return false;
  const end = announcedEnd(format, bytes, at);
  if (end > bytes.length) return !isWholeButForALength(format, bytes, at);
  const checksumAt = end - SIZE_CHECKSUM;
  const arrivedBytes = zerosFrom - checksumAt;
  if (arrivedBytes <= 0) return true;
  if (arrivedBytes >= SIZE_CHECKSUM) return false;
  // Part of the checksum arrived, and so did all that it covers: that part must be right.
  const missingBits = 8 * (SIZE_CHECKSUM - arrivedBytes);
  const expected = crc32(bytes, checksumStart(format, at), checksumAt);
  return expected >>> missingBits === readU32(bytes, checksumAt) >>> missingBits;
}

/** First byte of the run of zeros that reaches the end; the length when there is none. */
export function zeroRunStart(bytes: Uint8Array): number {
  let start = bytes.length;
  while (start > 0 && bytes[start - 1] === 0) start--;
  return start;
}
