import { describe, expect, test } from "vitest";
import { crc32 } from "../../src/codec/crc32.ts";
import { encodeNativeHeader, NATIVE_FILE_KIND } from "../../src/codec/native-header.ts";
import { CorruptionError } from "../../src/errors.ts";
import { RangeDeletes } from "../../src/iterator/range-deletes.ts";
import { TIMESTAMP_MAX } from "../../src/key.ts";
import { SSTable } from "../../src/sstable/sstable.ts";
import { SSTableBuilder, type TableDescription } from "../../src/sstable/sstable-builder.ts";
import { SSTableIterator } from "../../src/sstable/sstable-iterator.ts";
import { rangeDeletes } from "../support/range-deletes.ts";
import {
  addEntry,
  bytesOf,
  DATABASE_ID,
  drain,
  entries,
  getEntry,
  numberedEntries,
  showEntry,
  TableFixture,
} from "../support/tables.ts";

const ENTRIES = '@3=x @1="" a@4= a@2="" b@1=z';
const RANGES = "[,a)@5,2 [b,c)@7";

function read(table: SSTable): string {
  const cursor = new SSTableIterator(table);
  cursor.seekToFirst();
  return drain(cursor).map(showEntry).join(" ");
}

/** Writes a table with these entries and range deletes as table 1; answers what the builder says of it. */
function describeTable(fixture: TableFixture, notation: string, ranges: string): TableDescription {
  const given = notation === "" ? [] : entries(notation);
  return fixture.describe(1, "native", 4096, given, rangeDeletes(ranges).fragments);
}

describe("a native table", () => {
  test("holds empty keys, empty values, deletes and range deletes", () => {
    const fixture = new TableFixture();
    const description = describeTable(fixture, ENTRIES, RANGES);
    for (const table of [fixture.open(1, "native", description), fixture.open(1, "native"), fixture.open(1)]) {
      expect([table.format, read(table)]).toEqual(["native", ENTRIES]);
      expect(table.rangeDeletes.fragments).toEqual(rangeDeletes(RANGES).fragments);
      expect([getEntry(table, bytesOf("a"), 3), getEntry(table, bytesOf(""), 9)]).toEqual(['a@2=""', "@3=x"]);
    }
  });
  test.each([
    ["entries alone", "b@4=1 c@2= d@9=3", "", "b to d, 3 entries, 1 deletes, 0 ranges, up to 9"],
    ["a range around them", "b@4=1 c@2=", "[a,m)@7,3", "a to m, 2 entries, 1 deletes, 1 ranges, up to 7"],
    ["ranges between them", "b@4=1 y@2=3", "[c,d)@1 [d,f)@2", "b to y, 2 entries, 0 deletes, 2 ranges, up to 4"],
    ["ranges alone", "", "[c,d)@1 [d,f)@2", "c to f, 0 entries, 0 deletes, 2 ranges, up to 2"],
    ["a range cut behind its last key", "c@1=1", "[b,c\0)@8", "b to c, 1 entries, 0 deletes, 1 ranges, up to 8"],
    ["a range of the empty key", "", "[,\0)@8", " to , 0 entries, 0 deletes, 1 ranges, up to 8"],
  ])("with %s says which keys it spans, and how many there are of each kind", (_, notation, ranges, expected) => {
    const fixture = new TableFixture();
    const told = describeTable(fixture, notation, ranges);
    for (const known of [told, fixture.open(1)]) {
      const [first, last] = [known.firstKey, known.lastKey].map((key) => Buffer.from(key).toString());
      const { entryCount, deleteCount, rangeDeleteCount, maxTimestamp } = known;
      const counts = `${entryCount} entries, ${deleteCount} deletes, ${rangeDeleteCount} ranges`;
      expect(`${first} to ${last}, ${counts}, up to ${maxTimestamp}`).toBe(expected);
    }
    expect(fixture.open(1).sizeBytes).toBe(told.sizeBytes);
  });
  test("takes range deletes at any time between entries, in their own order", () => {
    const fixture = new TableFixture();
    const file = fixture.fs.open(fixture.path(1), "create");
    const header = encodeNativeHeader({ kind: NATIVE_FILE_KIND.table, databaseId: DATABASE_ID, fileId: 1 });
    const builder = new SSTableBuilder(file, { format: "native", blockSizeBytes: 16, header });
    const ranges = rangeDeletes("[m,n)@2 [n,o)@7 [x,z)@1").fragments;
    for (const [index, entry] of entries("a@1=1 b@1=2 y@1=3").entries()) {
      const { from, to, timestamps } = ranges[index]!;
      builder.addRangeDelete(from, to, timestamps);
      addEntry(builder, entry);
    }
    builder.finish();
    const table = fixture.open(1);
    expect([table.rangeDeletes.fragments, read(table)]).toEqual([ranges, "a@1=1 b@1=2 y@1=3"]);
  });
  test.each([
    ["an empty range", "b", "b", [1]],
    ["a range before the last one", "a", "b", [1]],
    ["a range that reaches into the last one", "c", "z", [1]],
    ["no timestamps", "x", "z", []],
    ["timestamps that rise", "x", "z", [1, 2]],
    ["a timestamp twice", "x", "z", [2, 2]],
    ["the timestamp 0", "x", "z", [0]],
  ])("refuses %s as a bug of ours", (_, from, to, timestamps) => {
    const fixture = new TableFixture();
    const header = encodeNativeHeader({ kind: NATIVE_FILE_KIND.table, databaseId: DATABASE_ID, fileId: 1 });
    const options = { format: "native", blockSizeBytes: 16, header } as const;
    const builder = new SSTableBuilder(fixture.fs.open(fixture.path(1), "create"), options);
    builder.addRangeDelete(bytesOf("b"), bytesOf("d"), [9]);
    expect(() => builder.addRangeDelete(bytesOf(from), bytesOf(to), timestamps)).toThrow("broken invariant");
  });
  test("has no range deletes in the reference's formats, and is not empty", () => {
    const fixture = new TableFixture();
    const file = fixture.fs.open(fixture.path(1), "create");
    const builder = new SSTableBuilder(file, { format: "mvcc", blockSizeBytes: 16 });
    expect(() => builder.addRangeDelete(bytesOf("a"), bytesOf("b"), [1])).toThrow("broken invariant");
    expect(() => describeTable(fixture, "", "")).toThrow("broken invariant");
  });
  test("counts a key once in its filter, however many versions it has", () => {
    const bits = (versions: number): number => {
      const given = numberedEntries(30, 3).flatMap((entry) =>
        Array.from({ length: versions }, (_, version) => ({ ...entry, timestamp: versions - version })),
      );
      return new TableFixture().make(1, "native", 128, given).content.bloom.bits.length * 8;
    };
    expect([bits(1), bits(5)]).toEqual([304, 304]);
  });
  test("of range deletes alone finds no key and yields no entry, in either direction", () => {
    const fixture = new TableFixture();
    const table = fixture.open(1, "native", describeTable(fixture, "", "[c,d)@1"));
    const cursor = new SSTableIterator(table);
    const target = bytesOf("c");
    const places = [
      () => cursor.seekToFirst(),
      () => cursor.seekToLast(),
      () => cursor.seek(target, 0, 1, TIMESTAMP_MAX),
      () => cursor.seekBackward(target, 0, 1, TIMESTAMP_MAX),
    ].map((place) => {
      place();
      return cursor.valid;
    });
    expect(places).toEqual([false, false, false, false]);
    expect([getEntry(table, target), table.blockCount, table.content.bloom.bits.length]).toEqual(["nothing", 0, 8]);
  });
});

