import { readU16, readU32 } from "../codec/byte-reader.ts";
import { ByteWriter, writeU16, writeU32, writeU64 } from "../codec/byte-writer.ts";
import { copyBytes } from "../codec/bytes.ts";
import { crc32 } from "../codec/crc32.ts";
import { assert, LsmError } from "../errors.ts";
import type { File } from "../fs/file-system.ts";
import { KEY_LENGTH_MAX, VALUE_LENGTH_MAX } from "../key.ts";
import type { ReferenceFormat } from "../options.ts";

/**
 * The bytes of a write-ahead log: records from the first byte to the last, no header, nothing between them.
 *
 * `plain` has a record for each entry; the checksum covers all that stands before it in the record.
 *
 *   | key_len u16 | key | value_len u16 | value | crc u32 |
 *
 * `mvcc` has a record for each batch, called a frame, so that a batch comes back whole or not at all. The checksum
 * covers the entries and not `body_len`.
 *
 *   | body_len u32 | entry … entry | crc u32 |        entry = | key_len u16 | key | timestamp u64 | value_len u16 | value |
 *
 * Integers are big-endian. An empty value is a delete. No key and no frame is empty, so zeros are never a record.
 */
export const SIZE_LENGTH = 2;
export const SIZE_TIMESTAMP = 8;
export const SIZE_BODY_LENGTH = 4;
export const SIZE_CHECKSUM = 4;

export const PLAIN_OVERHEAD: number = SIZE_LENGTH + SIZE_LENGTH + SIZE_CHECKSUM;
const ENTRY_OVERHEAD: number = SIZE_LENGTH + SIZE_TIMESTAMP + SIZE_LENGTH;

/** What a batch may grow to: a frame's length is 32 bits wide, and a log is read in one piece. */
const BATCH_BYTES_MAX = 0xffff_ffff;
const CAPACITY_FIRST_BYTES = 4 * 1024;
/** A buffer that a rare large batch made larger than this is given back by `clear`. */
const CAPACITY_KEPT_BYTES: number = 1024 * 1024;

const NO_BYTES: Uint8Array = new Uint8Array(0);

/** The `LogBatch` of `plain` and `mvcc`. */
export class WalBatch {
  /** Bytes of ended batches, from the start of `bytes`. */
  length = 0;
  private readonly isPlain: boolean;
  private readonly writer: ByteWriter = new ByteWriter(CAPACITY_FIRST_BYTES);
  private timestamp = 0;

  constructor(format: ReferenceFormat) {
    this.isPlain = format === "plain";
  }

  /** Lent until the next call that adds to the batch. */
  get bytes(): Uint8Array {
    return this.writer.buffer;
  }

  /** `plain` does not store the timestamp. */
  begin(timestamp: number): void {
    this.timestamp = timestamp;
    this.writer.length = this.length;
    if (!this.isPlain) this.writer.reserve(SIZE_BODY_LENGTH);
  }

  put(
    key: Uint8Array,
    keyStart: number,
    keyEnd: number,
    value: Uint8Array,
    valueStart: number,
    valueEnd: number,
  ): void {
    if (valueStart === valueEnd) throw new LsmError("VALUE_EMPTY", "an empty value would be a delete in this format");
    this.add(key, keyStart, keyEnd, value, valueStart, valueEnd);
  }

  delete(key: Uint8Array, keyStart: number, keyEnd: number): void {
    this.add(key, keyStart, keyEnd, NO_BYTES, 0, 0);
  }

  deleteRange(_from: Uint8Array, _to: Uint8Array): void {
    assert(false, "these formats have no range deletes");
  }

  end(): void {
    if (!this.isPlain) this.endFrame();
    this.length = this.writer.length;
  }

  clear(): void {
    this.length = 0;
    this.writer.clear();
    if (this.writer.buffer.length > CAPACITY_KEPT_BYTES) this.writer.buffer = new Uint8Array(CAPACITY_FIRST_BYTES);
  }

  appendTo(file: File): void {
    file.append(this.writer.buffer, 0, this.length);
  }

