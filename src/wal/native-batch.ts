import { readU32 } from "../codec/byte-reader.ts";
import { ByteWriter, writeU32, writeU64 } from "../codec/byte-writer.ts";
import { copyBytes } from "../codec/bytes.ts";
import { crc32 } from "../codec/crc32.ts";
import { assert, LsmError } from "../errors.ts";
import type { File } from "../fs/file-system.ts";
import { ENTRY_KIND, KEY_LENGTH_MAX, NATIVE_VALUE_LENGTH_MAX } from "../key.ts";
import {
  ENTRY_OVERHEAD,
  RANGE_BOUND_LENGTH_MAX,
  SIZE_CHECKSUM,
  SIZE_HEAD,
  SIZE_KIND,
  SIZE_LENGTH,
  SIZE_OFFSET,
  SIZE_TIMESTAMP,
} from "./native-record.ts";

/** What a group of batches may grow to; with the log before it, it must stay within what is read in one piece. */
const BATCH_BYTES_MAX = 0x7fff_ffff;
/** A longer value is written from where the caller has it. Up to here a copy costs less than two more writes. */
const COPIED_VALUE_BYTES_MAX: number = 64 * 1024;
const CAPACITY_FIRST_BYTES: number = 4 * 1024;
/** A buffer that a rare large batch made larger than this is given back by `clear`. */
const CAPACITY_KEPT_BYTES: number = 1024 * 1024;

const NO_BYTES: Uint8Array = new Uint8Array(0);

/** A value that is not copied. */
type LentValue = {
  /** Where in the buffer its record starts, and where the value belongs. */
  readonly recordStart: number;
  readonly position: number;
  readonly bytes: Uint8Array;
};

/**
 * The `LogBatch` of `native`. What a record says about its place is not known before the append, so that offsets and
 * checksums are filled in then.
 */
export class NativeBatch {
  length = 0;
  /** Ended records without the lent values, then those of the batch that is not ended. */
  private readonly writer: ByteWriter = new ByteWriter(CAPACITY_FIRST_BYTES);
  private endedBytes = 0;
  /** In the order of their places. */
  private readonly lent: LentValue[] = [];
  private lentEnded = 0;
  /** Bytes of lent values of the batch that is not ended. */
  private lentBytes = 0;

  begin(timestamp: number): void {
    this.writer.length = this.endedBytes;
    // To set the length that an array has already would take a twentieth of the time of a small batch.
    if (this.lent.length > this.lentEnded) this.lent.length = this.lentEnded;
    this.lentBytes = 0;
    const at = this.writer.reserve(SIZE_HEAD + SIZE_TIMESTAMP);
    writeU64(this.writer.buffer, at + SIZE_HEAD, timestamp);
  }

  put(
    key: Uint8Array,
    keyStart: number,
    keyEnd: number,
    value: Uint8Array,
    valueStart: number,
    valueEnd: number,
  ): void {
    refuseLongKey(keyEnd - keyStart, KEY_LENGTH_MAX);
    const valueLength = valueEnd - valueStart;
    if (valueLength > NATIVE_VALUE_LENGTH_MAX) {
      throw new LsmError("VALUE_TOO_LARGE", `a value of ${valueLength} bytes; at most ${NATIVE_VALUE_LENGTH_MAX} fit`);
    }
    this.add(ENTRY_KIND.put, key, keyStart, keyEnd, value, valueStart, valueEnd);
  }

  delete(key: Uint8Array, keyStart: number, keyEnd: number): void {
    refuseLongKey(keyEnd - keyStart, KEY_LENGTH_MAX);
    this.add(ENTRY_KIND.delete, key, keyStart, keyEnd, NO_BYTES, 0, 0);
  }

  deleteRange(from: Uint8Array, to: Uint8Array): void {
    refuseLongKey(Math.max(from.length, to.length), RANGE_BOUND_LENGTH_MAX);
    this.add(ENTRY_KIND.rangeDelete, from, 0, from.length, to, 0, to.length);
  }

  end(): void {
    const bodyLength = this.writer.length - this.endedBytes - SIZE_HEAD + this.lentBytes;
    assert(bodyLength >= SIZE_TIMESTAMP, "a batch begins before it ends");
    if (bodyLength === SIZE_TIMESTAMP) {
      this.writer.length = this.endedBytes;
      return;
    }
    writeU32(this.writer.buffer, this.endedBytes, bodyLength);
    this.writer.reserve(SIZE_CHECKSUM);
    this.endedBytes = this.writer.length;
    this.lentEnded = this.lent.length;
    this.length += SIZE_HEAD + bodyLength + SIZE_CHECKSUM;
  }

