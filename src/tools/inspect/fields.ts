import { readU16, readU32 } from "../../codec/byte-reader.ts";
import { type Field, hexOf, hexOfBytes } from "./span.ts";

/** Bytes of a file that are taken apart into fields, one after the other. They are all there: whoever asks has decoded them. */
export class FieldReader {
  readonly fields: Field[] = [];
  readonly #bytes: Uint8Array;
  #at: number;

  /** Begins at an index of `bytes`. */
  constructor(bytes: Uint8Array, start: number) {
    this.#bytes = bytes;
    this.#at = start;
  }

  /** Index in the bytes of the next field. */
  get position(): number {
    return this.#at;
  }

  u8(name: string): number {
    return this.#number(name, 1, this.#bytes[this.#at] ?? 0);
  }

  u16(name: string): number {
    return this.#number(name, 2, readU16(this.#bytes, this.#at));
  }

  u32(name: string): number {
    return this.#number(name, 4, readU32(this.#bytes, this.#at));
  }

  /** An integer of up to eight bytes; one that no number holds is shown in hexadecimal. */
  long(name: string, sizeBytes: 7 | 8): number {
    const bytes = this.#take(sizeBytes);
    const value = bytes.reduce((sum, byte) => sum * 256 + byte, 0);
    this.fields.push({ name, sizeBytes, value: Number.isSafeInteger(value) ? value : hexOfBytes(bytes) });
    return value;
  }

  crc(name: string): void {
    this.fields.push({ name, sizeBytes: 4, value: hexOf(readU32(this.#bytes, this.#at)) });
    this.#at += 4;
  }

  /** Bytes that are shown as text where they are some. */
  bytes(name: string, length: number): Uint8Array {
    const value = this.#take(length);
    this.fields.push({ name, sizeBytes: length, value });
    return value;
  }

  /** Bytes that mean something as a whole, such as a magic number. */
  hex(name: string, length: number): void {
    this.fields.push({ name, sizeBytes: length, value: hexOfBytes(this.#take(length)) });
  }

  numbers(name: string, count: number): void {
    const value = Array.from({ length: count }, (_, index) => readU16(this.#bytes, this.#at + 2 * index));
    this.fields.push({ name, sizeBytes: 2 * count, value });
    this.#at += 2 * count;
  }

  #number(name: string, sizeBytes: number, value: number): number {
    this.fields.push({ name, sizeBytes, value });
    this.#at += sizeBytes;
    return value;
  }

  #take(length: number): Uint8Array {
    const start = this.#at;
    this.#at += length;
    return this.#bytes.subarray(start, this.#at);
  }
}

/** Those of the header of a native file, which stands at the beginning of the bytes. */
export function headerFields(bytes: Uint8Array): Field[] {
  const reader = new FieldReader(bytes, 0);
  reader.hex("magic", 8);
  reader.u16("version");
  reader.u8("file kind");
  reader.u8("zero");
  reader.hex("database id", 16);
  reader.long("file id", 8);
  reader.crc("checksum");
  return reader.fields;
}
