import { describe, expect, test } from "vitest";
import { BEHIND_VERSIONS } from "../../src/iterator/storage-iterator.ts";
import { TIMESTAMP_MAX } from "../../src/key.ts";
import type { SSTable } from "../../src/sstable/sstable.ts";
import { VisibleRunIterator } from "../../src/sstable/visible-run-iterator.ts";
import { randomOf } from "../support/random.ts";
import {
  bytesOf,
  compareEntries,
  currentEntry,
  drain,
  drainBackward,
  type Entry,
  entries,
  showEntry,
  TableFixture,
} from "../support/tables.ts";

/** Tables apart by `/`, entries as in `entries`. */
function runOf(notation: string, blockSizeBytes = 4096): SSTable[] {
  const fixture = new TableFixture();
  return notation.split(" / ").map((table, id) => fixture.make(id, "mvcc", blockSizeBytes, entries(table)));
}

function seen(run: readonly SSTable[], readTimestamp: number): string {
  const cursor = new VisibleRunIterator(run, readTimestamp);
  cursor.seekToFirst();
  return drain(cursor).map(showEntry).join(" ");
}

function seenBackward(run: readonly SSTable[], readTimestamp: number): string {
  const cursor = new VisibleRunIterator(run, readTimestamp);
  cursor.seekToLast();
  return drainBackward(cursor).map(showEntry).join(" ");
}

const VERSIONS = "a@7= a@3=x aa@9=y aa@2=z b@5=new b@4=old / c@6=1 c@1=2 d@8=3";

describe("a reader of a run sees", () => {
  test.each([
    [TIMESTAMP_MAX, "a@7= aa@9=y b@5=new c@6=1 d@8=3"],
    [8, "a@7= aa@2=z b@5=new c@6=1 d@8=3"],
    [6, "a@3=x aa@2=z b@5=new c@6=1"],
    [5, "a@3=x aa@2=z b@5=new c@1=2"],
    [4, "a@3=x aa@2=z b@4=old c@1=2"],
    [2, "aa@2=z c@1=2"],
    [1, "c@1=2"],
    [0, ""],
  ])("at %i of each key the newest version that is not newer", (readTimestamp, expected) => {
    for (const blockSizeBytes of [16, 40, 4096]) {
      expect(seen(runOf(VERSIONS, blockSizeBytes), readTimestamp)).toBe(expected);
      const reversed = expected.split(" ").reverse().join(" ");
      expect(seenBackward(runOf(VERSIONS, blockSizeBytes), readTimestamp)).toBe(reversed);
    }
  });

  test("a key once, however many blocks its versions fill", () => {
    const versions = Array.from({ length: 500 }, (_, index) => `k@${500 - index}=${index}`).join(" ");
    const run = runOf(`j@1=first ${versions} l@1=last`, 64);
    expect(run[0]?.blockCount).toBeGreaterThan(100);
    expect(seen(run, 250)).toBe("j@1=first k@250=250 l@1=last");
    for (const readTimestamp of [500, 499, 250, 2, 1]) {
      const expected = `l@1=last k@${readTimestamp}=${500 - readTimestamp} j@1=first`;
      expect(seenBackward(run, readTimestamp)).toBe(expected);
    }
  });

  test("keys that go on where the one before ends", () => {
    const run = runOf("k@2=1 k@1=0 kk@2=1 kkk@3=1 kkk@2=0 kkkk@1=1", 16);
    expect(seen(run, 9)).toBe("k@2=1 kk@2=1 kkk@3=1 kkkk@1=1");
    expect(seenBackward(run, 9)).toBe("kkkk@1=1 kkk@3=1 kk@2=1 k@2=1");
  });

  test("nothing in a run without tables", () => {
    expect(seen([], 9)).toBe("");
    expect(seenBackward([], 9)).toBe("");
  });
});

