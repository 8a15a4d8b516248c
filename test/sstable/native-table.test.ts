import { describe, expect, test } from "vitest";
import type { RangeDeleteFragment } from "../../src/iterator/range-delete-fragment.ts";
import { SSTableIterator } from "../../src/sstable/sstable-iterator.ts";
import { bytesOf, drain, entries, getEntry, showEntry, TableFixture } from "../support/tables.ts";

function fragment(from: string, to: string, ...timestamps: number[]): RangeDeleteFragment {
  return { from: bytesOf(from), to: bytesOf(to), timestamps };
}

describe("a native table", () => {
  test("holds empty keys, empty values, deletes and range deletes", () => {
    const fixture = new TableFixture();
    const notation = '@3=x @1="" a@4= a@2="" b@1=z';
    const ranges = [fragment("", "a", 5, 2), fragment("b", "c", 7)];
    const table = fixture.make(1, "native", 4096, entries(notation), ranges);
    const cursor = new SSTableIterator(table);
    cursor.seekToFirst();
    expect(drain(cursor).map(showEntry).join(" ")).toBe(notation);
    expect(table.rangeDeletes.fragments).toEqual(ranges);
    expect([getEntry(table, bytesOf("a"), 3), getEntry(table, bytesOf(""), 9)]).toEqual(['a@2=""', "@3=x"]);
  });
});
