import { describe, expect, test } from "vitest";
import { RangeDeletes } from "../../src/iterator/range-deletes.ts";
import { Memtable } from "../../src/memtable/memtable.ts";
import { openImage } from "../../src/memtable/memtable-image.ts";
import { bytes, drainText, entries } from "../support/entries.ts";
import { memtableOf, put } from "../support/memtable.ts";
import { showRangeDeletes } from "../support/range-deletes.ts";

const deleteRange = (
  memtable: Memtable,
  from: string,
  to: string,
  timestamp: number,
  readers?: readonly number[],
): void => memtable.deleteRange(bytes(from), bytes(to), timestamp, readers);

describe("range deletes of a memtable", () => {
  test("lie beside its entries, which stay as they are", () => {
    const memtable = memtableOf("a@1=1 b@2=2 c@3=3");
    deleteRange(memtable, "a", "c", 4);
    put(memtable, entries("b@5=5")[0]!);
    const cursor = memtable.versionIterator();
    cursor.seekToFirst();
    expect(drainText(cursor)).toBe("a@1=1 b@5=5 b@2=2 c@3=3");
    expect(showRangeDeletes(memtable.rangeDeletes)).toBe("[a,c)@4");
    expect(memtable.rangeDeletes.newestOver(bytes("b"), 0, 1, 9)).toBe(4);
  });

  test("cost nothing before the first", () => {
    expect(memtableOf("a@1=1").rangeDeletes).toBe(RangeDeletes.none);
    const two = [memtableOf(""), memtableOf("")] as const;
    deleteRange(two[0], "a", "b", 1);
    expect(two[1].rangeDeletes.isEmpty).toBe(true);
  });

  test("make it not empty, and count in its figures", () => {
    const memtable = new Memtable(1, { entryOverheadBytes: 8 });
    deleteRange(memtable, "a", "ccc", 7);
    expect(memtable).toMatchObject({
      isEmpty: false,
      entryCount: 0,
      lastTimestamp: 7,
      approximateSizeBytes: 1 + 3 + 8,
    });
  });

  test("count again where they repeat, as overwrites do, and more where they cut others", () => {
    const memtable = new Memtable(1, { entryOverheadBytes: 8 });
    deleteRange(memtable, "a", "z", 1);
    for (const timestamp of [2, 3]) deleteRange(memtable, "a", "z", timestamp, []);
    expect(memtable.approximateSizeBytes).toBe(3 * (1 + 1 + 8));
    // Fragments [a,m) [m,n) [n,z) with 1, 2 and 1 timestamps take the place of one with one.
    deleteRange(memtable, "m", "n", 4);
    expect(memtable.approximateSizeBytes).toBe(3 * (1 + 1 + 8) + (4 + 3 * 8));
  });

  test("are refused once it is frozen, and when they are older than the last write", () => {
    const memtable = memtableOf("a@5=1");
    expect(() => deleteRange(memtable, "a", "b", 4)).toThrow("timestamps of a memtable never decrease");
    deleteRange(memtable, "a", "b", 5);
    expect(() => put(memtable, entries("b@4=1")[0]!)).toThrow("timestamps of a memtable never decrease");
    memtable.freeze();
    expect(() => deleteRange(memtable, "a", "b", 6)).toThrow("a frozen memtable takes no range deletes");
  });

  test("that are empty do nothing", () => {
    const memtable = memtableOf("");
    deleteRange(memtable, "b", "a", 1);
    expect(memtable.isEmpty).toBe(true);
  });

  test("go to another thread with its image", () => {
    const memtable = memtableOf("b@1=1 a@2=2");
    deleteRange(memtable, "a", "c", 3);
    deleteRange(memtable, "b", "d", 4);
    memtable.freeze();
    const image = structuredClone(memtable.image());
    const cursor = openImage(image, "all");
    cursor.seekToFirst();
    expect(drainText(cursor)).toBe("a@2=2 b@1=1");
    expect(showRangeDeletes(RangeDeletes.over(image.rangeDeletes))).toBe("[a,b)@3 [b,c)@4,3 [c,d)@4");
  });
});

describe("an empty key", () => {
  test("is a key like any other, with an empty value or a delete", () => {
    const memtable = memtableOf("a@1=1 @2=x @3= \0@4=");
    const cursor = memtable.versionIterator();
    cursor.seekToFirst();
    expect(drainText(cursor)).toBe("@3= @2=x \0@4= a@1=1");
    put(memtable, entries("-@5")[0]!);
    const visible = memtable.visibleIterator(9);
    visible.seek(bytes(""), 0, 0, 9);
    expect(drainText(visible)).toBe("-@5 \0@4= a@1=1");
  });
});

describe("room in a memtable", () => {
  const GIB = 2 ** 30;

  test("is for one value of 1 GiB, and for no two", () => {
    expect(memtableOf("").hasRoomFor(1, GIB + 65_535)).toBe(true);
    expect(memtableOf("").hasRoomFor(2, 2 * GIB)).toBe(false);
  });

  test("is for fewer bytes the more puts there are, and the more it holds", () => {
    const memtable = memtableOf("");
    expect(memtable.hasRoomFor(1, 2 * GIB - 2 ** 17)).toBe(true);
    expect(memtable.hasRoomFor(10_000, 2 * GIB - 2 ** 17)).toBe(false);
    put(memtable, { key: bytes("a"), timestamp: 1, kind: 0, value: new Uint8Array(2 ** 17) });
    expect(memtable.hasRoomFor(1, 2 * GIB - 2 ** 17)).toBe(false);
  });

  test("is never promised where a put would not fit", () => {
    // Lengths that padding costs most.
    const memtable = memtableOf("");
    const room = (bytes: number): boolean => memtable.hasRoomFor(1, bytes);
    let low = 0;
    let high = 2 * GIB;
    while (low + 1 < high) {
      const middle = Math.floor((low + high) / 2);
      if (room(middle)) low = middle;
      else high = middle;
    }
    const before = low;
    put(memtable, { key: Uint8Array.of(1), timestamp: 1, kind: 0, value: Uint8Array.of(1) });
    expect(room(before - 2)).toBe(false);
    expect(room(before - 2 * 4 - 7 * 4)).toBe(true);
  });
});