describe("a seek stands on the first entry at or after its target that the reader sees", () => {
  test.each([
    ["aa", TIMESTAMP_MAX, 9, "aa@9=y"],
    ["aa", TIMESTAMP_MAX, 8, "aa@2=z"],
    ["aa", 2, 9, "b@5=new"],
    ["aa", 9, 9, "aa@9=y"],
    ["a", TIMESTAMP_MAX, 2, "aa@2=z"],
    ["ab", TIMESTAMP_MAX, 9, "b@5=new"],
    ["b", 4, 9, "c@6=1"],
    ["c", TIMESTAMP_MAX, 9, "c@6=1"],
    ["bb", TIMESTAMP_MAX, 4, "c@1=2"],
    ["d", TIMESTAMP_MAX, 7, "end"],
    ["e", TIMESTAMP_MAX, 9, "end"],
  ])("at %s@%i for a reader at %i", (key, timestamp, readTimestamp, expected) => {
    for (const blockSizeBytes of [16, 4096]) {
      const cursor = new VisibleRunIterator(runOf(VERSIONS, blockSizeBytes), readTimestamp);
      const target = bytesOf(key);
      cursor.seek(target, 0, target.length, timestamp);
      const [first] = cursor.valid ? drain(cursor) : [];
      expect(first === undefined ? "end" : showEntry(first)).toBe(expected);
    }
  });
});

describe("a seek backward stands on the last entry before its place that the reader sees", () => {
  test.each([
    ["aa", TIMESTAMP_MAX, 9, "a@7="],
    ["aa", BEHIND_VERSIONS, 9, "aa@9=y"],
    ["aa", BEHIND_VERSIONS, 8, "aa@2=z"],
    ["aa", 2, 9, "aa@9=y"],
    ["aa", 9, 9, "a@7="],
    ["aa", 2, 8, "a@7="],
    ["aa", BEHIND_VERSIONS, 1, "end"],
    ["a", TIMESTAMP_MAX, 9, "end"],
    ["a", BEHIND_VERSIONS, 2, "end"],
    ["ab", TIMESTAMP_MAX, 9, "aa@9=y"],
    ["c", TIMESTAMP_MAX, 9, "b@5=new"],
    ["d", TIMESTAMP_MAX, 4, "c@1=2"],
    ["d", BEHIND_VERSIONS, 7, "c@6=1"],
    ["e", TIMESTAMP_MAX, 9, "d@8=3"],
  ])("before %s@%i for a reader at %i", (key, timestamp, readTimestamp, expected) => {
    for (const blockSizeBytes of [16, 4096]) {
      const cursor = new VisibleRunIterator(runOf(VERSIONS, blockSizeBytes), readTimestamp);
      const target = bytesOf(key);
      cursor.seekBackward(target, 0, target.length, timestamp);
      const [first] = cursor.valid ? drainBackward(cursor) : [];
      expect(first === undefined ? "end" : showEntry(first)).toBe(expected);
    }
  });
});

test("backward reads each block of a table once", () => {
  const fixture = new TableFixture({ cacheSizeBytes: 0 });
  const list = Array.from({ length: 50 }, (_, index) => [`k${index + 10}@9=new`, `k${index + 10}@3=old`]).flat();
  const table = fixture.make(1, "mvcc", 64, entries(list.join(" ")));
  const before = fixture.fs.reads;
  expect(seenBackward([table], 9).split(" ")).toHaveLength(50);
  expect(fixture.fs.reads - before).toBe(table.blockCount);
});

