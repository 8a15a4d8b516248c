import { describe, expect, test } from "vitest";
import { fingerprint32 } from "../../src/codec/fingerprint32.ts";
import { encodeNativeHeader, NATIVE_FILE_KIND } from "../../src/codec/native-header.ts";
import { ENTRY_KIND, TIMESTAMP_MAX } from "../../src/key.ts";
import { SSTableBuilder } from "../../src/sstable/sstable-builder.ts";
import { SSTableIterator } from "../../src/sstable/sstable-iterator.ts";
import {
  addEntry,
  bytesOf,
  compareEntries,
  currentEntry,
  DATABASE_ID,
  drain,
  drainBackward,
  type Entry,
  getEntry,
  showEntry,
  TableFixture,
} from "../support/tables.ts";

function valued(key: string, length: number, fill = 7, timestamp = 1): Entry {
  return { key: bytesOf(key), timestamp, value: new Uint8Array(length).fill(fill) };
}

/** Small and large values in all neighbourhoods, and versions of one key among them. */
const GIVEN: readonly Entry[] = [
  valued("", 70_000, 1),
  valued("a", 3),
  valued("b", 65_535),
  valued("c", 65_536, 3),
  valued("d", 65_537, 4, 9),
  valued("d", 2, 4, 8),
  valued("d", 300_000, 4, 7),
  valued("d", 0, 0, 6),
  valued("e", 5),
  valued("f", 1),
  valued("g", 1 << 20, 9),
].sort(compareEntries);

function headerOf(fileId: number): Uint8Array {
  return encodeNativeHeader({ kind: NATIVE_FILE_KIND.table, databaseId: DATABASE_ID, fileId });
}

