import { expect, test } from "vitest";
import { entries } from "../support/entries.ts";
import { get, memtableOf, put } from "../support/memtable.ts";

test("memory that was reserved is enough for the puts it was reserved for", () => {
  const memtable = memtableOf("a@1=1");
  memtable.reserve(1000, 2_000_000);
  const { memoryBytes } = memtable;
  expect(memoryBytes).toBeGreaterThan(2_000_000);
  for (let index = 0; index < 1000; index++) {
    const key = new Uint8Array(999).fill(index % 251);
    put(memtable, { key, timestamp: 2 + index, kind: 0, value: new Uint8Array(1001).fill(index) });
  }
  // The index of the keys has memory of its own.
  expect(memtable.memoryBytes - memoryBytes).toBeLessThan(100_000);
  expect(get(memtable, entries("a")[0]!.key)?.value).toEqual(entries("a=1")[0]!.value);
});

test("memory that is there already is not taken again", () => {
  const memtable = memtableOf("a@1=1");
  const { memoryBytes } = memtable;
  memtable.reserve(1, 1000);
  expect(memtable.memoryBytes).toBe(memoryBytes);
});
