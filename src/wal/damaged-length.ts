import { readU16, readU32 } from "../codec/byte-reader.ts";
import { writeU16 } from "../codec/byte-writer.ts";
import { crc32 } from "../codec/crc32.ts";
import { KEY_LENGTH_MAX, VALUE_LENGTH_MAX } from "../key.ts";
import type { ReferenceFormat } from "../options.ts";
import { PLAIN_OVERHEAD, SIZE_BODY_LENGTH, SIZE_CHECKSUM, SIZE_LENGTH } from "./wal-record.ts";

/** Key lengths that are tried. Chance leaves one or two of the possible ones; more are made to cost time. */
const KEY_LENGTHS_TRIED_MAX = 32;

/**
 * Whether bytes[at, end of the file) are a whole record but for one length field, which says more than there is: the
 * record has its checksum once that length is what it must be for the record to end with the file.
 */
export function isWholeButForALength(format: ReferenceFormat, bytes: Uint8Array, at: number): boolean {
  return format === "mvcc" ? isWholeFrame(bytes, at) : isWholePlainRecord(bytes.slice(at));
}

/** The checksum of a frame leaves its length out, so that it is right whatever the length says. */
function isWholeFrame(bytes: Uint8Array, at: number): boolean {
  const bodyStart = at + SIZE_BODY_LENGTH;
  const bodyEnd = bytes.length - SIZE_CHECKSUM;
  return bodyStart < bodyEnd && crc32(bytes, bodyStart, bodyEnd) === readU32(bytes, bodyEnd);
}

/** `record` is overwritten. */
function isWholePlainRecord(record: Uint8Array): boolean {
  const lengths = record.length - PLAIN_OVERHEAD;
  if (lengths <= 0) return false;
  const keyLengthStored = readU16(record, 0);
  let triesLeft = KEY_LENGTHS_TRIED_MAX;
  for (let keyLength = 1; keyLength <= Math.min(lengths, KEY_LENGTH_MAX) && triesLeft > 0; keyLength++) {
    if (readU16(record, SIZE_LENGTH + keyLength) !== lengths - keyLength) continue;
    triesLeft--;
    writeU16(record, 0, keyLength);
    if (hasChecksum(record)) return true;
  }
  if (keyLengthStored > lengths || lengths - keyLengthStored > VALUE_LENGTH_MAX) return false;
  writeU16(record, 0, keyLengthStored);
  writeU16(record, SIZE_LENGTH + keyLengthStored, lengths - keyLengthStored);
  return hasChecksum(record);
}

function hasChecksum(record: Uint8Array): boolean {
  const checksumAt = record.length - SIZE_CHECKSUM;
  return crc32(record, 0, checksumAt) === readU32(record, checksumAt);
}
