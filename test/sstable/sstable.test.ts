import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BEHIND_VERSIONS } from "../../src/iterator/storage-iterator.ts";
import { TIMESTAMP_MAX } from "../../src/key.ts";
import { SSTableIterator } from "../../src/sstable/sstable-iterator.ts";
import { collidingKeys, sortedEntries } from "../support/random-entries.ts";
import {
  bytesOf,
  compareEntries,
  currentEntry,
  drain,
  drainBackward,
  type Entry,
  entries,
  getEntry,
  numberedEntries,
  numberedKey,
  showEntry,
  TableFixture,
} from "../support/tables.ts";

const FORMATS = ["plain", "mvcc", "native"] as const;

function versions(keys: number, timestamps: readonly number[]): Entry[] {
  return Array.from({ length: keys }, (_, index) =>
    timestamps.map((timestamp) => ({
      key: numberedKey(index, 3),
      timestamp,
      value: bytesOf(`value_${index}_${timestamp}`),
    })),
  ).flat();
}

describe("sstable", () => {
  test.each(FORMATS)("can hold a single entry, %s", (format) => {
    const table = new TableFixture().make(1, format, 16, entries("233=233333"));
    expect([table.blockCount, getEntry(table, bytesOf("233"))]).toEqual([1, "233=233333"]);
  });
  test("starts a new block when one is full", () => {
    const six = entries("11=11 22=22 33=11 44=22 55=11 66=22");
    expect(new TableFixture().make(1, "plain", 16, six).blockCount).toBeGreaterThanOrEqual(2);
  });
  test("can hold two versions of a key in blocks of 16 bytes", () => {
    const table = new TableFixture().make(1, "mvcc", 16, entries("11@233=233333 11@0=2333333"));
    expect([table.blockCount, table.maxTimestamp]).toEqual([2, 233]);
  });
  test.each([
    ["plain", 25],
    ["mvcc", 34],
    ["native", 50],
  ] as const)("%s: 100 entries with long common prefixes take %i blocks of 128 bytes", (format, blocks) => {
    expect(new TableFixture().make(1, format, 128, numberedEntries(100, 10)).blockCount).toBe(blocks);
  });

  test.each(FORMATS)("tells what it holds as its builder does, %s", (format) => {
    const fixture = new TableFixture();
    const given = format === "plain" ? numberedEntries(100, 3) : versions(20, [5, 4, 3, 2, 1]);
    const description = fixture.describe(7, format, 128, given);
    const table = fixture.open(7);
    expect(description).toEqual({
      sizeBytes: fixture.bytes(7).length,
      entryCount: given.length,
      deleteCount: given.filter((entry) => entry.value.length === 0).length,
      rangeDeleteCount: 0,
      firstKey: given[0]!.key,
      lastKey: given.at(-1)!.key,
      maxTimestamp: format === "plain" ? 0 : 5,
    });
    const { sizeBytes, firstKey, lastKey, maxTimestamp, rangeDeleteCount } = table;
    expect(description).toMatchObject({ sizeBytes, firstKey, lastKey, maxTimestamp, rangeDeleteCount });
    expect([table.id, table.format]).toEqual([7, format]);
  });
  test("takes the largest timestamp from wherever it stands", () => {
    const table = new TableFixture().make(1, "mvcc", 128, entries("a@2=1 b@9007199254740991=2 c@3=3"));
    expect([table.format, table.maxTimestamp]).toEqual(["mvcc", Number.MAX_SAFE_INTEGER]);
  });
  test("is found to be mvcc for first timestamps below 2^48, and can be told to be for larger ones", () => {
    const fixture = new TableFixture();
    const [below, from] = [2 ** 48 - 1, 2 ** 48].map((timestamp) => entries(`aa@${timestamp}=1`));
    expect(fixture.make(1, "mvcc", 128, below!).format).toBe("mvcc");
    fixture.describe(2, "mvcc", 128, from!);
    expect(getEntry(fixture.open(2, "mvcc"), bytesOf("aa"))).toBe(`aa@${2 ** 48}=1`);
  });

  test.each(FORMATS)("yields its entries in order, each time it is read, %s", (format) => {
    const given = format === "plain" ? numberedEntries(100, 3) : versions(20, [5, 4, 3, 2, 1]);
    const cursor = new SSTableIterator(new TableFixture().make(1, format, 128, given));
    for (let round = 0; round < 5; round++) {
      cursor.seekToFirst();
      expect(drain(cursor)).toEqual(given);
      cursor.seekToLast();
      expect(drainBackward(cursor)).toEqual(given.toReversed());
    }
  });
  test("seeks across blocks", () => {
    const given = numberedEntries(100, 3);
    const cursor = new SSTableIterator(new TableFixture().make(1, "plain", 128, given));
    for (let index = 0; index < 100; index++) {
      for (let more = 0; more < 5; more++) {
        const key = numberedKey(5 * index + more, 3);
        cursor.seek(key, 0, key.length, TIMESTAMP_MAX);
        const expected = given[more === 0 ? index : index + 1];
        expect(cursor.valid ? showEntry(currentEntry(cursor)) : "end").toBe(expected ? showEntry(expected) : "end");
      }
    }
    const before = bytesOf("k");
    cursor.seek(before, 0, before.length, TIMESTAMP_MAX);
    expect(drain(cursor)).toEqual(given);
  });
  test("seeks backward across blocks, and turns at their borders", () => {
    const given = numberedEntries(100, 3);
    const cursor = new SSTableIterator(new TableFixture().make(1, "plain", 128, given));
    const before = (key: Uint8Array): Entry | undefined =>
      given.findLast((entry) => Buffer.compare(entry.key, key) < 0);
    for (let number = 0; number <= 500; number++) {
      const key = numberedKey(number, 3);
      cursor.seekBackward(key, 0, key.length, TIMESTAMP_MAX);
      const expected = before(key);
      expect(cursor.valid ? showEntry(currentEntry(cursor)) : "end").toBe(expected ? showEntry(expected) : "end");
      if (!cursor.valid) continue;
      cursor.next();
      if (cursor.valid) cursor.previous();
      else cursor.seekToLast();
      expect(currentEntry(cursor)).toEqual(expected);
    }
  });

  test("gets a key that is there, deletes included, and no other", () => {
    const table = new TableFixture().make(1, "plain", 16, entries("b=1 d= f=3"));
    expect(["a", "b", "c", "d", "e", "f", "g", "bb"].map((key) => getEntry(table, bytesOf(key)))).toEqual([
      "nothing",
      "b=1",
      "nothing",
      "d=",
      "nothing",
      "f=3",
      "nothing",
      "nothing",
    ]);
  });
  test("gets the newest version a reader may see, also when a key's versions fill several blocks", () => {
    const table = new TableFixture().make(1, "mvcc", 32, entries("a@4=x b@9=9 b@7= b@5=5 b@2=2 c@8=z"));
    expect(table.blockCount).toBeGreaterThan(3);
    const seen = [TIMESTAMP_MAX, 9, 8, 7, 6, 5, 4, 2, 1, 0].map((readAt) => getEntry(table, bytesOf("b"), readAt));
    expect(seen.join(" ")).toBe("b@9=9 b@9=9 b@7= b@7= b@5=5 b@5=5 b@2=2 b@2=2 nothing nothing");
  });
  test("reads many blocks at once, as many as fit the given size and at least one", () => {
    const table = new TableFixture().make(1, "plain", 128, numberedEntries(100, 3));
    const sizes = [0, 1000, 1 << 20].map((sizeBytes) => table.readBlocks(3, sizeBytes).length);
    expect(sizes[0]).toBe(1);
    expect(sizes[1]).toBeGreaterThan(4);
    expect(sizes[2]).toBe(table.blockCount - 3);
    const [block] = table.readBlocks(5, 0);
    expect(block?.bytes).toEqual(table.readBlock(5).bytes);
  });
  test("asks the bloom filter before it reads a block", () => {
    const fixture = new TableFixture();
    const table = fixture.make(1, "plain", 128, numberedEntries(100, 3));
    const readsBefore = fixture.fs.reads;
    const absent = Array.from({ length: 200 }, (_, index) => bytesOf(`absent${index}`));
    for (const key of absent) expect(getEntry(table, key)).toBe("nothing");
    expect(fixture.fs.reads - readsBefore).toBeLessThan(20);
  });
  test("reads on after it was closed", () => {
    const fixture = new TableFixture();
    const table = fixture.make(1, "plain", 128, entries("a=1"));
    table.close();
    expect([fixture.fs.openNow, getEntry(table, bytesOf("a")), fixture.fs.openNow]).toEqual([0, "a=1", 1]);
  });
  test("refuses a file of the other format when one is expected", () => {
    const fixture = new TableFixture();
    fixture.make(1, "mvcc", 128, entries("a@1=1"));
    fixture.make(2, "plain", 128, entries("a=1"));
    expect([fixture.open(1, "mvcc").format, fixture.open(2, "plain").format]).toEqual(["mvcc", "plain"]);
    expect(() => fixture.open(1, "plain")).toThrow("db/00001.sst");
    expect(() => fixture.open(2, "mvcc")).toThrow("db/00002.sst");
    expect(fixture.fs.openNow).toBe(4);
  });

  test.each(FORMATS)("holds keys and values of the largest size, %s", (format) => {
    const key = (last: number): Uint8Array => new Uint8Array(65535).fill(0xff).fill(last, 65534);
    const given = [
      { key: Uint8Array.of(0), timestamp: 0, value: new Uint8Array(65535).fill(1) },
      { key: key(0x00), timestamp: 0, value: new Uint8Array(65535).fill(2) },
      { key: key(0xff), timestamp: 0, value: new Uint8Array(0) },
    ];
    const table = new TableFixture({ cacheSizeBytes: 0 }).make(1, format, 4096, given);
    const cursor = new SSTableIterator(table);
    cursor.seekToFirst();
    const found = drain(cursor);
    expect(found.map((entry) => Buffer.compare(entry.key, given[found.indexOf(entry)]!.key))).toEqual([0, 0, 0]);
    expect(found.map(({ value }) => [value.length, value[0], value.at(-1)])).toEqual([
      [65535, 1, 1],
      [65535, 2, 2],
      [0, undefined, undefined],
    ]);
    expect(getEntry(table, given[2]!.key)).toBe(showEntry(given[2]!));
  });

  test.each(FORMATS)("gets, yields and seeks like a sorted list, %s", (format) => {
    const target = fc.tuple(collidingKeys, fc.oneof(fc.nat(5), fc.constantFrom(TIMESTAMP_MAX, BEHIND_VERSIONS)));
    const inputs = [sortedEntries(format), fc.constantFrom(16, 64, 400), fc.array(target, { maxLength: 20 })] as const;
    const property = fc.property(...inputs, (given, blockSizeBytes, targets) => {
      const fixture = new TableFixture();
      fixture.describe(1, format, blockSizeBytes, given);
      // The format is told: timestamps here go beyond 2^48, where it cannot be found out.
      const table = fixture.open(1, format);
      const cursor = new SSTableIterator(table);
      const own = given.map(({ key, timestamp }) => [key, timestamp] as const);
      for (const [key, timestamp] of [...own, ...targets]) {
        const sought = { key, timestamp: format === "plain" ? Math.min(timestamp, 0) : timestamp };
        const expected = given.filter((entry) => compareEntries(entry, sought) >= 0);
        cursor.seek(key, 0, key.length, timestamp);
        expect(drain(cursor)).toEqual(expected);
        cursor.seekBackward(key, 0, key.length, timestamp);
        expect(drainBackward(cursor)).toEqual(given.slice(0, given.length - expected.length).reverse());
        if (timestamp === BEHIND_VERSIONS) continue;
        const first = expected[0];
        const found = first !== undefined && Buffer.compare(first.key, key) === 0 ? showEntry(first) : "nothing";
        // Twice: the second time the block comes from the cache and has heads.
        expect([getEntry(table, key, timestamp), getEntry(table, key, timestamp)]).toEqual([found, found]);
      }
    });
    fc.assert(property, { numRuns: 100 });
  });
});