  private add(
    key: Uint8Array,
    keyStart: number,
    keyEnd: number,
    value: Uint8Array,
    valueStart: number,
    valueEnd: number,
  ): void {
    const keyLength = keyEnd - keyStart;
    const valueLength = valueEnd - valueStart;
    const size = keyLength + valueLength + (this.isPlain ? PLAIN_OVERHEAD : ENTRY_OVERHEAD);
    this.refuseUnfit(keyLength, valueLength, size);

    const start = this.writer.reserve(size);
    const bytes = this.writer.buffer;
    writeU16(bytes, start, keyLength);
    copyBytes(key, keyStart, keyEnd, bytes, start + SIZE_LENGTH);
    let at = start + SIZE_LENGTH + keyLength;
    if (!this.isPlain) {
      writeU64(bytes, at, this.timestamp);
      at += SIZE_TIMESTAMP;
    }
    writeU16(bytes, at, valueLength);
    at += SIZE_LENGTH;
    copyBytes(value, valueStart, valueEnd, bytes, at);
    at += valueLength;
    if (this.isPlain) writeU32(bytes, at, crc32(bytes, start, at));
  }

  private refuseUnfit(keyLength: number, valueLength: number, size: number): void {
    if (keyLength === 0) throw new LsmError("KEY_EMPTY", "a key must have at least one byte");
    if (keyLength > KEY_LENGTH_MAX) {
      throw new LsmError("KEY_TOO_LARGE", `a key of ${keyLength} bytes; at most ${KEY_LENGTH_MAX} fit in a log`);
    }
    if (valueLength > VALUE_LENGTH_MAX) {
      throw new LsmError(
        "VALUE_TOO_LARGE",
        `a value of ${valueLength} bytes; at most ${VALUE_LENGTH_MAX} fit in a log`,
      );
    }
    if (this.writer.length + size + SIZE_CHECKSUM > BATCH_BYTES_MAX) {
      throw new LsmError("INVALID_ARGUMENT", `a batch larger than ${BATCH_BYTES_MAX} bytes`);
    }
  }

  private endFrame(): void {
    const bodyStart = this.length + SIZE_BODY_LENGTH;
    const bodyEnd = this.writer.length;
    assert(bodyEnd >= bodyStart, "a batch begins before it ends");
    if (bodyEnd === bodyStart) {
      this.writer.length = this.length;
      return;
    }
    const checksumAt = this.writer.reserve(SIZE_CHECKSUM);
    const bytes = this.writer.buffer;
    writeU32(bytes, this.length, bodyEnd - bodyStart);
    writeU32(bytes, checksumAt, crc32(bytes, bodyStart, bodyEnd));
  }
}

/** Where the record at `at` ends by its own lengths, which may lie past the bytes; Infinity when a length itself does. */
export function announcedEnd(format: ReferenceFormat, bytes: Uint8Array, at: number): number {
  if (format === "mvcc") {
    const bodyAt = at + SIZE_BODY_LENGTH;
    return bodyAt > bytes.length ? Number.POSITIVE_INFINITY : bodyAt + readU32(bytes, at) + SIZE_CHECKSUM;
  }
  if (at + SIZE_LENGTH > bytes.length) return Number.POSITIVE_INFINITY;
  const valueAt = at + SIZE_LENGTH + readU16(bytes, at) + SIZE_LENGTH;
  if (valueAt > bytes.length) return Number.POSITIVE_INFINITY;
  return valueAt + readU16(bytes, valueAt - SIZE_LENGTH) + SIZE_CHECKSUM;
}

/** Whether the first length of the record at `at` is there and says zero, which no writer writes. */
export function isEmptyRecord(format: ReferenceFormat, bytes: Uint8Array, at: number): boolean {
  if (format === "mvcc") return at + SIZE_BODY_LENGTH <= bytes.length && readU32(bytes, at) === 0;
  return at + SIZE_LENGTH <= bytes.length && readU16(bytes, at) === 0;
}

/** First byte that the checksum of the record at `at` covers; the last one stands before the checksum. */
export function checksumStart(format: ReferenceFormat, at: number): number {
  return format === "mvcc" ? at + SIZE_BODY_LENGTH : at;
}

/** Whether bytes[at, end) is a record with its checksum; `end` is what it announced and lies in the bytes. */
export function isIntact(format: ReferenceFormat, bytes: Uint8Array, at: number, end: number): boolean {
  const checksumAt = end - SIZE_CHECKSUM;
  return readU32(bytes, checksumAt) === crc32(bytes, checksumStart(format, at), checksumAt);
}

/** Whether a whole record with its checksum stands at `at`. */
export function isRecordAt(format: ReferenceFormat, bytes: Uint8Array, at: number): boolean {
  const end = announcedEnd(format, bytes, at);
  return end <= bytes.length && !isEmptyRecord(format, bytes, at) && isIntact(format, bytes, at, end);
}
