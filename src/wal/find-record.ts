import { readU16, readU32 } from "../codec/byte-reader.ts";
import type { ReferenceFormat } from "../options.ts";
import { RangeChecksums } from "./range-checksums.ts";
import {
  announcedEnd,
  checksumStart,
  isEmptyRecord,
  SIZE_BODY_LENGTH,
  SIZE_CHECKSUM,
  SIZE_LENGTH,
  SIZE_TIMESTAMP,
} from "./wal-record.ts";

/** The upper half of a timestamp that is at most 2^53-1. */
const TIMESTAMP_HIGH_MAX = 0x1f_ffff;

/**
 * The first whole record with its checksum that starts in [from, to), at whatever byte; undefined when there is none.
 *
 * The time grows with the number of bytes alone, whatever they are: lengths are looked at before any checksum, and a
 * checksum costs the same for every length. (A log of 64 MiB that was made to be slow takes seconds; without the second
 * it would take hours.) Entries inside a frame are not looked at beyond the first: its checksum proves it was written.
 */
export function findRecord(format: ReferenceFormat, bytes: Uint8Array, from: number, to: number): number | undefined {
  if (from >= to) return undefined;
  const checksums = new RangeChecksums(bytes, from, bytes.length);
  for (let at = from; at < to; at++) {
    const end = announcedEnd(format, bytes, at);
    if (end > bytes.length || isEmptyRecord(format, bytes, at)) continue;
    const checksumAt = end - SIZE_CHECKSUM;
    if (format === "mvcc" && !startsWithEntry(bytes, at, checksumAt)) continue;
    if (checksums.checksum(checksumStart(format, at), checksumAt) === readU32(bytes, checksumAt)) return at;
  }
  return undefined;
}

/** Whether the frame at `at` begins with an entry that is whole before `end` as far as its value, with a key and a possible timestamp. */
export function startsWithEntry(bytes: Uint8Array, at: number, end: number): boolean {
  const keyAt = at + SIZE_BODY_LENGTH + SIZE_LENGTH;
  if (keyAt > end) return false;
  const keyLength = readU16(bytes, keyAt - SIZE_LENGTH);
  const valueAt = keyAt + keyLength + SIZE_TIMESTAMP + SIZE_LENGTH;
  if (keyLength === 0 || valueAt > end) return false;
  return (
    readU32(bytes, keyAt + keyLength) <= TIMESTAMP_HIGH_MAX && valueAt + readU16(bytes, valueAt - SIZE_LENGTH) <= end
  );
}