test("of a key with versions in many blocks only those are read that are sought", () => {
  const fixture = new TableFixture({ cacheSizeBytes: 0 });
  const versions = Array.from({ length: 500 }, (_, index) => `k@${500 - index}=${index}`).join(" ");
  const table = fixture.make(1, "mvcc", 64, entries(`j@1=first ${versions} l@1=last`));
  expect(table.blockCount).toBeGreaterThan(100);
  const cursor = new VisibleRunIterator([table], 250);
  const readBy = (move: () => void): string => {
    const before = fixture.fs.reads;
    move();
    return `${showEntry(currentEntry(cursor))} in ${fixture.fs.reads - before}`;
  };
  const [j, k] = [bytesOf("j"), bytesOf("k")];
  expect(readBy(() => cursor.seek(k, 0, 1, BEHIND_VERSIONS))).toBe("l@1=last in 1");
  expect(readBy(() => cursor.seek(k, 0, 1, TIMESTAMP_MAX))).toBe("k@250=250 in 1");
  expect(readBy(() => cursor.seekBackward(k, 0, 1, BEHIND_VERSIONS))).toBe("k@250=250 in 2");
  expect(readBy(() => cursor.seekBackward(k, 0, 1, TIMESTAMP_MAX))).toBe("j@1=first in 1");
  expect(readBy(() => cursor.seekBackward(j, 0, 1, BEHIND_VERSIONS))).toBe("j@1=first in 1");
});

test.each(["mvcc", "native"] as const)("random runs show what a look at every version shows, %s", (format) => {
  for (let seed = 1; seed <= 60; seed++) {
    const random = randomOf(seed);
    const all = randomVersions(random);
    const cut = random(all.length);
    const firstOfNext = all.findIndex((entry, index) => index >= cut && !sameKey(entry, all[index - 1]));
    const fixture = new TableFixture();
    const parts = firstOfNext <= 0 ? [all] : [all.slice(0, firstOfNext), all.slice(firstOfNext)];
    const run = parts.map((part, id) => fixture.make(id, format, 16 + random(200), part));
    for (const readTimestamp of [0, 1, 5, 10, 19, 20, TIMESTAMP_MAX]) {
      const visible = all.filter((entry) => entry.timestamp <= readTimestamp);
      const expected = visible.filter((entry, index) => !sameKey(entry, visible[index - 1]));
      expect(`${seed} ${seen(run, readTimestamp)}`).toBe(`${seed} ${expected.map(showEntry).join(" ")}`);
      const backward = expected.toReversed().map(showEntry).join(" ");
      expect(`${seed} ${seenBackward(run, readTimestamp)}`).toBe(`${seed} ${backward}`);
      for (let seeks = 0; seeks < 4; seeks++) {
        checkSeeks(run, readTimestamp, all[random(all.length)]!.key, expected);
      }
    }
  }
});

/** Both seeks to both places around a key, and what follows. */
function checkSeeks(run: readonly SSTable[], readTimestamp: number, key: Uint8Array, all: readonly Entry[]): void {
  const cursor = new VisibleRunIterator(run, readTimestamp);
  for (const timestamp of [TIMESTAMP_MAX, 10, 5, BEHIND_VERSIONS]) {
    const behind = all.filter((entry) => compareEntries(entry, { key, timestamp }) >= 0);
    cursor.seek(key, 0, key.length, timestamp);
    expect(drain(cursor).map(showEntry)).toEqual(behind.map(showEntry));
    cursor.seekBackward(key, 0, key.length, timestamp);
    const before = all.slice(0, all.length - behind.length).reverse();
    expect(drainBackward(cursor).map(showEntry)).toEqual(before.map(showEntry));
  }
}

function randomVersions(random: (below: number) => number): Entry[] {
  const versions = new Map<string, Entry>();
  for (let count = 1 + random(150); count > 0; count--) {
    const key = "ab"[random(2)]?.repeat(1 + random(8)) + "cd".slice(random(3));
    const timestamp = 1 + random(20);
    versions.set(`${key}@${timestamp}`, { key: bytesOf(key), timestamp, value: bytesOf("v".repeat(random(5))) });
  }
  return [...versions.values()].sort(compareEntries);
}

function sameKey(left: Entry, right: Entry | undefined): boolean {
  return right !== undefined && Buffer.compare(left.key, right.key) === 0;
}
