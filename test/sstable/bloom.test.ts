import { describe, expect, test } from "vitest";
import { ByteWriter } from "../../src/codec/byte-writer.ts";
import { fingerprint32 } from "../../src/codec/fingerprint32.ts";
import { CorruptionError } from "../../src/errors.ts";
import { BloomFilter, decodeBloom, encodeBloom } from "../../src/sstable/bloom.ts";
import { bytesOf, numberedEntries, numberedKey, TableFixture } from "../support/tables.ts";

function hashOf(key: Uint8Array): number {
  return fingerprint32(key, 0, key.length);
}

function encoded(hashes: readonly number[]): Uint8Array {
  const writer = new ByteWriter(1);
  writer.u8(0xff);
  encodeBloom(writer, Uint32Array.from(hashes), hashes.length);
  return writer.buffer.slice(1, writer.length);
}

function bitsOf(filter: BloomFilter): number[] {
  return Array.from({ length: filter.bits.length * 8 }, (_, bit) => bit).filter(
    (bit) => filter.bits[bit >> 3]! & (1 << (bit & 7)),
  );
}

const hundred = Array.from({ length: 100 }, (_, index) => hashOf(numberedKey(5 * index, 10)));

describe("bloom filter", () => {
  test.each([
    ["apple", [3, 11, 19, 27, 51, 59]],
    ["apply", [10, 18, 26, 34, 50, 58]],
    ["banana", [3, 5, 23, 25, 45, 47]],
  ])("sets the documented bits for %s", (key, bits) => {
    expect(bitsOf(decodeBloom(encoded([hashOf(bytesOf(key))]), "t.sst", 0))).toEqual(bits);
  });
  test("of 100 keys has the documented bytes", () => {
    const bytes = encoded(hundred);
    const hex = Buffer.from(bytes).toString("hex");
    expect(bytes.length).toBe(125 + 1 + 4);
    expect([hex.slice(0, 32), hex.slice(250)]).toEqual(["bcbd42880788302cb9c43c2f252ec2ca", "06a90fd693"]);
  });
  test("never misses a key, and takes exactly 17 of 900 others for one", () => {
    const filter = decodeBloom(encoded(hundred), "t.sst", 0);
    expect(hundred.every((hash) => filter.mayContain(hash))).toBe(true);
    const others = Array.from({ length: 900 }, (_, index) => hashOf(numberedKey(5 * (index + 100), 10)));
    expect(others.filter((hash) => filter.mayContain(hash)).length).toBe(17);
  });
  test("counts a hash once for each entry that has it", () => {
    expect(encoded(Array<number>(20).fill(hashOf(bytesOf("a")))).length).toBe(25 + 5);
  });
  test("is the same after the table was written and opened", () => {
    const table = new TableFixture().make(1, "plain", 128, numberedEntries(100, 10));
    expect([table.content.bloom.probes, Buffer.from(table.content.bloom.bits).toString("hex")]).toEqual([
      6,
      Buffer.from(encoded(hundred).subarray(0, 125)).toString("hex"),
    ]);
    expect(table.mayContain(hundred[3]!)).toBe(true);
  });
  test("goes by the stored number of probes, and says maybe to everything above 30", () => {
    const bits = Uint8Array.of(0x01);
    expect(new BloomFilter(bits, 1).mayContain(8)).toBe(true);
    expect(new BloomFilter(bits, 1).mayContain(9)).toBe(false);
    expect(new BloomFilter(bits, 30).mayContain(9)).toBe(false);
    expect(new BloomFilter(bits, 31).mayContain(9)).toBe(true);
  });
  test.each([0, 1, 4, 5])("is refused with only %i bytes", (length) => {
    expect(() => decodeBloom(new Uint8Array(length), "t.sst", 40)).toThrow(CorruptionError);
  });
});
