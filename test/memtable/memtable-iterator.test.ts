import { describe, expect, test } from "vitest";
import { fingerprint32 } from "../../src/codec/fingerprint32.ts";
import { BEHIND_VERSIONS } from "../../src/iterator/storage-iterator.ts";
import { TIMESTAMP_MAX } from "../../src/key.ts";
import type { Memtable } from "../../src/memtable/memtable.ts";
import type { MemtableIterator, VisibleMemtableIterator } from "../../src/memtable/memtable-iterator.ts";
import { bytes, drainBackward, drainText, entries, entryAt, textOf } from "../support/entries.ts";
import { memtableOf, put } from "../support/memtable.ts";

/** What a cursor shows from `from` (`key` or `key@timestamp`; everything when it is empty) to its end. */
function shown(cursor: MemtableIterator, from = ""): string {
  place(cursor, from);
  return drainText(cursor);
}

function place(cursor: MemtableIterator, from: string): void {
  const [key, timestamp] = from.split("@") as [string, string | undefined];
  if (key === "") cursor.seekToFirst();
  else cursor.seek(bytes(key), 0, key.length, Number(timestamp ?? TIMESTAMP_MAX));
}

/** What a cursor shows backward from before `from` (as above, everything when it is empty) to its beginning. */
function shownBackward(cursor: VisibleMemtableIterator, from = ""): string {
  const [key, timestamp] = from.split("@") as [string, string | undefined];
  if (key === "") cursor.seekToLast();
  else cursor.seekBackward(bytes(key), 0, key.length, Number(timestamp ?? TIMESTAMP_MAX));
  return textOf(drainBackward(cursor));
}

function extend(memtable: Memtable, text: string): void {
  for (const entry of entries(text)) put(memtable, entry);
}

describe("a cursor over what is visible", () => {
  const memtable = memtableOf("c@1=1 a@2=2 -b@3 a@4=4 bb@5=5 c@6=6");

  test.each([
    ["everything in order, tombstones included", "", "a@4=4 -b@3 bb@5=5 c@6=6"],
    ["from a key that is there", "b", "-b@3 bb@5=5 c@6=6"],
    ["from between two keys", "ba", "bb@5=5 c@6=6"],
    ["from before all", "Z", "a@4=4 -b@3 bb@5=5 c@6=6"],
    ["nothing from after all", "ca", ""],
    ["a key whose visible version is the one sought", "a@4", "a@4=4 -b@3 bb@5=5 c@6=6"],
    ["the next key when the visible version comes before the one sought", "a@3", "-b@3 bb@5=5 c@6=6"],
  ])("shows %s", (_, from, expected) => {
    expect(shown(memtable.visibleIterator(TIMESTAMP_MAX), from)).toBe(expected);
  });

  test.each([
    [0, ""],
    [1, "c@1=1"],
    [2, "a@2=2 c@1=1"],
    [3, "a@2=2 -b@3 c@1=1"],
    [5, "a@4=4 -b@3 bb@5=5 c@1=1"],
  ])("shows a reader at timestamp %i its own past", (timestamp, expected) => {
    expect(shown(memtable.visibleIterator(timestamp))).toBe(expected);
  });

  test.each([
    ["everything, tombstones included", "", "c@6=6 bb@5=5 -b@3 a@4=4"],
    ["what is before a key that is there", "b", "a@4=4"],
    ["that key too from behind its versions", `b@${BEHIND_VERSIONS}`, "-b@3 a@4=4"],
    ["what is before a place between two keys", "ba", "-b@3 a@4=4"],
    ["nothing from before all", "Z", ""],
    ["nothing from before the first key", "a", ""],
    ["everything from after all", "ca", "c@6=6 bb@5=5 -b@3 a@4=4"],
    ["no key whose visible version is the one sought", "a@4", ""],
    ["a key whose visible version comes before the one sought", "a@3", "a@4=4"],
  ])("shows backward %s", (_, from, expected) => {
    expect(shownBackward(memtable.visibleIterator(TIMESTAMP_MAX), from)).toBe(expected);
  });

  test("seeks to behind a key's versions", () => {
    expect(shown(memtable.visibleIterator(TIMESTAMP_MAX), `b@${BEHIND_VERSIONS}`)).toBe("bb@5=5 c@6=6");
  });

  test.each([
    [0, ""],
    [1, "c@1=1"],
    [3, "c@1=1 -b@3 a@2=2"],
  ])("shows a reader at timestamp %i its own past backward, too", (timestamp, expected) => {
    expect(shownBackward(memtable.visibleIterator(timestamp))).toBe(expected);
    expect(shownBackward(memtable.visibleIterator(timestamp), "d")).toBe(expected);
  });

  test("may turn at any entry", () => {
    const cursor = memtable.visibleIterator(TIMESTAMP_MAX);
    place(cursor, "b");
    cursor.next();
    cursor.previous();
    cursor.previous();
    expect(textOf([entryAt(cursor)])).toBe("a@4=4");
  });

  test("is invalid before it is placed, on an empty memtable, and past the end", () => {
    expect(memtable.visibleIterator(9).valid).toBe(false);
    const cursor = memtableOf("").visibleIterator(9);
    for (const from of ["", "a", "a@0"]) {
      place(cursor, from);
      expect(cursor.valid).toBe(false);
    }
    expect(shownBackward(cursor)).toBe("");
    expect(shownBackward(cursor, "a")).toBe("");
    expect(() => cursor.next()).toThrow("broken invariant");
    expect(() => cursor.previous()).toThrow("broken invariant");
  });

  test("knows the hash of the key and counts as one", () => {
    const cursor = memtable.visibleIterator(9);
    cursor.seekToFirst();
    expect(cursor.hash).toBe(fingerprint32(bytes("a"), 0, 1));
    expect(cursor.activeIterators).toBe(1);
  });
});

