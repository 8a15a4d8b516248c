import { describe, expect, test } from "vitest";
import { BlockBuilder } from "../../src/block/block-builder.ts";
import { decodeBlock } from "../../src/block/block-format.ts";
import { ByteWriter } from "../../src/codec/byte-writer.ts";
import type { DatabaseFormat } from "../../src/options.ts";
import { addToBlock, blockBytes, makeBlock } from "../support/blocks.ts";
import { bytesOf, type Entry, entries, numberedEntries } from "../support/tables.ts";

/** For each entry whether the builder took it. */
function taken(format: DatabaseFormat, blockSizeBytes: number, given: readonly Entry[]): boolean[] {
  const builder = new BlockBuilder(new ByteWriter(16), format, blockSizeBytes);
  return given.map((entry) => addToBlock(builder, entry));
}

function sized(keyLength: number, valueLength: number): Entry {
  return { key: new Uint8Array(keyLength).fill(0x6b), timestamp: 0, value: new Uint8Array(valueLength) };
}

describe("block builder", () => {
  test("shares the longest prefix with the first key, not with the key before", () => {
    const hex = Buffer.from(blockBytes("plain", 4096, entries("mini-something=1 mini-LSM=2 mini-LSN=3"))).toString(
      "hex",
    );
    const [first, second, third] = [
      "0000000e6d696e692d736f6d657468696e67000131",
      "000500034c534d000132",
      "000500034c534e000133",
    ];
    expect(hex).toBe(`${first}${second}${third}${"00000015001f"}${"0003"}`);
  });
  test("stores nothing of a key that repeats the first one, only its timestamp", () => {
    const hex = Buffer.from(blockBytes("mvcc", 4096, entries("ab@9=x ab@7="))).toString("hex");
    expect(hex).toBe("000000026162000000000000000900017800020000000000000000000700000000" + "0011" + "0002");
  });
  test("stores the kind before the timestamp and long lengths of values in native", () => {
    const hex = Buffer.from(blockBytes("native", 4096, entries('@9=x @7= a@3=""'))).toString("hex");
    const [put, remove, empty] = [
      "00000000000000000000000900000001" + "78",
      "00000000010000000000000700000000",
      "0000000161000000000000000300000000",
    ];
    expect(hex).toBe(`${put}${remove}${empty}${"000000110021"}${"0003"}`);
  });
  test.each([
    ["a first entry within the size", 16, [sized(3, 6)], [true]],
    ["no second entry when both exceed the size", 16, [sized(2, 2), sized(2, 2)], [true, false]],
    ["a first entry far beyond the size", 16, [sized(2, 100)], [true]],
    ["no large entry after a small one", 16, [sized(2, 2), sized(2, 100)], [true, false]],
    ["a smaller entry after it refused a large one", 32, [sized(1, 1), sized(1, 90), sized(1, 1)], [true, false, true]],
    ["a first entry of the largest key and value", 16, [sized(65535, 65535)], [true]],
  ])("takes %s", (_, blockSizeBytes, given, expected) => {
    expect(taken("plain", blockSizeBytes, given)).toEqual(expected);
  });

  // After one entry of 10 bytes: 2 + 2 + 10, and a second entry of key 3 and value 4 counts 13, whatever it shares.
  test("fills up to the block size and not one byte over it, counting whole keys", () => {
    const two = [sized(2, 2), sized(3, 4)];
    expect(taken("plain", 27, two)).toEqual([true, true]);
    expect(taken("plain", 26, two)).toEqual([true, false]);
  });
  test("counts eight bytes more per entry in mvcc", () => {
    const two = [sized(2, 2), sized(3, 4)];
    expect(taken("mvcc", 27 + 16, two)).toEqual([true, true]);
    expect(taken("mvcc", 27 + 15, two)).toEqual([true, false]);
  });
  test("counts ten bytes more per entry in native", () => {
    const two = [sized(2, 2), sized(3, 4)];
    expect(taken("native", 27 + 20, two)).toEqual([true, true]);
    expect(taken("native", 27 + 19, two)).toEqual([true, false]);
  });
  test("opens no entry beyond offset 65535, and none after it", () => {
    const builder = new BlockBuilder(new ByteWriter(16), "plain", 200_000);
    const offsets = [sized(1, 65535 - 7), sized(1, 60_000), sized(1, 1)].map((entry) => {
      const offset = builder.entriesSizeBytes;
      return [offset, addToBlock(builder, entry)];
    });
    // The second entry has its key stored as "shares one byte".
    expect(offsets).toEqual([
      [0, true],
      [65535, true],
      [65535 + 60_006, false],
    ]);
  });
  test("holds the smallest entries up to its last offset, and the block decodes", () => {
    const writer = new ByteWriter(1 << 10);
    const builder = new BlockBuilder(writer, "plain", 1 << 24);
    const entry = { key: bytesOf("k"), timestamp: 0, value: new Uint8Array(0) };
    while (addToBlock(builder, entry));
    // Seven bytes for the first entry and six for each that repeats its key: offsets 0, 7, 13, … up to 65533.
    const count = 2 + Math.floor((65535 - 7) / 6);
    expect(builder.count).toBe(count);
    builder.finish();
    expect(decodeBlock(writer.buffer.slice(0, writer.length), "plain", "a.block", 0).count).toBe(count);
  });
  test("decodes to the bytes it wrote, for 100 entries in a block of 10000 bytes", () => {
    const block = makeBlock("plain", 10_000, numberedEntries(100, 3));
    expect(block.count).toBe(100);
    expect(Buffer.from(block.bytes).equals(blockBytes("plain", 10_000, numberedEntries(100, 3)))).toBe(true);
  });
  test("refuses an empty key and a block without entries as bugs of ours", () => {
    const builder = new BlockBuilder(new ByteWriter(16), "plain", 64);
    expect(() => addToBlock(builder, sized(0, 1))).toThrow("broken invariant");
    expect(() => addToBlock(builder, sized(65536, 1))).toThrow("broken invariant");
    expect(() => addToBlock(builder, sized(1, 65536))).toThrow("broken invariant");
    expect(() => builder.finish()).toThrow("broken invariant");
  });
});
