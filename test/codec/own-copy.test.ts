import { describe, expect, test } from "vitest";
import { ownCopy } from "../../src/codec/own-copy.ts";

const source = Uint8Array.from({ length: 5000 }, (_, index) => index * 7);

describe("a copy of one's own", () => {
  test.each([0, 1, 63, 64, 65, 100, 1023, 1024, 1025, 4000])("has the %i bytes it was made of", (length) => {
    expect(ownCopy(source, 13, 13 + length)).toEqual(source.slice(13, 13 + length));
  });
  test("is changed neither by its source nor by other copies, however many there are", () => {
    const changing = Uint8Array.from(source);
    const lengths = Array.from({ length: 500 }, (_, index) => (index * 37) % 1100);
    const copies = lengths.map((length) => ownCopy(changing, length, length * 2));
    changing.fill(0);
    for (const [index, copy] of copies.entries()) {
      const length = lengths[index] ?? 0;
      expect(copy).toEqual(source.slice(length, length * 2));
      copy.fill(0xff);
    }
  });
  test.each([10, 100])("of %i bytes of shared memory is not shared", (length) => {
    const shared = new Uint8Array(new SharedArrayBuffer(200)).fill(9);
    const copy = ownCopy(shared, 0, length);
    shared.fill(1);
    expect(copy.buffer).toBeInstanceOf(ArrayBuffer);
    expect(copy).toEqual(new Uint8Array(length).fill(9));
  });
  test("keeps no more than a few KiB of others' copies in memory", () => {
    for (let length = 0; length < 2000; length += 17) {
      expect(ownCopy(source, 0, length).buffer.byteLength).toBeLessThanOrEqual(8192);
    }
  });
});
