import { describe, expect, test } from "vitest";
import { ByteWriter } from "../../src/codec/byte-writer.ts";
import { crc32 } from "../../src/codec/crc32.ts";
import type { DatabaseFormat } from "../../src/options.ts";
import { decodeIndex, encodeIndex, encodeIndexEntry } from "../../src/sstable/format.ts";
import { SSTableIterator } from "../../src/sstable/sstable-iterator.ts";
import { rangeDeletes, showRangeDeletes } from "../support/range-deletes.ts";
import { drain, entries, numberedEntries, showEntry, TableFixture } from "../support/tables.ts";

const EXAMPLES: readonly [string, DatabaseFormat, number, string, string][] = [
  [
    "a plain table of one block",
    "plain",
    4096,
    "apple=red apply=now banana=",
    "000000056170706c650003726564000400017900036e6f770000000662616e616e6100000000000e001800038a6f7593" +
      "000000010000000000056170706c65000662616e616e615b10a49d00000030280c8c0e04a00c0c0609146c340000004f",
  ],
  [
    "a plain table of two blocks",
    "plain",
    16,
    "11=11 22=22",
    "000000023131000231310000000184539910000000023232000232320000000197dd16a80000000200000000000231310002313100000012" +
      "000232320002323210ff39240000002408020042082986200629" +
      "71577c00000048",
  ],
  [
    "an mvcc table with two versions and a delete",
    "mvcc",
    4096,
    "apple@3=red apple@1=green banana@2=",
    "000000056170706c65000000000000000300037265640005000000000000000000010005677265656e0000000662616e616e61" +
      "00000000000000020000000000160029000326a702c3000000010000000000056170706c650000000000000003000662616e616e61" +
      "000000000000000200000000000000035d2808b0000000492808880a00a00808067465cfd300000080",
  ],
];

describe("sstable format", () => {
  test.each(EXAMPLES)("%s has exactly the documented bytes", (_, format, blockSizeBytes, notation, hex) => {
    const bytes = new TableFixture().write(1, format, blockSizeBytes, entries(notation));
    expect(Buffer.from(bytes).toString("hex")).toBe(hex);
  });

  test.each(EXAMPLES)("%s is read back from the documented bytes", (_, format, __, notation, hex) => {
    const fixture = new TableFixture();
    fixture.put(1, new Uint8Array(Buffer.from(hex, "hex")));
    const table = fixture.open(1);
    const cursor = new SSTableIterator(table);
    cursor.seekToFirst();
    expect(table.format).toBe(format);
    expect(drain(cursor).map(showEntry).join(" ")).toBe(notation);
  });

  test.each([
    [3, "plain", 25, 3546, 0x8d68ac8d],
    [3, "mvcc", 34, 5207, 0xc80c5f8d],
    [10, "plain", 25, 4071, 0x66d8e936],
    [10, "mvcc", 34, 5921, 0xf6b86f9b],
  ] as const)(
    "100 entries with %i-digit keys in %s make %i blocks and the documented file",
    (digits, format, blocks, size, crc) => {
      const fixture = new TableFixture();
      const bytes = fixture.write(1, format, 128, numberedEntries(100, digits));
      expect(bytes.length).toBe(size);
      expect(crc32(bytes, 0, bytes.length)).toBe(crc);
      expect(fixture.open(1).blockCount).toBe(blocks);
    },
  );

  /** Entries `apple@3=red apple@2= pear@1=""` and the range delete [b,d) at 7 and 4. */
  const NATIVE =
    "896d6c736d0d0a1a000102000102030405060708090a0b0c0d0e0f10000000000000000151a8c8c5" +
    "000000056170706c650000000000000003000000037265640005000001000000000000020000000000000004706561720000000000000001" +
    "000000000000001800280003" +
    "4707220d" +
    "000000010000000162000000016400000002" +
    "00000000000000070000000000000004" +
    "ae973202" +
    "00000001000000000000002800056170706c65000000000000000300047065617200000000000000" +
    "01433d7d50" +
    "0808082822220a0806cb33d505" +
    "0000000000000070000000000000009600000000000000c30000000000000003000000000000000100000000000000010000000000000007" +
    "9a7c6adc896d6c736d0d0a1a";
  const NATIVE_ENTRIES = 'apple@3=red apple@2= pear@1=""';
  const NATIVE_RANGES = "[b,d)@7,4";

  test("a native table has exactly the documented bytes", () => {
    const { fragments } = rangeDeletes(NATIVE_RANGES);
    const bytes = new TableFixture().write(1, "native", 4096, entries(NATIVE_ENTRIES), fragments);
    expect(Buffer.from(bytes).toString("hex")).toBe(NATIVE);
  });
  test("a native table is read back from the documented bytes", () => {
    const fixture = new TableFixture();
    fixture.put(1, new Uint8Array(Buffer.from(NATIVE, "hex")));
    const table = fixture.open(1);
    const cursor = new SSTableIterator(table);
    cursor.seekToFirst();
    expect(drain(cursor).map(showEntry).join(" ")).toBe(NATIVE_ENTRIES);
    expect([table.format, showRangeDeletes(table.rangeDeletes)]).toEqual(["native", NATIVE_RANGES]);
  });

  test("a native index names blocks beyond 4 GiB", () => {
    const [start, step, count] = [40, 1_000_000_007, 12];
    const written = new ByteWriter(16);
    const own = new ByteWriter(16);
    for (let block = 0; block < count; block++) {
      const key = { key: Uint8Array.of(block), timestamp: 1 };
      encodeIndexEntry(own, "native", start + block * step, key, key);
    }
    encodeIndex(written, "native", count, own, 1);
    const bytes = written.buffer.slice(0, written.length);
    const place = { start: start + count * step + 8, blocksStart: start, blocksEnd: start + count * step };
    const { blockOffsets } = decodeIndex(bytes, "t.sst", place, "native");
    expect([...blockOffsets]).toEqual(Array.from({ length: count + 1 }, (_, block) => start + block * step));
    const apart = { ...place, blocksEnd: place.blocksEnd + step };
    expect(() => decodeIndex(bytes, "t.sst", apart, "native")).toThrow("a block cannot have 2000000014 bytes");
  });
});
