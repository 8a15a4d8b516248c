import { describe, expect, test } from "vitest";
import { CommittedWrites } from "../../src/mvcc/committed-writes.ts";
import { conflictOf, type Footprint, type Isolation } from "../../src/mvcc/conflict.ts";
import { ReadSet } from "../../src/mvcc/read-set.ts";

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
});
