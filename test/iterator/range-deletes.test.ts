import { describe, expect, test } from "vitest";
import { compareKeys } from "../../src/codec/bytes.ts";
import { RangeDeletes } from "../../src/iterator/range-deletes.ts";
import { TIMESTAMP_MAX } from "../../src/key.ts";
import { bytes, latin1 } from "../support/entries.ts";
import { randomOf } from "../support/random.ts";
import { type RangeDelete, rangeDeletes, showRangeDeletes } from "../support/range-deletes.ts";

describe("range deletes are cut", () => {
  test.each([
    ["not at all where they lie apart", "[e,g)@2 [a,c)@1", "[a,c)@1 [e,g)@2"],
    ["where they overlap", "[a,c)@3 [b,d)@7", "[a,b)@3 [b,c)@7,3 [c,d)@7"],
    ["around one that lies inside", "[a,z)@3 [m,n)@7", "[a,m)@3 [m,n)@7,3 [n,z)@3"],
    ["around one that lies inside and came first", "[m,n)@7 [a,z)@3", "[a,m)@3 [m,n)@7,3 [n,z)@3"],
    ["where one ends within another that begins with it", "[a,c)@3 [a,b)@7", "[a,b)@7,3 [b,c)@3"],
    ["where one begins within another that ends with it", "[a,c)@3 [b,c)@7", "[a,b)@3 [b,c)@7,3"],
    [
      "into what lay under one that fills the gaps",
      "[b,c)@1 [e,f)@2 [a,g)@7",
      "[a,b)@7 [b,c)@7,1 [c,e)@7 [e,f)@7,2 [f,g)@7",
    ],
    ["not where they touch", "[a,b)@3 [b,c)@7", "[a,b)@3 [b,c)@7"],
    ["not where they are the same range", "[a,b)@3 [a,b)@7 [a,b)@5", "[a,b)@7,5,3"],
    ["never twice for one timestamp", "[a,b)@3 [a,b)@3 [a,c)@3", "[a,c)@3"],
    ["to one piece where the same batch deletes neighbours", "[c,d)@3 [a,b)@3 [b,c)@3", "[a,d)@3"],
    ["to nothing when they are empty", "[a,a)@3 [b,a)@4", ""],
    ["also where the empty key is", "[,a)@3 [,\0)@4", "[,\0)@4,3 [\0,a)@3"],
    ["between a key and its successor", "[a,b)@3 [a\0,b)@4", "[a,a\0)@3 [a\0,b)@4,3"],
  ])("%s", (_, given, expected) => {
    expect(showRangeDeletes(rangeDeletes(given))).toBe(expected);
  });
});

describe("over a key", () => {
  const deletes = rangeDeletes("[b,d)@3 [c,f)@7 [h,i)@5");
  const newest = (key: string, timestamp: number = TIMESTAMP_MAX): number =>
    deletes.newestOver(bytes(`<${key}>`), 1, 1 + key.length, timestamp);

  test.each([
    ["a", 0],
    ["b", 3],
    ["bz", 3],
    ["c", 7],
    ["d", 7],
    ["f", 0],
    ["h", 5],
    ["hzzz", 5],
    ["i", 0],
  ])("%s the newest range delete is that of %i", (key, expected) => {
    expect(newest(key)).toBe(expected);
  });

  test("a reader sees the newest that it may see", () => {
    expect([2, 3, 6, 7].map((timestamp) => newest("c", timestamp))).toEqual([0, 3, 3, 7]);
  });

  test("there is one fragment at most", () => {
    const fragment = deletes.fragmentOver(bytes("cc"), 0, 2);
    expect(fragment && [latin1(fragment.from), latin1(fragment.to), fragment.timestamps]).toEqual(["c", "d", [7, 3]]);
    expect(deletes.fragmentOver(bytes("g"), 0, 1)).toBeUndefined();
  });
});

