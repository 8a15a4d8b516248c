import * as zlib from "node:zlib";

/**
 * CRC-32/ISO-HDLC, the checksum of every file: reflected polynomial 0xEDB88320, start and final XOR of all ones.
 *
 * Short ranges take eight bytes per step through eight tables ("slicing-by-8", Kounavis and Berry 2005). Longer ones go to
 * zlib, whose call costs as much as about 400 bytes in JavaScript and which then checks several bytes per cycle.
 */
const POLYNOMIAL = 0xedb88320;
const SLICES = 8;
const TABLE_SIZE = 256;
const NATIVE_FROM_BYTES = 400;

/** Absent on runtimes that only resemble Node. */
const nativeCrc32: ((data: Uint8Array, before: number) => number) | undefined = zlib.crc32;

/** tables[slice * 256 + byte]: the effect of a byte that is followed by `slice` zero bytes. */
const tables = makeTables();

/** Checksum of bytes[start, end), unsigned; of all in one where `before` is the checksum of the bytes that precede them. */
export function crc32(bytes: Uint8Array, start: number, end: number, before = 0): number {
  if (end - start >= NATIVE_FROM_BYTES && nativeCrc32 !== undefined) {
    return nativeCrc32(bytes.subarray(start, end), before);
  }
  return crc32Sliced(bytes, start, end, before);
}

/** What `crc32` does where zlib cannot help; apart so that both ways can be compared. */
export function crc32Sliced(bytes: Uint8Array, start: number, end: number, before = 0): number {
  let crc = ~before;
  let at = start;
  for (const wholeEnd = end - SLICES; at <= wholeEnd; at += SLICES) {
    crc ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    crc =
      tables[7 * TABLE_SIZE + (crc & 0xff)]! ^
      tables[6 * TABLE_SIZE + ((crc >>> 8) & 0xff)]! ^
      tables[5 * TABLE_SIZE + ((crc >>> 16) & 0xff)]! ^
      tables[4 * TABLE_SIZE + (crc >>> 24)]! ^
      tables[3 * TABLE_SIZE + bytes[at + 4]!]! ^
      tables[2 * TABLE_SIZE + bytes[at + 5]!]! ^
      tables[TABLE_SIZE + bytes[at + 6]!]! ^
      tables[bytes[at + 7]!]!;
  }
  for (; at < end; at++) crc = tables[(crc ^ bytes[at]!) & 0xff]! ^ (crc >>> 8);
  return ~crc >>> 0;
}

function makeTables(): Int32Array {
  const made = new Int32Array(SLICES * TABLE_SIZE);
  for (let byte = 0; byte < TABLE_SIZE; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
    made[byte] = crc;
  }
  for (let index = TABLE_SIZE; index < made.length; index++) {
    const before = made[index - TABLE_SIZE]!;
    made[index] = (before >>> 8) ^ made[before & 0xff]!;
  }
  return made;
}
