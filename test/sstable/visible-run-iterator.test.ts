import { describe, expect, test } from "vitest";
import { TIMESTAMP_MAX } from "../../src/key.ts";
import type { SSTable } from "../../src/sstable/sstable.ts";
import { VisibleRunIterator } from "../../src/sstable/visible-run-iterator.ts";
import { randomOf } from "../support/random.ts";
import { bytesOf, compareEntries, drain, type Entry, entries, showEntry, TableFixture } from "../support/tables.ts";

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
    for (const blockSizeBytes of [16, 40, 4096])
      expect(seen(runOf(VERSIONS, blockSizeBytes), readTimestamp)).toBe(expected);
  });

  test("a key once, however many blocks its versions fill", () => {
    const versions = Array.from({ length: 500 }, (_, index) => `k@${500 - index}=${index}`).join(" ");
    const run = runOf(`j@1=first ${versions} l@1=last`, 64);
    expect(run[0]?.blockCount).toBeGreaterThan(100);
    expect(seen(run, 250)).toBe("j@1=first k@250=250 l@1=last");
  });

  test("keys that go on where the one before ends", () => {
    expect(seen(runOf("k@2=1 k@1=0 kk@2=1 kkk@3=1 kkk@2=0 kkkk@1=1", 16), 9)).toBe("k@2=1 kk@2=1 kkk@3=1 kkkk@1=1");
  });

  test("nothing in a run without tables", () => {
    expect(seen([], 9)).toBe("");
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

test("random runs show what a look at every version shows", () => {
  for (let seed = 1; seed <= 60; seed++) {
    const random = randomOf(seed);
    const all = randomVersions(random);
    const cut = random(all.length);
    const firstOfNext = all.findIndex((entry, index) => index >= cut && !sameKey(entry, all[index - 1]));
    const fixture = new TableFixture();
    const parts = firstOfNext <= 0 ? [all] : [all.slice(0, firstOfNext), all.slice(firstOfNext)];
    const run = parts.map((part, id) => fixture.make(id, "mvcc", 16 + random(200), part));
    for (const readTimestamp of [0, 1, 5, 10, 19, 20, TIMESTAMP_MAX]) {
      const visible = all.filter((entry) => entry.timestamp <= readTimestamp);
      const expected = visible.filter((entry, index) => !sameKey(entry, visible[index - 1]));
      expect(`${seed} ${seen(run, readTimestamp)}`).toBe(`${seed} ${expected.map(showEntry).join(" ")}`);
    }
  }
});

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
