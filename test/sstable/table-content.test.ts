import { describe, expect, test } from "vitest";
import { TIMESTAMP_MAX } from "../../src/key.ts";
import { RunIterator } from "../../src/sstable/run-iterator.ts";
import type { SSTable } from "../../src/sstable/sstable.ts";
import { SSTableIterator } from "../../src/sstable/sstable-iterator.ts";
import {
  bytesOf,
  currentEntry,
  drain,
  type Entry,
  entries,
  getEntry,
  numberedEntries,
  showEntry,
  TableFixture,
} from "../support/tables.ts";

/** `count` native tables of a hundred entries each, whose keys begin with the number of the table. */
function tablesIn(fixture: TableFixture, count: number): { readonly tables: SSTable[]; readonly given: Entry[][] } {
  const given = Array.from({ length: count }, (_, id) =>
    numberedEntries(100, 4).map((entry) => ({
      ...entry,
      key: bytesOf(`${String(id).padStart(3, "0")}${Buffer.from(entry.key)}`),
      timestamp: 1,
    })),
  );
  return { tables: given.map((part, id) => fixture.make(id, "native", 128, part)), given };
}

describe("the content of native tables", () => {
  test("is held for no more tables than have descriptors, and loaded again when needed", () => {
    const fixture = new TableFixture({ maxOpenFiles: 4 });
    const { tables, given } = tablesIn(fixture, 20);
    const one = contentSize(tables[0]!);
    for (let round = 0; round < 3; round++) {
      for (const [id, table] of tables.entries()) {
        const entry = given[id]![50 + round]!;
        expect(getEntry(table, entry.key)).toBe(showEntry(entry));
        expect(fixture.tables.openFiles).toBeLessThanOrEqual(4);
        expect(fixture.blocks.usedBytes).toBeLessThan(4 * (one + 20 * 128));
      }
    }
  });
  test("counts against the cache's capacity while it is held, and no longer", () => {
    const fixture = new TableFixture({ cacheSizeBytes: 1 << 20 });
    const { tables } = tablesIn(fixture, 3);
    expect(fixture.blocks.usedBytes).toBe(0);
    const sizes = tables.map(contentSize);
    expect(fixture.blocks.usedBytes).toBe(sizes[0]! + sizes[1]! + sizes[2]!);
    expect(Math.min(...sizes)).toBeGreaterThan(fixture.bytes(0).length / 4);
    tables[1]!.close();
    expect(fixture.blocks.usedBytes).toBe(sizes[0]! + sizes[2]!);
    fixture.tables.closeAll();
    expect(fixture.blocks.usedBytes).toBe(0);
  });
  test("leaves the capacity to blocks in the reference's formats, and stays when the descriptor goes", () => {
    const fixture = new TableFixture({ cacheSizeBytes: 1 << 20 });
    const table = fixture.make(1, "mvcc", 128, entries("a@1=1"));
    expect(fixture.blocks.usedBytes).toBe(0);
    const { content } = table;
    fixture.tables.closeAll();
    expect(table.content).toBe(content);
  });
  test("is given back by other tables when all of it would be more than its share", () => {
    const fixture = new TableFixture({ maxOpenFiles: 1000, cacheSizeBytes: 0 });
    const large = numberedEntries(20_000, 6).map((entry) => ({ ...entry, timestamp: 1 }));
    const description = fixture.describe(0, "native", 64, large);
    const tables = Array.from({ length: 48 }, () => fixture.open(0, "native", description));
    const size = contentSize(tables[0]!);
    expect(size).toBeGreaterThan(1 << 20);
    for (const table of [...tables, ...tables]) {
      expect(getEntry(table, large[777]!.key)).toBe(showEntry(large[777]!));
      expect(fixture.blocks.usedBytes).toBeLessThanOrEqual(32 << 20);
    }
    expect(fixture.tables.openFiles).toBe(Math.floor((32 << 20) / size));
  });
  test("of a table that is used again and again stays", () => {
    const fixture = new TableFixture({ maxOpenFiles: 4 });
    const { tables, given } = tablesIn(fixture, 20);
    const first = tables[0]!;
    const { content } = first;
    for (const [id, table] of tables.entries()) {
      getEntry(first, given[0]![3]!.key);
      getEntry(table, given[id]![3]!.key);
    }
    expect(first.content).toBe(content);
  });
});

describe("a cursor", () => {
  test("reads on in a table whose content was let go of, and leaves the cache alone", () => {
    const fixture = new TableFixture();
    const { tables, given } = tablesIn(fixture, 1);
    const cursor = new SSTableIterator(tables[0]);
    cursor.seekToFirst();
    tables[0]!.close();
    expect(drain(cursor)).toEqual(given[0]);
    expect(fixture.blocks.usedBytes).toBe(0);
    cursor.seekToFirst();
    expect(currentEntry(cursor)).toEqual(given[0]![0]);
  });
  test("over more tables than may be open reads each table's parts once", () => {
    const fixture = new TableFixture({ maxOpenFiles: 4 });
    const { tables, given } = tablesIn(fixture, 12);
    const cursors = tables.map((table) => new SSTableIterator(table, "once"));
    for (const cursor of cursors) cursor.seekToFirst();
    const readsBefore = fixture.fs.reads;
    const found: Entry[][] = tables.map(() => []);
    while (cursors.some((cursor) => cursor.valid)) {
      for (const [id, cursor] of cursors.entries()) {
        found[id]!.push(currentEntry(cursor));
        cursor.next();
      }
    }
    expect([found, fixture.fs.reads - readsBefore]).toEqual([given, 0]);
    expect(fixture.tables.openFiles).toBe(4);
  });
  test("over a run loads no table that it does not enter", () => {
    const fixture = new TableFixture();
    const { tables, given } = tablesIn(fixture, 9);
    const run = new RunIterator(tables);
    const { key } = given[7]![99]!;
    run.seek(key, 0, key.length, TIMESTAMP_MAX);
    expect(currentEntry(run)).toEqual(given[7]![99]);
    expect(fixture.tables.openFiles).toBe(1);
    run.next();
    expect([currentEntry(run), fixture.tables.openFiles]).toEqual([given[8]![0], 2]);
  });
});

/** What a table's content counts for; loads it. */
function contentSize(table: SSTable): number {
  return table.content.memorySizeBytes;
}
