import { describe, expect, test } from "vitest";
import { CorruptionError, IoError } from "../../src/errors.ts";
import { TableCache } from "../../src/sstable/table-cache.ts";
import { ArrayFileSystem } from "../support/array-file-system.ts";
import { bytesOf, entries, getEntry, TableFixture } from "../support/tables.ts";

/** `count` tables with one key each, `key0` and so on, whose blocks are not cached. */
function fixtureOf(count: number, maxOpenFiles: number): TableFixture {
  const fixture = new TableFixture({ maxOpenFiles, cacheSizeBytes: 0 });
  for (let id = 0; id < count; id++) fixture.describe(id, "plain", 64, entries(`key${id}=value${id}`));
  return fixture;
}

describe("table cache", () => {
  test("holds no more descriptors than it may, and opens tables again by name", () => {
    const fixture = fixtureOf(20, 4);
    const tables = Array.from({ length: 20 }, (_, id) => fixture.open(id));
    for (let round = 0; round < 3; round++) {
      for (const [id, table] of tables.entries()) {
        expect(getEntry(table, bytesOf(`key${id}`))).toBe(`key${id}=value${id}`);
        expect(fixture.fs.openNow).toBe(4);
        expect(fixture.tables.openFiles).toBe(4);
      }
    }
  });
  test("keeps the descriptor of a table that is read again and again", () => {
    const fixture = fixtureOf(20, 4);
    const tables = Array.from({ length: 20 }, (_, id) => fixture.open(id));
    getEntry(tables[0]!, bytesOf("key0"));
    const openedBefore = fixture.fs.opened;
    for (let id = 1; id < 20; id++) {
      getEntry(tables[0]!, bytesOf("key0"));
      getEntry(tables[id]!, bytesOf(`key${id}`));
    }
    // The three tables opened last still had theirs.
    expect(fixture.fs.opened - openedBefore).toBeLessThanOrEqual(19);
  });
  test("gives up all descriptors at once, and reading opens again", () => {
    const fixture = fixtureOf(3, 8);
    const tables = [0, 1, 2].map((id) => fixture.open(id));
    fixture.tables.closeAll();
    expect(fixture.fs.openNow).toBe(0);
    expect(getEntry(tables[1]!, bytesOf("key1"))).toBe("key1=value1");
    expect(fixture.fs.openNow).toBe(1);
  });
  test("refuses a file that has another size when it is opened again", () => {
    const fixture = fixtureOf(1, 1);
    const table = fixture.open(0);
    fixture.tables.closeAll();
    const bytes = fixture.bytes(0);
    fixture.put(0, bytes.slice(0, bytes.length - 1));
    expect(() => getEntry(table, bytesOf("key0"))).toThrow(CorruptionError);
    expect(fixture.fs.openNow).toBe(0);
    fixture.put(0, bytes);
    expect(getEntry(table, bytesOf("key0"))).toBe("key0=value0");
  });
  test("passes on that a file is missing", () => {
    const fixture = fixtureOf(1, 1);
    const table = fixture.open(0);
    fixture.tables.closeAll();
    fixture.fs.remove(fixture.path(0));
    expect(() => getEntry(table, bytesOf("key0"))).toThrow(IoError);
    expect(() => fixture.open(5)).toThrow(IoError);
    expect(fixture.fs.openNow).toBe(0);
  });
  test("gives up the descriptor of a table that cannot be opened", () => {
    const fixture = fixtureOf(1, 4);
    fixture.put(0, fixture.bytes(0).slice(1));
    expect(() => fixture.open(0)).toThrow(CorruptionError);
    expect([fixture.fs.openNow, fixture.tables.openFiles]).toEqual([0, 0]);
  });
  test("refuses a length that no part of a table has, before it asks for memory", () => {
    const fs = new ArrayFileSystem();
    const vast = { sizeBytes: 2 ** 50 };
    fs.open = () => Object.assign(Object.create(null), vast);
    const file = new TableCache(fs, "db", 1).open(1);
    expect(file.sizeBytes).toBe(2 ** 50);
    expect(() => file.read(10, 2 ** 45)).toThrow(CorruptionError);
  });
  test("opens a table of known size at its first read, and refuses it then if it has another", () => {
    const fixture = fixtureOf(1, 4);
    const { length } = fixture.bytes(0);
    const openedBefore = fixture.fs.opened;
    const [file, other] = [fixture.tables.open(0, length), fixture.tables.open(0, length - 1)];
    expect(fixture.fs.opened).toBe(openedBefore);
    expect(file.read(0, 3)).toEqual(fixture.bytes(0).slice(0, 3));
    expect(() => other.read(0, 3)).toThrow(CorruptionError);
    expect(fixture.fs.openNow).toBe(1);
  });
  test("gives up one descriptor on demand, of another table than the one that asks", () => {
    const fixture = fixtureOf(3, 4);
    const files = [0, 1, 2].map((id) => fixture.tables.open(id));
    const kept = files[1]!;
    expect([fixture.tables.giveUpOneBut(kept), fixture.tables.giveUpOneBut(kept)]).toEqual([true, true]);
    expect([fixture.tables.giveUpOneBut(kept), fixture.tables.openFiles]).toEqual([false, 1]);
    const openedBefore = fixture.fs.opened;
    kept.read(0, 1);
    expect(fixture.fs.opened).toBe(openedBefore);
  });
});
