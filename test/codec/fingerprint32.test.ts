import { describe, expect, test } from "vitest";
import { fingerprint32 } from "../../src/codec/fingerprint32.ts";

/** Byte i is (7i + 3) mod 256. */
function pattern(length: number): number[] {
  return Array.from({ length }, (_, index) => (7 * index + 3) % 256);
}

/** The bytes with others around them, so that a read outside the range shows. */
function surrounded(bytes: Uint8Array): { readonly buffer: Uint8Array; readonly start: number; readonly end: number } {
  const buffer = new Uint8Array(bytes.length + 16).fill(0xa5);
  buffer.set(bytes, 7);
  return { buffer, start: 7, end: 7 + bytes.length };
}

describe("fingerprint32", () => {
  test.each<[string, string | number[], number]>([
    ["the empty string", "", 0xdc56d17a],
    ["a", "a", 0x3c973d4d],
    ["byte 00", [0x00], 0xc0a92754],
    ["byte ff", [0xff], 0xc125d996],
    ["ab", "ab", 0x417330fd],
    ["11", "11", 0xfb75e789],
    ["abc", "abc", 0x2f635ec7],
    ["pattern of 3", pattern(3), 0x185b35d4],
    ["abcd", "abcd", 0x98b51e95],
    ["key1", "key1", 0x1f808384],
    ["2333", "2333", 0xc2ff39d1],
    ["4 times ff", Array(4).fill(0xff), 0xaeedfe6a],
    ["abcde", "abcde", 0xa3f366ac],
    ["apple", "apple", 0xf690ebf3],
    ["5 times ff", Array(5).fill(0xff), 0x44af5ead],
    ["banana", "banana", 0xc2d53b45],
    ["key00000", "key00000", 0x0e60e280],
    ["pattern of 8", pattern(8), 0xc464f31d],
    ["8 times ff", Array(8).fill(0xff), 0x49ede3d5],
    ["pattern of 9", pattern(9), 0xc35e5ce5],
    ["hello world", "hello world", 0x19a7581a],
    ["hello world!", "hello world!", 0x3d6b1923],
    ["pattern of 12", pattern(12), 0xe901fb3e],
    ["pattern of 13", pattern(13), 0x56140dbf],
    ["13 times ff", Array(13).fill(0xff), 0xe2bbf19b],
    ["key_0000000000", "key_0000000000", 0xfc6a7ebf],
    ["key_0000000005", "key_0000000005", 0x972bef8f],
    ["0123456789abcdef", "0123456789abcdef", 0x5d567ac9],
    ["pattern of 20", pattern(20), 0x99334e1f],
    ["0123456789abcdefghijklm", "0123456789abcdefghijklm", 0xd42d826e],
    ["pattern of 24", pattern(24), 0xc2ee73d5],
    ["24 times ff", Array(24).fill(0xff), 0x7a4eef81],
    ["pattern of 25", pattern(25), 0xb9df9228],
    ["25 times ff", Array(25).fill(0xff), 0xd7f41681],
    ["pattern of 26", pattern(26), 0xe5171010],
    ["pattern of 40", pattern(40), 0x2c919529],
    ["pattern of 41", pattern(41), 0xf9f38438],
    ["pattern of 44", pattern(44), 0x5975e68a],
    ["pattern of 45", pattern(45), 0x2ea21314],
    ["pattern of 60", pattern(60), 0x11deece5],
    ["pattern of 61", pattern(61), 0x819dbc5b],
    ["pattern of 80", pattern(80), 0x23f1ddc4],
    ["pattern of 100", pattern(100), 0x28ae210f],
    ["pattern of 101", pattern(101), 0xe740e806],
    ["pattern of 128", pattern(128), 0xc5e96013],
    ["pattern of 200", pattern(200), 0x4bd33c02],
    ["pattern of 256", pattern(256), 0x92046ede],
    ["pattern of 1000", pattern(1000), 0x93067f59],
    ["pattern of 65535", pattern(65535), 0xb4f722ef],
  ])("of %s is what the original library prints", (_, input, expected) => {
    const bytes = typeof input === "string" ? new TextEncoder().encode(input) : Uint8Array.from(input);
    const { buffer, start, end } = surrounded(bytes);
    expect(fingerprint32(bytes, 0, bytes.length)).toBe(expected);
    expect(fingerprint32(buffer, start, end)).toBe(expected);
  });
});