describe("a cursor over versions", () => {
  const memtable = memtableOf("c@1=1 a@2=2 -b@3 a@4=4 a@4=four bb@5=5 -a@7");

  test.each([
    ["everything, the newest first per key", "", "-a@7 a@4=four a@2=2 -b@3 bb@5=5 c@1=1"],
    ["from a key's first version", "a", "-a@7 a@4=four a@2=2 -b@3 bb@5=5 c@1=1"],
    ["from a version", "a@4", "a@4=four a@2=2 -b@3 bb@5=5 c@1=1"],
    ["from between two versions", "a@3", "a@2=2 -b@3 bb@5=5 c@1=1"],
    ["from the next key past the oldest version", "a@1", "-b@3 bb@5=5 c@1=1"],
    ["nothing past the oldest version of the last key", "c@0", ""],
    ["from a key that is not there", "aa@9", "-b@3 bb@5=5 c@1=1"],
  ])("shows %s", (_, from, expected) => {
    expect(shown(memtable.versionIterator(), from)).toBe(expected);
  });

  test("works on a frozen memtable", () => {
    const frozen = memtableOf("b@1=1 a@2=1");
    frozen.freeze();
    expect(shown(frozen.versionIterator())).toBe("a@2=1 b@1=1");
  });
});

describe("a cursor while puts go on", () => {
  test("keeps to its snapshot when keys are put before and after it", () => {
    const memtable = memtableOf("d@1=1 b@1=1 f@1=1");
    const cursor = memtable.visibleIterator(1);
    place(cursor, "");
    extend(memtable, "a@2=2 c@2=2 e@2=2 d@2=2 -f@3 g@3=3");
    expect(shown(memtable.visibleIterator(TIMESTAMP_MAX))).toBe("a@2=2 b@1=1 c@2=2 d@2=2 e@2=2 -f@3 g@3=3");
    expect(drainText(cursor)).toBe("b@1=1 d@1=1 f@1=1");
  });

  test("keeps to its snapshot backward", () => {
    const memtable = memtableOf("d@1=1 b@1=1 f@1=1");
    const cursor = memtable.visibleIterator(1);
    cursor.seekToLast();
    extend(memtable, "a@2=2 c@2=2 e@2=2 d@2=2 -f@3 g@3=3");
    // Nothing moves before somebody asks for the order.
    place(memtable.visibleIterator(3), "");
    expect(textOf(drainBackward(cursor))).toBe("f@1=1 d@1=1 b@1=1");
  });

  test("goes on from its key after the order was rebuilt many times", () => {
    const memtable = memtableOf("");
    const letters = [..."mxcqhzkbtowaefgdpyrnsjuliv"];
    extend(
      memtable,
      letters
        .slice(0, 13)
        .map((letter) => `${letter}@1=1`)
        .join(" "),
    );
    const cursor = memtable.visibleIterator(1);
    place(cursor, "");
    const shownKeys: string[] = [];
    for (const letter of letters.slice(13)) {
      shownKeys.push(textOf([entryAt(cursor)]));
      extend(memtable, `${letter}@2=2`);
      place(memtable.visibleIterator(2), "");
      cursor.next();
    }
    expect(cursor.valid).toBe(false);
    expect(shownKeys).toEqual(
      letters
        .slice(0, 13)
        .sort()
        .map((letter) => `${letter}@1=1`),
    );
  });

  test("may see keys that come later in ascending order only as far as its timestamp allows", () => {
    const memtable = memtableOf("a@1=1 b@1=1");
    const cursor = memtable.visibleIterator(1);
    place(cursor, "");
    extend(memtable, "c@2=2 d@2=2 a@2=2");
    expect(drainText(cursor)).toBe("a@1=1 b@1=1");
  });
});