  clear(): void {
    this.length = 0;
    this.endedBytes = 0;
    if (this.lent.length > 0) this.lent.length = 0;
    this.lentEnded = 0;
    this.lentBytes = 0;
    this.writer.clear();
    if (this.writer.buffer.length > CAPACITY_KEPT_BYTES) this.writer.buffer = new Uint8Array(CAPACITY_FIRST_BYTES);
  }

  appendTo(file: File, syncedBytes: number, headerChecksum: number): void {
    this.seal(file.sizeBytes, syncedBytes, headerChecksum);
    const { buffer } = this.writer;
    let written = 0;
    for (let index = 0; index < this.lentEnded; index++) {
      const { position, bytes } = this.lent[index] as LentValue;
      file.append(buffer, written, position);
      file.append(bytes, 0, bytes.length);
      written = position;
    }
    file.append(buffer, written, this.endedBytes);
  }

  private add(
    kind: number,
    key: Uint8Array,
    keyStart: number,
    keyEnd: number,
    value: Uint8Array,
    valueStart: number,
    valueEnd: number,
  ): void {
    const keyLength = keyEnd - keyStart;
    const valueLength = valueEnd - valueStart;
    const isLent = valueLength > COPIED_VALUE_BYTES_MAX;
    const size = ENTRY_OVERHEAD + keyLength + (isLent ? 0 : valueLength);
    this.refuseUnfit(ENTRY_OVERHEAD + keyLength + valueLength);

    const start = this.writer.reserve(size);
    const bytes = this.writer.buffer;
    bytes[start] = kind;
    writeU32(bytes, start + SIZE_KIND, keyLength);
    const keyAt = start + SIZE_KIND + SIZE_LENGTH;
    copyBytes(key, keyStart, keyEnd, bytes, keyAt);
    writeU32(bytes, keyAt + keyLength, valueLength);
    const valueAt = keyAt + keyLength + SIZE_LENGTH;
    if (isLent) this.lend(valueAt, value.subarray(valueStart, valueEnd));
    else copyBytes(value, valueStart, valueEnd, bytes, valueAt);
  }

  private lend(position: number, bytes: Uint8Array): void {
    this.lent.push({ recordStart: this.endedBytes, position, bytes });
    this.lentBytes += bytes.length;
  }

  private refuseUnfit(size: number): void {
    const lengthBefore = this.length + this.writer.length - this.endedBytes + this.lentBytes;
    if (lengthBefore + size + SIZE_CHECKSUM <= BATCH_BYTES_MAX) return;
    throw new LsmError("INVALID_ARGUMENT", `a batch larger than ${BATCH_BYTES_MAX} bytes`);
  }

  /** Fills in what depends on where the records will stand, the first of them at `start`. */
  private seal(start: number, syncedBytes: number, headerChecksum: number): void {
    const { buffer } = this.writer;
    let offset = start;
    let nextLent = 0;
    for (let at = 0; at < this.endedBytes; ) {
      writeU64(buffer, at + SIZE_LENGTH, offset);
      writeU64(buffer, at + SIZE_LENGTH + SIZE_OFFSET, syncedBytes);
      const bodyLength = readU32(buffer, at);
      const lentFrom = nextLent;
      let checksumAt = at + SIZE_HEAD + bodyLength;
      for (; this.lent[nextLent]?.recordStart === at; nextLent++) checksumAt -= this.lentLength(nextLent);
      const checksum =
        nextLent === lentFrom ? crc32(buffer, at, checksumAt) : this.checksum(at, checksumAt, lentFrom, nextLent);
      writeU32(buffer, checksumAt, checksum ^ headerChecksum);
      at = checksumAt + SIZE_CHECKSUM;
      offset += SIZE_HEAD + bodyLength + SIZE_CHECKSUM;
    }
  }

  /** Of buffer[from, to) with the lent values [lentFrom, lentTo) in their places. */
  private checksum(from: number, to: number, lentFrom: number, lentTo: number): number {
    const { buffer } = this.writer;
    let checksum = 0;
    let at = from;
    for (let index = lentFrom; index < lentTo; index++) {
      const { position, bytes } = this.lent[index] as LentValue;
      checksum = crc32(bytes, 0, bytes.length, crc32(buffer, at, position, checksum));
      at = position;
    }
    return crc32(buffer, at, to, checksum);
  }

  private lentLength(index: number): number {
    return this.lent[index]?.bytes.length ?? 0;
  }
}

function refuseLongKey(length: number, lengthMax: number): void {
  if (length > lengthMax) throw new LsmError("KEY_TOO_LARGE", `a key of ${length} bytes; at most ${lengthMax} fit`);
}
