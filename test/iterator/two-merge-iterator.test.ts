import { describe, expect, test } from "vitest";
import type { MergeOrder } from "../../src/iterator/merge-order.ts";
import { TwoMergeIterator } from "../../src/iterator/two-merge-iterator.ts";
import { drainText, entries, entryAt, textOf } from "../support/entries.ts";
import { MockIterator } from "../support/mock-iterator.ts";

function merge(newer: string, older: string, order: MergeOrder = "internal"): TwoMergeIterator {
  return new TwoMergeIterator(new MockIterator(entries(newer)), new MockIterator(entries(older)), order);
}

describe("two-merge iterator", () => {
  test.each([
    ["the newer wins and the older's further keys follow", "a=1 b=2 c=3", "a=9 b=9 c=9 d=4", "a=1 b=2 c=3 d=4"],
    ["the newer may be the longer one", "a=9 b=9 c=9 d=4", "a=1 b=2 c=3", "a=9 b=9 c=9 d=4"],
    ["keys interleave", "b=2 c=3 e=", "a=1 b=9 d=4 f=6", "a=1 b=2 c=3 d=4 e= f=6"],
    ["the newer may be empty", "", "b=2 c=3", "b=2 c=3"],
    ["the older may be empty", "b=2 c=3", "", "b=2 c=3"],
    ["both may be empty", "", "", ""],
    ["a delete passes through and hides an older put", "-b", "a=1 b=2", "a=1 -b"],
  ])("%s", (_, newer, older, expected) => {
    expect(drainText(merge(newer, older))).toBe(expected);
  });

  test("in internal order every version comes through, the newest first", () => {
    expect(drainText(merge("a@9=9 a@5=5 b@2=2", "a@7=7 a@5=older b@3=3"))).toBe("a@9=9 a@7=7 a@5=5 b@3=3 b@2=2");
  });

  test("in user order the older source's entry of a shared key is left out", () => {
    expect(drainText(merge("a@1=1 -c@3", "a@9=9 b@2=2 c@4=4", "user"))).toBe("a@1=1 b@2=2 -c@3");
  });

  test("counts both sources, also when they are at their end", () => {
    const cursor = merge("a=1", "");
    cursor.next();
    expect([cursor.valid, cursor.activeIterators]).toEqual([false, 2]);
  });

  test.each([
    ["newer", 2, 99, "a=1 b=2 c=3"],
    ["older", 99, 1, "a=1 b=2"],
  ])("is invalid for good once the %s source failed", (_, newerErrorWhen, olderErrorWhen, expected) => {
    const newer = new MockIterator(entries("a=1 c=3 d=9"), newerErrorWhen);
    const older = new MockIterator(entries("b=2 d=4"), olderErrorWhen);
    const cursor = new TwoMergeIterator(newer, older, "internal");
    const shown = [entryAt(cursor)];
    expect(() => {
      for (;;) {
        cursor.next();
        shown.push(entryAt(cursor));
      }
    }).toThrow("fake error!");
    expect(textOf(shown)).toBe(expected);
    expect(cursor.valid).toBe(false);
    expect(cursor.activeIterators).toBe(2);
  });

  test("throws at once when the older source fails on the newer's first key", () => {
    const newer = new MockIterator(entries("a=1"));
    const older = new MockIterator(entries("a=9 b=2"), 1);
    expect(() => new TwoMergeIterator(newer, older, "internal")).toThrow("fake error!");
  });
});