describe("a described table", () => {
  test("is not read until it is used, nor opened", () => {
    const fixture = new TableFixture();
    const description = describeTable(fixture, ENTRIES, "");
    const openedBefore = fixture.fs.opened;
    const table = fixture.open(1, "native", description);
    expect(table).toMatchObject({ ...description, id: 1, format: "native" });
    expect(table.rangeDeletes).toBe(RangeDeletes.none);
    expect([fixture.fs.reads, fixture.fs.opened - openedBefore]).toEqual([0, 0]);
    expect(getEntry(table, bytesOf("b"))).toBe("b@1=z");
    expect(fixture.fs.opened - openedBefore).toBe(1);
  });
  test("reads its parts once for many look-ups", () => {
    const fixture = new TableFixture();
    const table = fixture.make(1, "native", 4096, entries(ENTRIES));
    getEntry(table, bytesOf("b"));
    const readsBefore = fixture.fs.reads;
    for (let repeat = 0; repeat < 5; repeat++) getEntry(table, bytesOf("a"));
    expect(fixture.fs.reads).toBe(readsBefore);
  });
  test.each<[string, (told: TableDescription) => Partial<TableDescription>]>([
    ["number of bytes", (told) => ({ sizeBytes: told.sizeBytes + 1 })],
    ["number of entries", (told) => ({ entryCount: told.entryCount + 1 })],
    ["number of deletes", (told) => ({ deleteCount: told.deleteCount + 1 })],
    ["number of range deletes", (told) => ({ rangeDeleteCount: told.rangeDeleteCount + 1 })],
    ["largest timestamp", (told) => ({ maxTimestamp: told.maxTimestamp + 1 })],
    ["first key", () => ({ firstKey: bytesOf("A") })],
    ["last key", () => ({ lastKey: bytesOf("zz") })],
  ])("is refused at its first use when the file has another %s", (_, change) => {
    const fixture = new TableFixture();
    const told = describeTable(fixture, ENTRIES, RANGES);
    const table = fixture.open(1, "native", { ...told, ...change(told) });
    expect(() => getEntry(table, bytesOf("a"))).toThrow(CorruptionError);
    expect(() => table.rangeDeletes).toThrow(CorruptionError);
  });
  test("is refused at its first use when the file is gone, and found when it is there again", () => {
    const fixture = new TableFixture();
    const table = fixture.make(1, "native", 4096, entries(ENTRIES));
    const bytes = fixture.bytes(1);
    fixture.fs.remove(fixture.path(1));
    expect(() => getEntry(table, bytesOf("b"))).toThrow("ENOENT");
    fixture.put(1, bytes);
    expect(getEntry(table, bytesOf("b"))).toBe("b@1=z");
  });
});

describe("the header of a native table", () => {
  const fixture = new TableFixture();
  const bytes = fixture.write(1, "native", 4096, entries(ENTRIES));

  test("ties it to its database and its name", () => {
    fixture.put(2, bytes);
    expect(() => fixture.open(2)).toThrow("table 1, not 2");
    const other = { tables: fixture.tables, blocks: fixture.blocks, databaseId: new Uint8Array(16) };
    expect(() => SSTable.open(other, 1)).toThrow("another database");
    expect(read(SSTable.open({ ...other, databaseId: undefined }, 1))).toBe(ENTRIES);
  });
  test("of a later version is refused with the remedy", () => {
    const newer = bytes.slice();
    const view = new DataView(newer.buffer);
    view.setUint16(8, 2);
    view.setUint32(36, crc32(newer, 0, 36));
    fixture.put(1, newer);
    expect(() => fixture.open(1)).toThrow(expect.objectContaining({ code: "UNSUPPORTED" }));
  });
});
