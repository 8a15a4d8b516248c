import { describe, expect, test } from "vitest";
import { CommittedWrites } from "../../src/mvcc/committed-writes.ts";
import { conflictOf, type Footprint, type Isolation } from "../../src/mvcc/conflict.ts";
import { ReadSet } from "../../src/mvcc/read-set.ts";
import type { ScannedRange } from "../../src/mvcc/scanned-range.ts";
import { randomOf } from "../support/random.ts";

/** `a b [c-e]`: two keys and a range. */
function readsOf(notation: string): ReadSet {
  const reads = new ReadSet();
  for (const read of notation.split(" ").filter(Boolean)) {
    const [, gte, lte] = /^\[(.)-(.)\]$/.exec(read) ?? [];
    if (gte === undefined) reads.addKey(read);
    else reads.addRange({ gte, lte });
  }
  return reads;
}

/** Recorded for a transaction at timestamp 0: the first character of `abc` at 1, the second at 2, … */
function committedOf(keys: string): CommittedWrites {
  const committed = new CommittedWrites();
  committed.beginTransaction(0);
  for (const [index, key] of [...keys].entries()) committed.record(key, index + 1);
  return committed;
}

describe("a transaction that began after the writes of a and b, and before those of c and d", () => {
  const midway = (isolation: Isolation, reads: string, writes: string): Footprint => ({
    isolation,
    readTimestamp: 2,
    reads: readsOf(reads),
    writes: [...writes],
  });
  test.each([
    ["snapshot", "", "ab", undefined],
    ["snapshot", "", "bc", "c"],
    ["snapshot", "c d [a-z]", "b", undefined],
    ["snapshot", "c", "", undefined],
    ["serializable", "a b", "a", undefined],
    ["serializable", "b d", "a", "d"],
    ["serializable", "b e f g h", "a", undefined],
    ["serializable", "b e f g h d", "a", "d"],
    ["serializable", "", "cd", undefined],
    ["serializable", "c d [a-z]", "", undefined],
    ["serializable", "[a-b]", "x", undefined],
    ["serializable", "[a-c]", "x", "c"],
    ["serializable", "[d-d]", "x", "d"],
    ["serializable", "[e-z] c", "x", "c"],
    ["none", "c d [a-z]", "abcd", undefined],
  ] as const)(
    "under %s, having read '%s' and written '%s', is in conflict over %s",
    (isolation, reads, writes, key) => {
      expect(conflictOf(midway(isolation, reads, writes), committedOf("abcd"))).toBe(key);
    },
  );

  test("is in conflict over a key that was written before and after", () => {
    for (const footprint of [
      midway("snapshot", "", "a"),
      midway("serializable", "a", "x"),
      midway("serializable", "[a-a]", "x"),
    ]) {
      expect(conflictOf(footprint, committedOf("abca"))).toBe("a");
    }
  });
});

describe("a transaction that began after the range b-d was deleted, and before g-i and k-m were", () => {
  const committed = new CommittedWrites();
  committed.beginTransaction(0);
  committed.recordRange("b", "d", 1);
  committed.record("x", 2);
  committed.recordRange("k", "m", 3);
  committed.recordRange("g", "i", 4);

  test.each([
    ["snapshot", "", "bcdfijmn", undefined],
    ["snapshot", "", "ag", "g"],
    ["snapshot", "", "h\0", "h"],
    ["snapshot", "g h [a-z]", "a", undefined],
    ["serializable", "b f i j m", "ghk", undefined],
    ["serializable", "b h", "a", "h"],
    ["serializable", "[a-f]", "a", undefined],
    ["serializable", "[i-j] [m-z]", "a", undefined],
    ["serializable", "[a-g]", "a", "g"],
    ["serializable", "[h-j]", "a", "h"],
    ["serializable", "[m-z] [a-z]", "a", "g"],
    ["serializable", "[l-l]", "a", "l"],
    ["serializable", "[a-z]", "", undefined],
    ["none", "[a-z]", "gh", undefined],
  ] as const)(
    "under %s, having read '%s' and written '%s', is in conflict over %s",
    (isolation, reads, writes, key) => {
      const footprint = { isolation, readTimestamp: 2, reads: readsOf(reads), writes: [...writes] };
      expect(conflictOf(footprint, committed)).toBe(key);
    },
  );

  test("may have read up to a bound, and nothing behind it", () => {
    const scanned = (range: ScannedRange) => {
      const reads = new ReadSet();
      reads.addRange(range);
      return conflictOf({ isolation: "serializable", readTimestamp: 2, reads, writes: ["a"] }, committed);
    };
    expect(scanned({ gt: "d", lt: "g" })).toBeUndefined();
    expect(scanned({ gt: "d", lte: "g" })).toBe("g");
    expect(scanned({ gt: "g", lt: "g\0\0" })).toBe("g\0");
    expect(scanned({ gt: "l", gte: "j", lt: "l\0" })).toBeUndefined();
    expect(scanned({ gte: "m" })).toBeUndefined();
    expect(scanned({ gt: "l" })).toBe("l\0");
    expect(scanned({})).toBe("g");
    expect(scanned({ gte: "h", lt: "h" })).toBeUndefined();
  });
});

