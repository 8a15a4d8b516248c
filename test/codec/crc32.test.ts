import { describe, expect, test } from "vitest";
import { crc32, crc32Sliced } from "../../src/codec/crc32.ts";

/** The definition, one bit at a time. */
function crc32Bitwise(bytes: Uint8Array, start: number, end: number): number {
  let crc = 0xffffffff;
  for (let at = start; at < end; at++) {
    crc ^= bytes[at]!;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}

const bytes = Uint8Array.from({ length: 2000 }, (_, index) => (index * index * 31 + (index >> 3)) & 0xff);

describe("crc32", () => {
  test("has the check value of CRC-32/ISO-HDLC", () => {
    const digits = new TextEncoder().encode("123456789");
    expect(crc32(digits, 0, digits.length)).toBe(0xcbf43926);
  });
  test("of no bytes is 0", () => {
    expect(crc32(bytes, 5, 5)).toBe(0);
  });
  test("agrees with the definition for every length, also across the step to zlib, and from any start", () => {
    for (let length = 0; length < 900; length++) {
      const start = length % 11;
      expect(crc32(bytes, start, start + length)).toBe(crc32Bitwise(bytes, start, start + length));
    }
  });
  test("goes on from the checksum of what precedes, cut anywhere", () => {
    for (const cut of [0, 1, 7, 399, 400, 401, 1000, 1999, 2000]) {
      const whole = crc32Bitwise(bytes, 0, 2000);
      expect(crc32(bytes, cut, 2000, crc32(bytes, 0, cut))).toBe(whole);
      expect(crc32Sliced(bytes, cut, 2000, crc32Sliced(bytes, 0, cut))).toBe(whole);
    }
  });
  test("without zlib gives the same for long ranges", () => {
    expect(crc32Sliced(bytes, 3, 2000)).toBe(crc32Bitwise(bytes, 3, 2000));
  });
});