describe("a value of more than 65 535 bytes", () => {
  test.each([16, 4096, 65_536])("is read like any other, among blocks of %i bytes", (blockSizeBytes) => {
    const fixture = new TableFixture();
    const table = fixture.make(1, "native", blockSizeBytes, GIVEN);
    const cursor = new SSTableIterator(table);
    cursor.seekToFirst();
    expect(drain(cursor).map(digest)).toEqual(GIVEN.map(digest));
    cursor.seekToLast();
    expect(drainBackward(cursor).map(digest)).toEqual(GIVEN.toReversed().map(digest));
    const once = new SSTableIterator(table, "once");
    once.seekToFirst();
    expect(drain(once).map(digest)).toEqual(GIVEN.map(digest));
    for (const entry of GIVEN) {
      expect(getEntry(table, entry.key, entry.timestamp)).toBe(showEntry(entry));
      cursor.seek(entry.key, 0, entry.key.length, entry.timestamp);
      expect(drain(cursor).map(digest)).toEqual(GIVEN.slice(GIVEN.indexOf(entry)).map(digest));
    }
    expect(getEntry(table, bytesOf("d"), 5)).toBe("nothing");
  });
  test("stands alone in its block", () => {
    const table = new TableFixture().make(1, "native", 4096, GIVEN);
    const counts = Array.from({ length: table.blockCount }, (_, index) => table.readBlock(index).count);
    expect(counts).toEqual([1, 1, 1, 1, 1, 1, 1, 3, 1]);
  });
  test("is never kept in the cache", () => {
    const fixture = new TableFixture({ cacheSizeBytes: 100 << 20 });
    const table = fixture.make(1, "native", 4096, [valued("a", 65_536), valued("b", 65_535), valued("c", 1 << 20)]);
    const cursor = new SSTableIterator(table);
    for (let round = 0; round < 2; round++) {
      cursor.seekToFirst();
      expect(drain(cursor)).toHaveLength(3);
      for (const key of ["a", "b", "c"]) expect(getEntry(table, bytesOf(key), TIMESTAMP_MAX)).not.toBe("nothing");
    }
    const blockBytes = fixture.blocks.usedBytes - table.content.memorySizeBytes;
    expect([blockBytes > 65_535, blockBytes < 66_000]).toEqual([true, true]);
  });
  test("is read alone when blocks are read ahead", () => {
    const large = valued("b", 1 << 20);
    const small = (letter: string): Entry[] =>
      Array.from({ length: 100 }, (_, index) => valued(`${letter}${index + 100}`, 50));
    const table = new TableFixture().make(1, "native", 128, [...small("a"), large, ...small("c")]);
    const index = Array.from({ length: table.blockCount }, (_, at) => at).find((at) => table.readBlock(at).isLarge)!;
    expect(table.readBlocks(index, 128 * 1024).map((block) => block.isLarge)).toEqual([true]);
    const before = table.readBlocks(0, 128 * 1024);
    expect([before.length, before.some((block) => block.isLarge)]).toEqual([index, false]);
  });
  test("is read for no key but its own", () => {
    const fixture = new TableFixture({ cacheSizeBytes: 0 });
    const table = fixture.make(
      1,
      "native",
      64,
      ["b", "d", "f"].flatMap((key) => [valued(key, 70_000, 1, 9), valued(key, 70_000, 2, 4)]),
    );
    const cursor = new SSTableIterator(table);
    cursor.seekToFirst();
    const reads = (read: () => void): number => {
      const before = fixture.fs.reads;
      read();
      return fixture.fs.reads - before;
    };
    for (const [key, timestamp, expected] of [
      ["d", 9, "d@9"],
      ["d", TIMESTAMP_MAX, "d@9"],
      ["d", 5, "d@4"],
      ["f", 8, "f@4"],
      ["b", 4, "b@4"],
    ] as const) {
      const target = bytesOf(key);
      expect(reads(() => expect(getEntry(table, target, timestamp).slice(0, 3)).toBe(expected))).toBe(1);
      expect(reads(() => cursor.seek(target, 0, 1, timestamp))).toBe(1);
      expect(showEntry(currentEntry(cursor)).slice(0, 3)).toBe(expected);
    }
    const [absent, behind] = [bytesOf("e"), bytesOf("g")];
    expect(reads(() => expect(getEntry(table, absent)).toBe("nothing"))).toBe(0);
    expect(reads(() => expect(getEntry(table, bytesOf("d"), 3)).toBe("nothing"))).toBe(0);
    expect(reads(() => cursor.seek(behind, 0, 1, TIMESTAMP_MAX))).toBe(0);
    expect(cursor.valid).toBe(false);
  });
  test("goes to the file from where it lies", () => {
    const fixture = new TableFixture();
    const file = fixture.fs.open(fixture.path(1), "create");
    const appended: Uint8Array[] = [];
    const append = file.append.bind(file);
    file.append = (bytes, start, end) => {
      appended.push(bytes.subarray(start, end));
      append(bytes, start, end);
    };
    const builder = new SSTableBuilder(file, { format: "native", blockSizeBytes: 4096, header: headerOf(1) });
    const around = new Uint8Array(300_000).fill(5);
    const key = bytesOf("key");
    addEntry(builder, valued("a", 10));
    builder.add(fingerprint32(key, 0, 3), key, 0, 3, 1, ENTRY_KIND.put, around, 1000, 201_000);
    addEntry(builder, valued("z", 10));
    builder.finish();
    const own = appended.filter((bytes) => bytes.buffer === around.buffer);
    expect(own.map(({ byteOffset, length }) => [byteOffset, length])).toEqual([[1000, 200_000]]);
    expect(Math.max(...appended.filter((bytes) => !own.includes(bytes)).map(({ length }) => length))).toBeLessThan(
      1000,
    );
    expect(getEntry(fixture.open(1), key)).toBe(showEntry(valued("key", 200_000, 5)));
  });
  test("has 2^30 bytes at most, and none in the reference's formats", () => {
    const fixture = new TableFixture();
    const key = bytesOf("k");
    const add = (format: "mvcc" | "native", length: number) => () => {
      const file = fixture.fs.open(fixture.path(1), "create");
      const header = format === "native" ? headerOf(1) : undefined;
      const builder = new SSTableBuilder(file, { format, blockSizeBytes: 4096, header });
      builder.add(fingerprint32(key, 0, 1), key, 0, 1, 1, ENTRY_KIND.put, key, 0, length);
    };
    expect(add("native", 2 ** 30 + 1)).toThrow("broken invariant");
    expect(add("mvcc", 65_536)).toThrow("broken invariant");
  });
});

/** Enough of an entry to tell it from others without printing a megabyte when a test fails. */
function digest({ key, timestamp, kind, value }: Entry): string {
  const sum = value.reduce((total, byte) => total + byte, 0);
  return `${Buffer.from(key)}@${timestamp}=${kind ?? ""} ${value.length} ${sum}`;
}
