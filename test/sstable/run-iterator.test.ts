import { describe, expect, test } from "vitest";
import { BEHIND_VERSIONS } from "../../src/iterator/storage-iterator.ts";
import { TIMESTAMP_MAX } from "../../src/key.ts";
import { RunIterator } from "../../src/sstable/run-iterator.ts";
import type { SSTable } from "../../src/sstable/sstable.ts";
import { SSTableIterator } from "../../src/sstable/sstable-iterator.ts";
import { rangeDeletes } from "../support/range-deletes.ts";
import {
  bytesOf,
  compareEntries,
  currentEntry,
  drain,
  drainBackward,
  type Entry,
  entries,
  showEntry,
  TableFixture,
} from "../support/tables.ts";

/** Keys `00010` … `00109`, ten to a table. */
function tenTables(): {
  readonly fixture: TableFixture;
  readonly tables: readonly SSTable[];
  readonly run: RunIterator;
  readonly all: Entry[];
} {
  const fixture = new TableFixture();
  const all = Array.from({ length: 100 }, (_, index) => ({ key: key(index + 10), timestamp: 0, value: bytesOf("v") }));
  const tables = Array.from({ length: 10 }, (_, index) =>
    fixture.make(index, "plain", 32, all.slice(index * 10, index * 10 + 10)),
  );
  return { fixture, tables, run: new RunIterator(tables), all };
}

function key(number: number): Uint8Array {
  return bytesOf(String(number).padStart(5, "0"));
}

function seek(cursor: RunIterator, target: Uint8Array): string {
  cursor.seek(target, 0, target.length, TIMESTAMP_MAX);
  return cursor.valid ? showEntry(currentEntry(cursor)) : "end";
}

function seekBackward(cursor: RunIterator, target: Uint8Array, timestamp: number): string {
  cursor.seekBackward(target, 0, target.length, timestamp);
  return cursor.valid ? showEntry(currentEntry(cursor)) : "end";
}

