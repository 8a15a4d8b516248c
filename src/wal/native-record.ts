import { readU32, readU64 } from "../codec/byte-reader.ts";
import { encodeNativeHeader, NATIVE_FILE_KIND } from "../codec/native-header.ts";

/**
 * The bytes of a `native` log: the header of every native file, then records, nothing between them. A record is a batch,
 * which comes back whole or not at all.
 *
 *   record = | body_len u32 | offset u64 | synced u64 | body | crc u32 |
 *   body   = | timestamp u64 | entry … entry |
 *   entry  = | kind u8 | key_len u32 | key | value_len u32 | value |
 *
 * Integers are big-endian. `offset` is where the record starts in its file, so that bytes which only look like a record,
 * such as a copy of a log in a value, give themselves away. `synced` is how many bytes of the file were known to be durable
 * when the record was written: what is wrong before that is damage, and not the work of a crash.
 *
 * The checksum is the CRC-32 of all that stands before it in the record, XOR the checksum in the file's header: after a
 * power cut lost bytes may read as those of an older file in the same place on the disk, even as a record of it.
 *
 * `kind` is one of `ENTRY_KIND`. The value of a delete is empty; a range delete has the range's first key for a key and the
 * first key behind the range for a value.
 */
export const SIZE_LENGTH = 4;
export const SIZE_OFFSET = 8;
export const SIZE_SYNCED = 8;
export const SIZE_TIMESTAMP = 8;
export const SIZE_CHECKSUM = 4;
export const SIZE_KIND = 1;

export const SIZE_HEAD: number = SIZE_LENGTH + SIZE_OFFSET + SIZE_SYNCED;
export const ENTRY_OVERHEAD: number = SIZE_KIND + SIZE_LENGTH + SIZE_LENGTH;
/** Of a record with one entry that has neither key nor value. */
const RECORD_BYTES_MIN: number = SIZE_HEAD + SIZE_TIMESTAMP + ENTRY_OVERHEAD + SIZE_CHECKSUM;

/** A bound of a range may be the successor of the longest key. */
export const RANGE_BOUND_LENGTH_MAX = 0x1_0000;

/** The header of the log of memtable `id`; its last bytes are what `headerChecksum` reads. */
export function nativeLogHeader(databaseId: Uint8Array, id: number): Uint8Array {
  return encodeNativeHeader({ kind: NATIVE_FILE_KIND.log, databaseId, fileId: id });
}

/** What the checksum of every record in a log with this header is mixed with; 0 for logs without a header. */
export function headerChecksum(header: Uint8Array): number {
  return header.length === 0 ? 0 : readU32(header, header.length - SIZE_CHECKSUM);
}

/**
 * Where the record at `at` ends by its own length. undefined where what stands there cannot be a whole record: too few
 * bytes, another offset, or more bytes synced than there were. Its checksum is not looked at.
 */
export function nativeRecordEnd(bytes: Uint8Array, at: number): number | undefined {
  if (at + RECORD_BYTES_MIN > bytes.length) return undefined;
  if (readU64(bytes, at + SIZE_LENGTH) !== at || syncedAt(bytes, at) > at) return undefined;
  const size = SIZE_HEAD + readU32(bytes, at) + SIZE_CHECKSUM;
  return size >= RECORD_BYTES_MIN && at + size <= bytes.length ? at + size : undefined;
}

/** How much was durable when the record at `at` was written, by its own word. */
export function syncedAt(bytes: Uint8Array, at: number): number {
  return readU64(bytes, at + SIZE_LENGTH + SIZE_OFFSET);
}
