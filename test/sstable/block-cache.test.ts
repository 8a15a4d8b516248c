import { describe, expect, test } from "vitest";
import type { Block } from "../../src/block/block.ts";
import { BlockCache, TableBlocks } from "../../src/sstable/block-cache.ts";
import { makeBlock } from "../support/blocks.ts";
import { entries } from "../support/tables.ts";

const block: Block = makeBlock("plain", 64, entries("key=value"));
const size = block.memorySizeBytes;

/** A cache for `capacity` blocks, and a table with `blockCount` blocks. */
function make(
  capacity: number,
  blockCount: number,
  takenMinBytes?: number,
): { readonly cache: BlockCache; readonly table: TableBlocks } {
  const cache = new BlockCache(capacity * size, takenMinBytes);
  return { cache, table: new TableBlocks(cache, blockCount) };
}

/** Which blocks of a table are cached, without being counted as a use. */
function cached(table: TableBlocks): number[] {
  return [...table.slots.keys()].filter((index) => table.slots[index]! >= 0);
}

/** What a point read of a block does. */
function pointRead(table: TableBlocks, index: number): void {
  if (table.find(index) === undefined) table.insertFound(index, block);
}

function scan(table: TableBlocks, from: number, to: number): void {
  for (let index = from; index < to; index++) if (table.peek(index) === undefined) table.insertScanned(index, block);
}

describe("block cache", () => {
  test("finds what was inserted, and counts hits and misses", () => {
    const { cache, table } = make(4, 10);
    pointRead(table, 3);
    expect(table.find(3)).toBe(block);
    expect(table.peek(3)).toBe(block);
    expect(table.find(4)).toBeUndefined();
    expect([cache.hits, cache.misses, cache.usedBytes]).toEqual([2, 2, size]);
  });
  test("never holds more than its capacity", () => {
    const { cache, table } = make(5, 1000);
    for (let index = 0; index < 1000; index++) {
      if (index % 2 === 0) pointRead(table, index);
      else scan(table, index, index + 1);
      expect(cache.usedBytes).toBeLessThanOrEqual(cache.capacityBytes);
    }
    expect(cached(table).length).toBe(5);
    expect(cache.usedBytes).toBe(5 * size);
  });
  test("keeps what is read again and again", () => {
    const { table } = make(8, 1000);
    for (let index = 3; index < 1000; index++) {
      pointRead(table, 0);
      pointRead(table, 1);
      pointRead(table, index);
    }
    expect(cached(table)).toEqual(expect.arrayContaining([0, 1]));
  });
  test("keeps the blocks of point reads through a scan of any length", () => {
    const { table } = make(8, 10_000);
    for (let index = 0; index < 6; index++) pointRead(table, index);
    scan(table, 6, 10_000);
    expect(cached(table).slice(0, 6)).toEqual([0, 1, 2, 3, 4, 5]);
  });
  test("keeps scanned blocks while there is room", () => {
    const { cache, table } = make(8, 20);
    scan(table, 0, 8);
    cache.hits = 0;
    scan(table, 0, 8);
    expect(cache.hits).toBe(8);
  });
  test("gives up scanned blocks for those of point reads first", () => {
    const { table } = make(4, 20);
    pointRead(table, 0);
    pointRead(table, 1);
    scan(table, 2, 4);
    pointRead(table, 4);
    pointRead(table, 5);
    expect(cached(table)).toEqual([0, 1, 4, 5]);
  });
  test.each([0, size - 1])("with room for %i bytes holds nothing and works", (capacityBytes) => {
    const cache = new BlockCache(capacityBytes);
    const table = new TableBlocks(cache, 3);
    pointRead(table, 0);
    scan(table, 0, 3);
    expect([cached(table), cache.usedBytes]).toEqual([[], 0]);
  });
  test("drops all blocks of a table and none of another's", () => {
    const { cache, table } = make(300, 600);
    const other = new TableBlocks(cache, 10);
    for (let index = 0; index < 280; index++) pointRead(table, index);
    pointRead(other, 7);
    table.clear();
    expect([cached(table), cached(other), cache.usedBytes]).toEqual([[], [7], size]);
    for (let index = 0; index < 600; index++) pointRead(table, index);
    expect(cache.usedBytes).toBeLessThanOrEqual(cache.capacityBytes);
    expect(table.find(599)).toBe(block);
  });
  test("makes room for what tables take besides blocks, and gets it back", () => {
    const { cache, table } = make(6, 20, 0);
    for (let index = 0; index < 6; index++) pointRead(table, index);
    cache.take(4 * size);
    expect([cached(table).length, cache.usedBytes]).toEqual([2, cache.capacityBytes]);
    pointRead(table, 10);
    scan(table, 11, 20);
    expect([cached(table).length, cache.usedBytes]).toEqual([2, cache.capacityBytes]);
    cache.giveBack(4 * size);
    scan(table, 0, 20);
    expect([cached(table).length, cache.usedBytes]).toEqual([6, cache.capacityBytes]);
  });
  test("holds no block while tables take more than its capacity, and does not look for one in vain", () => {
    const { cache, table } = make(3, 5, 0);
    pointRead(table, 0);
    cache.take(4 * size);
    pointRead(table, 1);
    scan(table, 2, 5);
    expect([cached(table), cache.usedBytes]).toEqual([[], 4 * size]);
  });
  test("holds as many blocks as it has room for, however much tables take up to their minimum", () => {
    const { cache, table } = make(4, 9, 10 * size);
    cache.take(7 * size);
    for (let index = 0; index < 6; index++) pointRead(table, index);
    expect([cached(table).length, cache.usedBytes, cache.isOvertaken]).toEqual([4, 11 * size, false]);
    cache.take(3 * size);
    expect([cached(table).length, cache.usedBytes, cache.isOvertaken]).toEqual([1, 11 * size, false]);
    cache.take(1);
    expect(cache.isOvertaken).toBe(true);
  });
  test.each([
    [0, 32 << 20],
    [1 << 20, 32 << 20],
    [32 << 20, 32 << 20],
    [128 << 20, 96 << 20],
  ])("of %i bytes lets tables take %i and calls more too much", (capacityBytes, allowed) => {
    const cache = new BlockCache(capacityBytes);
    cache.take(allowed);
    const before = cache.isOvertaken;
    cache.take(1);
    expect([before, cache.isOvertaken]).toEqual([false, true]);
  });
  test("takes no blocks of a table that was retired, and drops those it had", () => {
    const { cache, table } = make(4, 5);
    pointRead(table, 0);
    scan(table, 1, 2);
    table.retire();
    pointRead(table, 2);
    scan(table, 3, 4);
    expect([cached(table), cache.usedBytes]).toEqual([[], 0]);
  });
});
