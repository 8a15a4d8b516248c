import { CorruptionError } from "../errors.ts";

/**
 * Reads big-endian fields from a range of a file. A field that does not fit in the range is a CorruptionError with the
 * file and the offset where the field starts, so that no caller checks bounds on its own.
 */
export class ByteReader {
  readonly bytes: Uint8Array;
  readonly end: number;
  readonly file: string;
  /** Offset in the file of bytes[0]. */
  readonly fileOffset: number;
  /** Index of the next field in `bytes`. */
  position: number;

  constructor(bytes: Uint8Array, start: number, end: number, file: string, fileOffset: number) {
    this.bytes = bytes;
    this.position = start;
    this.end = end;
    this.file = file;
    this.fileOffset = fileOffset;
  }

  get remaining(): number {
    return this.end - this.position;
  }

  u8(): number {
    return this.bytes[this.skip(1)]!;
  }

  u16(): number {
    return readU16(this.bytes, this.skip(2));
  }

  u32(): number {
    return readU32(this.bytes, this.skip(4));
  }

  /** An unsigned 64-bit field as a number; more than 2^53-1 is a CorruptionError. */
  u64(): number {
    const at = this.position;
    const value = readU64(this.bytes, this.skip(8));
    if (value > Number.MAX_SAFE_INTEGER) this.fail(at, "a 64-bit field is larger than 2^53-1");
    return value;
  }

  /** A view of the next bytes. */
  view(length: number): Uint8Array {
    const at = this.skip(length);
    return this.bytes.subarray(at, at + length);
  }

  /** Steps over the next bytes and answers where in `bytes` they start. */
  skip(length: number): number {
    const at = this.position;
    if (length > this.end - at) this.fail(at, `${length} bytes expected, ${this.end - at} left`);
    this.position = at + length;
    return at;
  }

  /** Reports damage at an index of `bytes`. */
  fail(at: number, detail: string): never {
    throw new CorruptionError(this.file, this.fileOffset + at, detail);
  }
}

/** The two bytes from `at`, which must be in range. */
export function readU16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

/** The four bytes from `at`, which must be in range. */
export function readU32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}

/** The eight bytes from `at`, which must be in range. Exact up to 2^53-1; a larger field gives a larger number. */
export function readU64(bytes: Uint8Array, at: number): number {
  return readU32(bytes, at) * 2 ** 32 + readU32(bytes, at + 4);
}
