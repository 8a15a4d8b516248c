import { describe, expect, test } from "vitest";
import { MergeIterator } from "../../src/iterator/merge-iterator.ts";
import type { Direction, MergeOrder } from "../../src/iterator/merge-order.ts";
import type { Entry } from "../support/entries.ts";
import { drainText, entries, entryAt, textOf } from "../support/entries.ts";
import { MockIterator } from "../support/mock-iterator.ts";

/** A merge of sources written as lines of entries, newest first. */
function merge(
  sources: readonly string[],
  order: MergeOrder = "internal",
  direction: Direction = "ascending",
): MergeIterator {
  const mocks = sources.map((source) => new MockIterator(entries(source)));
  if (direction === "descending") for (const mock of mocks) mock.seekToLast();
  return new MergeIterator(mocks, order, direction);
}

describe("merge iterator", () => {
  const OVERLAPPING = ["a=1.1 b=2.1 c=3.1 e=", "a=1.2 b=2.2 c=3.2 d=4.2", "b=2.3 c=3.3 d=4.3"];
  const DISJOINT = ["a=1 b=2 c=3", "d=1 e=2 f=3 g=4", "h=1 i=2 j=3 k=4", ""];
  const ALL = "a=1 b=2 c=3 d=1 e=2 f=3 g=4 h=1 i=2 j=3 k=4";
  const [first, second, third] = OVERLAPPING as [string, string, string];
  const [one, two, three, none] = DISJOINT as [string, string, string, string];

  test.each([
    ["shows each key once, from the first source that has it", [first, second, third], "a=1.1 b=2.1 c=3.1 d=4.2 e="],
    ["prefers another source in another order", [third, first, second], "a=1.1 b=2.3 c=3.3 d=4.3 e="],
    ["joins disjoint sources in order", [one, two, three, none], ALL],
    ["joins them in any order of sources", [two, three, none, one], ALL],
    ["joins them with the empty one first", [none, three, one, two], ALL],
    ["shows nothing of no source", [], ""],
    ["shows nothing of empty sources", ["", ""], ""],
    ["shows all of the one source that is not empty", ["", one], "a=1 b=2 c=3"],
    ["shows all of a single source", [two], two],
    ["passes deletes through and lets them hide older puts", ["-b", "a=1 b=1"], "a=1 -b"],
    ["sorts a prefix before its extensions", ["ab=1 b=1", "a=2 abc=2", "aa=3"], "a=2 aa=3 ab=1 abc=2 b=1"],
  ])("%s", (_, sources, expected) => {
    expect(drainText(merge(sources))).toBe(expected);
  });

  const VERSIONS = ["a@9=9 b@8=8", "a@9=older a@7=7 b@9=9", "a@8=8 -b@8"];

  test("in internal order every version comes through, the newest first", () => {
    expect(drainText(merge(VERSIONS, "internal"))).toBe("a@9=9 a@8=8 a@7=7 b@9=9 b@8=8");
  });

  test("in user order only the newest source's entry of a key comes through", () => {
    expect(drainText(merge(["b@8=8", "a@7=7 b@9=9", "-a@8 c@1="], "user"))).toBe("a@7=7 b@8=8 c@1=");
  });

  test.each<[string, MergeOrder, string]>([
    ["internal order, a key's oldest version first", "internal", "b@8=8 b@9=9 a@7=7 a@8=8 a@9=9"],
    ["user order, the newest source's entry of each key", "user", "b@8=8 a@9=9"],
  ])("descending, goes through the entries in the reverse of %s", (_, order, expected) => {
    const sources = order === "internal" ? VERSIONS : ["a@9=9 b@8=8", "a@8=older b@9=9", "a@7=7"];
    expect(drainText(merge(sources, order, "descending"))).toBe(expected);
  });

  test("descending, sorts a prefix behind its extensions", () => {
    const sources = ["ab=1 b=1", "a=2 abc=2", "aa=3"];
    expect(drainText(merge(sources, "user", "descending"))).toBe("b=1 abc=2 ab=1 aa=3 a=2");
  });

  test("is refused a step at its end", () => {
    expect(() => merge([]).next()).toThrow("broken invariant");
  });
});

describe("active iterators of a merge", () => {
  test.each([
    ["none of no source", [], 0],
    ["one when all sources are empty", ["", "", ""], 1],
    ["only those that hold entries", ["a=1", "", "b=1"], 2],
  ])("are %s", (_, sources, expected) => {
    expect(merge(sources).activeIterators).toBe(expected);
  });

  test("grow fewer as sources end, and the last one stays", () => {
    const cursor = merge(["a=1", "b=1 d=1", "a=2 c=2"]);
    const counts = [cursor.activeIterators];
    while (cursor.valid) {
      cursor.next();
      counts.push(cursor.activeIterators);
    }
    expect(counts).toEqual([3, 2, 2, 1, 1]);
  });

  test("are summed over the sources' own", () => {
    expect(new MergeIterator([merge(["a=1", "b=1"]), merge(["a=1", "b=1", "c=1"])], "internal").activeIterators).toBe(
      5,
    );
  });
});

describe("a failing source", () => {
  test("ends the merge with its error after everything before it", () => {
    const failing = new MockIterator(entries("b=1 d=1 f=1"), 2);
    const cursor = new MergeIterator([new MockIterator(entries("a=0 c=0 e=0 g=0")), failing], "internal");
    const shown: Entry[] = [];
    expect(() => {
      for (; cursor.valid; cursor.next()) shown.push(entryAt(cursor));
    }).toThrow("fake error!");
    expect(textOf(shown)).toBe("a=0 b=1 c=0 d=1");
    expect(cursor.valid).toBe(false);
  });

  test("that stands on the shown entry is let go before the shown source is moved", () => {
    const shown = new MockIterator(entries("a=1 b=1"));
    const cursor = new MergeIterator([shown, new MockIterator(entries("a=2 b=2"), 1)], "internal");
    expect(() => cursor.next()).toThrow("fake error!");
    expect(textOf([entryAt(shown)])).toBe("a=1");
    expect(cursor.activeIterators).toBe(1);
    expect(cursor.valid).toBe(false);
  });
});