describe("a list of range deletes", () => {
  test("knows whether it is empty, and how large it is", () => {
    const deletes = new RangeDeletes();
    expect([deletes.isEmpty, deletes.fragmentCount, deletes.sizeBytes]).toEqual([true, 0, 0]);
    deletes.add(bytes("a"), bytes("ccc"), 3);
    deletes.add(bytes("bb"), bytes("d"), 4);
    expect([deletes.isEmpty, deletes.fragmentCount]).toEqual([false, 3]);
    expect(deletes.sizeBytes).toBe("a".length + 2 * "bb".length + 2 * "ccc".length + "d".length + 4 * 8);
  });

  test("keeps copies of the bounds", () => {
    const memory = bytes("-ac-");
    const deletes = new RangeDeletes();
    deletes.add(memory.subarray(1, 2), memory.subarray(2, 3), 3);
    memory.fill(0);
    expect(showRangeDeletes(deletes)).toBe("[a,c)@3");
    // So that a message to another thread carries these bytes and no more.
    expect(deletes.fragments[0]?.from.buffer.byteLength).toBe(1);
  });

  test("lends fragments that stay as they are", () => {
    const deletes = rangeDeletes("[a,f)@3");
    const before = deletes.fragmentOver(bytes("c"), 0, 1);
    deletes.add(bytes("b"), bytes("d"), 7);
    expect(before).toEqual({ from: bytes("a"), to: bytes("f"), timestamps: [3] });
  });

  test("is the same over its own fragments", () => {
    const deletes = rangeDeletes("[a,c)@3 [b,d)@7 [x,y)@1");
    const again = RangeDeletes.over(deletes.fragments);
    expect(showRangeDeletes(again)).toBe(showRangeDeletes(deletes));
    expect(again.sizeBytes).toBe(deletes.sizeBytes);
    deletes.add(bytes("a"), bytes("z"), 9);
    expect(showRangeDeletes(again)).toBe("[a,b)@3 [b,c)@7,3 [c,d)@7 [x,y)@1");
  });

  test("that all share stays empty", () => {
    expect(() => RangeDeletes.none.add(bytes("a"), bytes("b"), 1)).toThrow("broken invariant");
    expect(RangeDeletes.over([])).toBe(RangeDeletes.none);
  });
});

describe("where it is known who reads the past", () => {
  test("a range that is deleted again keeps one timestamp when nobody does", () => {
    const deletes = new RangeDeletes();
    for (const timestamp of [3, 5, 7]) deletes.add(bytes("a"), bytes("c"), timestamp, []);
    expect(showRangeDeletes(deletes)).toBe("[a,c)@7");
  });

  test("a range that grows stays one fragment when nobody does", () => {
    const deletes = new RangeDeletes();
    for (const [index, letter] of [..."bcdefgh"].entries()) deletes.add(bytes("a"), bytes(letter), index + 1, []);
    expect(showRangeDeletes(deletes)).toBe("[a,h)@7");
  });

  test.each([
    ["by one between two", [4], "7,3"],
    ["by one at a range delete", [5], "7,5"],
    ["by several between the same two", [3, 4], "7,3"],
    ["by several", [2, 6], "7,5,2"],
    ["by one before all", [1], "7"],
    ["by one after all", [8], "7"],
  ])("what is read %s is kept", (_, readers, expected) => {
    const deletes = rangeDeletes("[a,c)@2,3,5");
    deletes.add(bytes("a"), bytes("c"), 7, readers);
    expect(showRangeDeletes(deletes)).toBe(`[a,c)@${expected}`);
  });

  test("nothing is forgotten outside of the range", () => {
    const deletes = rangeDeletes("[a,c)@2,3,5");
    deletes.add(bytes("b"), bytes("d"), 9, []);
    expect(showRangeDeletes(deletes)).toBe("[a,b)@5,3,2 [b,d)@9");
  });
});

describe("lists are merged", () => {
  test.each([
    ["of none", [], ""],
    ["of empty ones", ["", ""], ""],
    ["of one", ["", "[a,c)@3"], "[a,c)@3"],
    ["of neighbours", ["[a,b)@3", "[c,d)@3", "[b,c)@3"], "[a,d)@3"],
    ["over each other", ["[a,c)@7 [e,g)@7", "[b,f)@3", "[b,c)@5,1"], "[a,b)@7 [b,c)@7,5,3,1 [c,e)@3 [e,f)@7,3 [f,g)@7"],
    ["with the same timestamps once", ["[a,c)@7,3", "[b,d)@7,3"], "[a,d)@7,3"],
  ])("%s", (_, given, expected) => {
    expect(showRangeDeletes(RangeDeletes.merged(given.map(rangeDeletes)))).toBe(expected);
  });

  test("without changing them", () => {
    const lists = ["[a,c)@7", "[b,d)@3"].map(rangeDeletes);
    RangeDeletes.merged(lists).add(bytes("a"), bytes("z"), 9);
    expect(lists.map(showRangeDeletes)).toEqual(["[a,c)@7", "[b,d)@3"]);
  });
});

/** What covers a key, looked up one by one. */
function newestIn(list: readonly RangeDelete[], key: Uint8Array, readTimestamp: number): number {
  return list
    .filter(({ from, to }) => compareKeys(from, key) <= 0 && compareKeys(key, to) < 0)
    .reduce((newest, { timestamp }) => (timestamp <= readTimestamp ? Math.max(newest, timestamp) : newest), 0);
}

const KEYS = [
  "",
  "\0",
  "a",
  "a\0",
  "a\0\0",
  "ab",
  "b",
  "ba",
  "b\xff",
  "c",
  "\xff",
  "\xff\xff",
  "k".repeat(200),
  `${"k".repeat(200)}l`,
].map(bytes);

