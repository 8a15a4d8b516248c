import { describe, expect, test } from "vitest";
import { commonPrefixLength, compareBytes, compareKeys, copyBytes } from "../../src/codec/bytes.ts";

describe("comparing bytes", () => {
  test.each([
    ["", "", 0],
    ["", "00", -1],
    ["61", "6100", -1],
    ["7f", "80", -1],
    ["ff", "00ff", 1],
    ["00".repeat(200), `${"00".repeat(199)}01`, -1],
    ["00".repeat(200), "00".repeat(201), -1],
    ["ab".repeat(300), "ab".repeat(300), 0],
  ])("orders %s and %s unsigned, a prefix first", (a, b, expected) => {
    const left = new Uint8Array(Buffer.from(a, "hex"));
    const right = new Uint8Array(Buffer.from(b, "hex"));
    expect(Math.sign(compareKeys(left, right))).toBe(expected);
    expect(Math.sign(compareKeys(right, left))).toBe(expected === 0 ? 0 : -expected);
  });
  test.each([5, 127, 128, 1000])("keeps to its ranges when they are %i bytes long", (length) => {
    const left = new Uint8Array(length + 3).fill(1);
    const right = new Uint8Array(length + 5).fill(1);
    left[length + 1] = 9;
    right[3] = 0;
    expect(compareBytes(left, 1, length + 1, right, 4, length + 4)).toBe(0);
  });
});

describe("the common prefix", () => {
  test.each([
    ["mini-something", "mini-LSM", 5],
    ["a", "b", 0],
    ["", "b", 0],
    ["abc", "abcd", 3],
    ["abc", "abc", 3],
  ])("of %s and %s has %i bytes", (a, b, expected) => {
    const left = Buffer.from(a);
    const right = Buffer.from(`x${b}`);
    expect(commonPrefixLength(left, 0, left.length, right, 1, right.length)).toBe(expected);
  });
});

describe("copying bytes", () => {
  test.each([0, 1, 11, 12, 31, 32, 33, 5000])("moves exactly %i bytes, as a part of an array", (length) => {
    const source = Uint8Array.from({ length: length + 4 }, (_, index) => (index % 250) + 1);
    const target = new Uint8Array(length + 6);
    copyBytes(source, 2, 2 + length, target, 3);
    const expected = new Uint8Array(length + 6);
    expected.set(source.subarray(2, 2 + length), 3);
    expect(target).toEqual(expected);
  });
  test.each([0, 1, 11, 12, 13, 5000])("moves exactly %i bytes, as a whole array", (length) => {
    const source = Uint8Array.from({ length }, (_, index) => (index % 250) + 1);
    const target = new Uint8Array(length + 6);
    copyBytes(source, 0, length, target, 3);
    const expected = new Uint8Array(length + 6);
    expected.set(source, 3);
    expect(target).toEqual(expected);
  });
});