test("random range deletes conflict with the keys and ranges that a list says", () => {
  let found = 0;
  for (let seed = 1; seed <= 300; seed++) {
    const random = randomOf(seed);
    const letter = () => "abcdefghijkl"[random(12)] as string;
    const spans = Array.from({ length: random(6) }, () => [letter(), letter()].sort() as [string, string]).filter(
      ([from, to]) => from < to,
    );
    const committed = new CommittedWrites();
    committed.beginTransaction(0);
    for (const [index, [from, to]] of spans.entries()) committed.recordRange(from, to, index + 1);
    const readTimestamp = random(4);
    const isDeleted = (key: string) => spans.slice(readTimestamp).some(([from, to]) => key >= from && key < to);
    const reads = new ReadSet();
    const [gte, lte] = [letter(), letter()].sort() as [string, string];
    const inRange = [..."abcdefghijkl"].filter((key) => key >= gte && key <= lte);
    if (random(2) === 0) reads.addRange({ gte, lte });
    else for (const key of inRange) reads.addKey(key);
    const conflict = conflictOf({ isolation: "serializable", readTimestamp, reads, writes: ["z"] }, committed);
    expect(`seed ${seed}: ${conflict}`).toBe(`seed ${seed}: ${inRange.find(isDeleted)}`);
    if (conflict !== undefined) found++;
  }
  expect(found).toBeGreaterThan(50);
});

describe("the record of writes", () => {
  test("is kept only while a transaction is open", () => {
    const committed = new CommittedWrites();
    expect(committed.isRecording).toBe(false);
    committed.beginTransaction(3);
    committed.record("a", 4);
    expect([committed.isRecording, committed.keyCount, committed.isNewer("a", 3)]).toEqual([true, 1, true]);
    committed.endTransaction(3);
    expect([committed.isRecording, committed.keyCount, committed.isNewer("a", 3)]).toEqual([false, 0, false]);
  });

  test("forgets what no open transaction needs, in the order of the timestamps", () => {
    const committed = new CommittedWrites();
    committed.beginTransaction(0);
    committed.record("a", 1);
    committed.record("b", 2);
    committed.beginTransaction(2);
    committed.record("a", 3);
    committed.beginTransaction(3);
    committed.record("c", 4);
    expect([...committed.keysSince(0)]).toEqual(["b", "a", "c"]);
    committed.endTransaction(2);
    expect(committed.keyCount).toBe(3);
    committed.endTransaction(0);
    expect([...committed.keysSince(0)]).toEqual(["c"]);
  });

  test("holds each key once, however often it is written", () => {
    const committed = committedOf("ab".repeat(1000));
    expect(committed.keyCount).toBe(2);
    expect([...committed.keysSince(1999)]).toEqual(["b"]);
  });

  test("forgets ranges as it forgets keys, and puts together those that touch", () => {
    const committed = new CommittedWrites();
    committed.beginTransaction(0);
    committed.recordRange("a", "c", 1);
    committed.recordRange("x", "z", 2);
    committed.beginTransaction(2);
    committed.recordRange("c", "e", 3);
    expect(committed.spansDeletedSince(0)).toEqual([
      { from: "a", to: "e" },
      { from: "x", to: "z" },
    ]);
    committed.recordRange("a", "c", 4);
    committed.recordRange("b", "d", 5);
    expect(committed.spansDeletedSince(2)).toEqual([{ from: "a", to: "e" }]);
    committed.endTransaction(0);
    expect(committed.spansDeletedSince(0)).toEqual([{ from: "a", to: "e" }]);
    committed.endTransaction(2);
    expect(committed.spansDeletedSince(0)).toEqual([]);
  });
});
