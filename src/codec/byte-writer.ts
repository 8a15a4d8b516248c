import { copyBytes } from "./bytes.ts";

/**
 * Appends big-endian fields to a buffer that grows and is kept: `clear` forgets the bytes, not the memory.
 *
 * `buffer` is replaced when it grows, so nobody may hold it across a call that appends.
 */
export class ByteWriter {
  buffer: Uint8Array;
  /** How many bytes of `buffer` are written. */
  length = 0;

  constructor(capacityBytes: number) {
    this.buffer = new Uint8Array(capacityBytes);
  }

  clear(): void {
    this.length = 0;
  }

  /** Makes room for `length` bytes, counts them as written and answers where they start; the caller fills them. */
  reserve(length: number): number {
    const at = this.length;
    if (length > this.buffer.length - at) this.grow(at + length);
    this.length = at + length;
    return at;
  }

  u8(value: number): this {
    const at = this.reserve(1);
    this.buffer[at] = value;
    return this;
  }

  u16(value: number): this {
    const at = this.reserve(2);
    writeU16(this.buffer, at, value);
    return this;
  }

  u32(value: number): this {
    const at = this.reserve(4);
    writeU32(this.buffer, at, value);
    return this;
  }

  /** A whole number from 0 to 2^53-1 as eight bytes. */
  u64(value: number): this {
    const at = this.reserve(8);
    writeU64(this.buffer, at, value);
    return this;
  }

  bytes(source: Uint8Array, start: number, end: number): this {
    const at = this.reserve(end - start);
    copyBytes(source, start, end, this.buffer, at);
    return this;
  }

  private grow(needed: number): void {
    const grown = new Uint8Array(Math.max(needed, this.buffer.length * 2));
    grown.set(this.buffer.subarray(0, this.length));
    this.buffer = grown;
  }
}

export function writeU16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
}

export function writeU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

/** `value` is a whole number from 0 to 2^53-1. */
export function writeU64(bytes: Uint8Array, at: number, value: number): void {
  writeU32(bytes, at, Math.floor(value / 2 ** 32));
  writeU32(bytes, at + 4, value % 2 ** 32);
}