describe("random range deletes", () => {
  const random = randomOf(7);
  const randomList = (): RangeDelete[] =>
    Array.from({ length: random(14) }, () => ({
      from: KEYS[random(KEYS.length)]!,
      to: KEYS[random(KEYS.length)]!,
      timestamp: 1 + random(12),
    }));
  const listOf = (given: readonly RangeDelete[]): RangeDeletes => {
    const deletes = new RangeDeletes();
    for (const { from, to, timestamp } of given) deletes.add(from, to, timestamp);
    return deletes;
  };

  function expectSound({ fragments, sizeBytes }: RangeDeletes): void {
    for (const [index, { from, to, timestamps }] of fragments.entries()) {
      const next = fragments[index + 1];
      expect(compareKeys(from, to)).toBeLessThan(0);
      if (next !== undefined) expect(compareKeys(to, next.from)).toBeLessThanOrEqual(0);
      const touches = next !== undefined && compareKeys(to, next.from) === 0;
      if (touches) expect(next.timestamps).not.toEqual(timestamps);
      expect(timestamps).toEqual([...new Set(timestamps)].sort((a, b) => b - a));
      expect(timestamps.length).toBeGreaterThan(0);
    }
    expect(sizeBytes).toBe(RangeDeletes.over(fragments).sizeBytes);
  }

  function expectSame(deletes: RangeDeletes, given: readonly RangeDelete[], from = 0, to = 13): void {
    const timestamps = Array.from({ length: to + 1 - from }, (_, index) => from + index);
    const over = (newest: (key: Uint8Array, timestamp: number) => number): string[] =>
      KEYS.map((key) => timestamps.map((timestamp) => newest(key, timestamp)).join(" "));
    const actual = over((key, timestamp) => deletes.newestOver(key, 0, key.length, timestamp));
    expect(actual).toEqual(over((key, timestamp) => newestIn(given, key, timestamp)));
  }

  test("say of every key and timestamp what a list of them says", () => {
    for (let round = 0; round < 300; round++) {
      const given = randomList();
      const deletes = listOf(given);
      expectSound(deletes);
      expectSame(deletes, given);
    }
  });

  test("say the same merged", () => {
    for (let round = 0; round < 300; round++) {
      const lists = Array.from({ length: random(5) }, randomList);
      const merged = RangeDeletes.merged(lists.map(listOf));
      expectSound(merged);
      expectSame(merged, lists.flat());
    }
  });

  test("say the same to those who read when what nobody reads was forgotten", () => {
    let forgotten = 0;
    for (let round = 0; round < 300; round++) {
      const given = randomList().sort((a, b) => a.timestamp - b.timestamp);
      const readers = Array.from({ length: 13 }, (_, index) => index).filter(() => random(4) === 0);
      const deletes = new RangeDeletes();
      for (const { from, to, timestamp } of given) deletes.add(from, to, timestamp, readers);
      expectSound(deletes);
      for (const reader of [...readers, 13]) expectSame(deletes, given, reader, reader);
      if (deletes.sizeBytes < listOf(given).sizeBytes) forgotten++;
    }
    expect(forgotten).toBeGreaterThan(50);
  });
});

describe("ten thousand range deletes", () => {
  const key = (number: number): Uint8Array => bytes(`key${String(number).padStart(8, "0")}`);

  test("side by side in random order are as many fragments", () => {
    const random = randomOf(1);
    const order = Array.from({ length: 10_000 }, (_, index) => index);
    for (let index = order.length - 1; index > 0; index--) {
      const other = random(index + 1);
      [order[index], order[other]] = [order[other]!, order[index]!];
    }
    const deletes = new RangeDeletes();
    for (const [index, place] of order.entries()) deletes.add(key(place * 10), key(place * 10 + 5), index + 1);
    expect(deletes.fragmentCount).toBe(10_000);
    expect(deletes.newestOver(key(order[777]! * 10 + 4), 0, 11, TIMESTAMP_MAX)).toBe(778);
    deletes.add(key(0), key(100_000), 20_000);
    expect(deletes.fragmentCount).toBe(20_000);
    expect(deletes.newestOver(key(55), 0, 11, TIMESTAMP_MAX)).toBe(20_000);
  });

  test("over all before them, while somebody reads the past, keep what that one sees", () => {
    const deletes = new RangeDeletes();
    for (let timestamp = 1; timestamp <= 10_000; timestamp++) deletes.add(key(0), key(timestamp), timestamp, [100]);
    const newest = (place: number, readTimestamp: number): number =>
      deletes.newestOver(key(place), 0, 11, readTimestamp);
    expect([newest(50, TIMESTAMP_MAX), newest(50, 100), newest(100, 100)]).toEqual([10_000, 100, 0]);
    expect(deletes.fragmentCount).toBe(2);
  });

  test("of one range, of which nothing is forgotten, are one fragment", () => {
    const deletes = new RangeDeletes();
    for (let timestamp = 1; timestamp <= 10_000; timestamp++) deletes.add(key(0), key(1), timestamp);
    expect(deletes.fragmentCount).toBe(1);
    expect(deletes.newestOver(key(0), 0, 11, 1234)).toBe(1234);
  });
});