describe("run iterator", () => {
  test("yields one table after the other", () => {
    const { run, all } = tenTables();
    run.seekToFirst();
    expect(drain(run)).toEqual(all);
    expect([run.valid, run.activeIterators]).toEqual([false, 1]);
  });
  test("seeks to every key, to the first from before all, and to none from behind all", () => {
    const { run, all } = tenTables();
    for (let number = 0; number < 120; number++) {
      const expected = number < 10 ? all[0] : all[number - 10];
      expect(seek(run, key(number))).toBe(expected === undefined ? "end" : showEntry(expected));
    }
  });
  test("goes on from a table's end to the next table", () => {
    const { run, all } = tenTables();
    expect(seek(run, bytesOf("000195"))).toBe("00020=v");
    expect(drain(run)).toEqual(all.slice(10));
  });
  test("yields one table before the other, backward", () => {
    const { run, all } = tenTables();
    run.seekToLast();
    expect(drainBackward(run)).toEqual(all.toReversed());
    expect([run.valid, run.activeIterators]).toEqual([false, 1]);
  });
  test.each([
    ["before", TIMESTAMP_MAX, 11],
    ["at or before", BEHIND_VERSIONS, 10],
  ])("seeks backward to the last entry %s every key", (_, timestamp, first) => {
    const { run, all } = tenTables();
    for (let number = 0; number < 120; number++) {
      const expected = all[Math.min(number - first, all.length - 1)];
      const found = seekBackward(run, key(number), timestamp);
      expect(found).toBe(expected === undefined ? "end" : showEntry(expected));
    }
  });
  test("goes back from a table's first entry to the table before", () => {
    const { run, all } = tenTables();
    expect(seekBackward(run, key(20), TIMESTAMP_MAX)).toBe("00019=v");
    expect(drainBackward(run)).toEqual(all.slice(0, 10).reverse());
  });
  test("may turn between two tables", () => {
    const { run } = tenTables();
    seek(run, key(20));
    run.previous();
    run.next();
    run.next();
    run.previous();
    run.previous();
    expect(showEntry(currentEntry(run))).toBe("00019=v");
    expect(run.tablePosition).toBe(0);
  });
  test("can be placed again after its end", () => {
    const { run, all } = tenTables();
    seek(run, key(119));
    run.seekToFirst();
    expect(drain(run)).toEqual(all);
  });
  test("reads only from the table it needs", () => {
    const { fixture, run } = tenTables();
    const readsBefore = fixture.fs.reads;
    seek(run, key(57));
    expect(fixture.fs.reads - readsBefore).toBe(1);
  });
  test("reads tables that are read once many blocks at a time, and leaves the cache alone", () => {
    const { fixture, tables, all } = tenTables();
    const run = new RunIterator(tables, "once");
    const readsBefore = fixture.fs.reads;
    run.seekToFirst();
    expect(drain(run)).toEqual(all);
    expect([fixture.fs.reads - readsBefore, fixture.blocks.usedBytes]).toEqual([10, 0]);
    expect(seek(run, key(57))).toBe("00057=v");
    expect(drain(run)).toEqual(all.slice(47));
  });
  test("over no tables is at its end and counts as one source", () => {
    const run = new RunIterator([]);
    run.seekToFirst();
    expect([run.valid, seek(run, key(1)), run.activeIterators]).toEqual([false, "end", 1]);
    run.seekToLast();
    expect([run.valid, seekBackward(run, key(1), TIMESTAMP_MAX)]).toEqual([false, "end"]);
  });
  test("refuses tables out of order or with a key in common", () => {
    const fixture = new TableFixture();
    const [first, second, third] = ["a=1 b=2", "c=1 d=2", "d=3 e=4"].map((notation, index) =>
      fixture.make(index, "plain", 32, entries(notation)),
    );
    expect(() => new RunIterator([first!, second!])).not.toThrow();
    expect(() => new RunIterator([second!, first!])).toThrow("broken invariant");
    expect(() => new RunIterator([second!, third!])).toThrow("broken invariant");
  });
  test("seeks by timestamp within the versions of a key", () => {
    const fixture = new TableFixture();
    const tables = ["a@3=3 a@1=1", "b@9=9 b@4=4"].map((notation, id) =>
      fixture.make(id, "mvcc", 16, entries(notation)),
    );
    const run = new RunIterator(tables);
    const from = (text: string, timestamp: number): string => {
      const target = bytesOf(text);
      run.seek(target, 0, target.length, timestamp);
      return drain(run).map(showEntry).join(" ");
    };
    expect(from("a", 2)).toBe("a@1=1 b@9=9 b@4=4");
    expect(from("a", 0)).toBe("b@9=9 b@4=4");
    expect(from("b", 4)).toBe("b@4=4");
    expect(from("b", 3)).toBe("");
    const back = (text: string, timestamp: number): string => {
      const target = bytesOf(text);
      run.seekBackward(target, 0, target.length, timestamp);
      return drainBackward(run).map(showEntry).join(" ");
    };
    expect(back("b", 4)).toBe("b@9=9 a@1=1 a@3=3");
    expect(back("b", 9)).toBe("a@1=1 a@3=3");
    expect(back("b", BEHIND_VERSIONS)).toBe("b@4=4 b@9=9 a@1=1 a@3=3");
    expect(back("a", 2)).toBe("a@3=3");
    expect(back("a", TIMESTAMP_MAX)).toBe("");
  });
  test.each([
    "[a,aa)@1 / b@3=1 c@1=2 / [d,e)@1 / [f,g)@1 / k@2=3 / l@7= / [m,n\0)@1 / [n\0,o)@2",
    "[a,b)@1 / [c,d)@1",
    "k@2=3 / [m,n)@1",
    "[a,b)@1 / k@2=3",
  ])("passes tables of range deletes alone without reading them: %s", (notation) => {
    const fixture = new TableFixture();
    const parts = notation.split(" / ");
    const tables = parts.map((part, id) =>
      part.startsWith("[")
        ? fixture.make(id, "native", 16, [], rangeDeletes(part).fragments)
        : fixture.make(id, "native", 16, entries(part)),
    );
    const withEntries = parts.filter((part) => !part.startsWith("["));
    const all = withEntries.flatMap(entries);
    const run = new RunIterator(tables);
    run.seekToFirst();
    expect(drain(run)).toEqual(all);
    run.seekToLast();
    expect(drainBackward(run)).toEqual(all.toReversed());
    for (const letter of "abcdefgklmnop") {
      for (const timestamp of [TIMESTAMP_MAX, 3, 2, BEHIND_VERSIONS]) {
        const target = { key: bytesOf(letter), timestamp };
        const behind = all.filter((entry) => compareEntries(entry, target) >= 0);
        run.seek(target.key, 0, 1, timestamp);
        expect(drain(run)).toEqual(behind);
        run.seekBackward(target.key, 0, 1, timestamp);
        expect(drainBackward(run)).toEqual(all.slice(0, all.length - behind.length).reverse());
      }
    }
    expect(fixture.tables.openFiles).toBe(withEntries.length);
  });
  test.each(["table", "run"] as const)("a %s cursor whose move failed is invalid", (kind) => {
    const fixture = new TableFixture({ cacheSizeBytes: 0 });
    const table = fixture.make(1, "plain", 16, entries("a=11 b=22 c=33"));
    const cursor = kind === "table" ? new SSTableIterator(table) : new RunIterator([table]);
    cursor.seekToFirst();
    const bytes = fixture.bytes(1);
    bytes[20]! ^= 1;
    expect(() => cursor.next()).toThrow("db/00001.sst at byte");
    expect(cursor.valid).toBe(false);
    cursor.seekToLast();
    expect(() => cursor.previous()).toThrow("db/00001.sst at byte");
    expect(cursor.valid).toBe(false);
  });
});
