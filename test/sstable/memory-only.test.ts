import { describe, expect, test } from "vitest";
import { CorruptionError } from "../../src/errors.ts";
import { TIMESTAMP_MAX } from "../../src/key.ts";
import type { Missing } from "../../src/sstable/held.ts";
import type { SSTable } from "../../src/sstable/sstable.ts";
import { DelayedReads } from "../support/delayed-reads.ts";
import { randomOf } from "../support/random.ts";
import { bytesOf, compareEntries, type Entry, entries, getEntry, showEntry, TableFixture } from "../support/tables.ts";

/** What `get` finds, or what it leaves when it may use memory alone. */
function getFromMemory({ blocks }: TableFixture, table: SSTable, key: Uint8Array, readTimestamp = TIMESTAMP_MAX) {
  const missing: Missing[] = [];
  blocks.missing = missing;
  try {
    const found = getEntry(table, key, readTimestamp);
    return missing.length > 0 ? missing : found;
  } finally {
    blocks.missing = undefined;
  }
}

/** Holds all that is missing; answers what prevented it. */
function holdAll(missing: Missing[]): (Error | undefined)[] {
  const outcomes: (Error | undefined)[] = [];
  for (const each of missing) each.hold((error) => outcomes.push(error));
  return outcomes;
}

/** Holds what is missing until the key is found, and answers what, step by step. */
function getByHolding(fixture: TableFixture, reads: DelayedReads, table: SSTable, key: Uint8Array, at?: number) {
  const held: Missing[] = [];
  for (let step = 0; step < 5; step++) {
    const found = getFromMemory(fixture, table, key, at);
    if (typeof found === "string") {
      for (const each of held) each.release();
      return { found, steps: step };
    }
    holdAll(found);
    held.push(...found);
    reads.endAll();
  }
  throw new Error("holding what is missing leads nowhere");
}

const NUMBERS = "a@1=1 b@1=2 c@1=3 d@1=4 e@1=5 f@1=6";

describe("a look-up from memory alone", () => {
  test("names what is missing, the content first and then one block, and finds the key when these are held", () => {
    const fixture = new TableFixture();
    const table = fixture.make(1, "native", 40, entries(NUMBERS));
    const reads = new DelayedReads(fixture.fs);
    expect(getByHolding(fixture, reads, table, bytesOf("d"))).toEqual({ found: "d@1=4", steps: 2 });
    expect(getByHolding(fixture, reads, table, bytesOf("d"))).toEqual({ found: "d@1=4", steps: 0 });
    expect(getByHolding(fixture, reads, table, bytesOf("a"))).toEqual({ found: "a@1=1", steps: 1 });
    expect(getByHolding(fixture, reads, table, bytesOf("dd"))).toEqual({ found: "nothing", steps: 0 });
    expect(reads.synchronous).toBe(0);
  });

  test.each(["plain", "mvcc"] as const)("of a %s table lacks blocks alone", (format) => {
    const fixture = new TableFixture();
    const table = fixture.make(1, format, 40, entries(format === "plain" ? "a=1 b=2 c=3 d=4" : NUMBERS));
    const reads = new DelayedReads(fixture.fs);
    expect(getByHolding(fixture, reads, table, bytesOf("d")).steps).toBe(1);
  });

  test("of a block's first key lacks that block alone, although an older place would lie in the one before", () => {
    const fixture = new TableFixture();
    const table = fixture.make(1, "native", 40, entries(NUMBERS));
    const reads = new DelayedReads(fixture.fs);
    expect(table.blockCount).toBe(3);
    expect(getByHolding(fixture, reads, table, bytesOf("c"))).toEqual({ found: "c@1=3", steps: 1 });
    expect(getByHolding(fixture, reads, table, bytesOf("dd"))).toEqual({ found: "nothing", steps: 0 });
    expect(reads.begun).toBe(1);
  });

  test("goes on into the next block where a key's versions do", () => {
    const fixture = new TableFixture();
    const table = fixture.make(1, "native", 40, entries("a@9=1 b@9=9 b@7=7 b@5=5 b@3=3 b@1=1 c@1=1"));
    const reads = new DelayedReads(fixture.fs);
    for (const at of [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]) {
      const { found } = getByHolding(fixture, reads, table, bytesOf("b"), at);
      expect(found).toBe(getEntry(table, bytesOf("b"), at));
      table.close();
    }
  });

  test("by several who miss the same is read once", () => {
    const fixture = new TableFixture();
    const table = fixture.make(1, "native", 40, entries(NUMBERS));
    const reads = new DelayedReads(fixture.fs);
    const askedForContent = [1, 2, 3].map(() => getFromMemory(fixture, table, bytesOf("d")) as Missing[]);
    const outcomes = askedForContent.map(holdAll);
    reads.endAll();
    expect(outcomes).toEqual([[undefined], [undefined], [undefined]]);
    const begunForContent = reads.begun;
    const askedForBlock = [1, 2, 3].map(() => getFromMemory(fixture, table, bytesOf("d")) as Missing[]);
    askedForBlock.map(holdAll);
    reads.endAll();
    expect([begunForContent, reads.begun - begunForContent]).toEqual([3, 1]);
    for (const each of [...askedForContent, ...askedForBlock].flat()) each.release();
    expect(getFromMemory(fixture, table, bytesOf("d"))).toBe("d@1=4");
  });
});

describe("what is held", () => {
  test("stays while a cache that has no room for it, and a table cache that gives up the table, let it go", () => {
    const fixture = new TableFixture({ cacheSizeBytes: 0, maxOpenFiles: 4 });
    const table = fixture.make(1, "native", 40, entries(NUMBERS));
    const reads = new DelayedReads(fixture.fs);
    const held: Missing[] = [];
    for (let found = getFromMemory(fixture, table, bytesOf("d")); typeof found !== "string"; ) {
      held.push(...found);
      holdAll(found);
      reads.endAll();
      fixture.tables.closeAll();
      found = getFromMemory(fixture, table, bytesOf("d"));
    }
    expect(held).toHaveLength(2);
    expect(getFromMemory(fixture, table, bytesOf("d"))).toBe("d@1=4");
    expect([reads.synchronous, fixture.fs.openNow]).toEqual([0, 0]);
    for (const each of held) each.release();
    expect(getFromMemory(fixture, table, bytesOf("d"))).toHaveLength(1);
    expect(fixture.blocks.usedBytes).toBe(0);
  });

  test("is not kept by a table whose descriptor went while it was read", () => {
    const fixture = new TableFixture();
    const table = fixture.make(1, "native", 40, entries(NUMBERS));
    const reads = new DelayedReads(fixture.fs);
    const missing = getFromMemory(fixture, table, bytesOf("d")) as Missing[];
    holdAll(missing);
    while (reads.begun < 3) reads.endOne();
    table.close();
    reads.endAll();
    expect(getFromMemory(fixture, table, bytesOf("d"))).toHaveLength(1);
    for (const each of missing) each.release();
    // Its room would never be given back.
    expect([fixture.blocks.usedBytes, fixture.fs.openNow]).toEqual([0, 0]);
  });

  test("that somebody who waited for the disk has read meanwhile is the same", () => {
    const fixture = new TableFixture();
    const table = fixture.make(1, "native", 40, entries(NUMBERS));
    const reads = new DelayedReads(fixture.fs);
    const held = holdAll(getFromMemory(fixture, table, bytesOf("d")) as Missing[]);
    expect(getEntry(table, bytesOf("d"))).toBe("d@1=4");
    const { usedBytes } = fixture.blocks;
    const { content } = table;
    reads.endAll();
    expect(held).toEqual([undefined]);
    expect(table.content).toBe(content);
    expect(fixture.blocks.usedBytes).toBe(usedBytes);
  });

  test("takes no room for a block that was cached while it was read", () => {
    const fixture = new TableFixture();
    const table = fixture.make(1, "native", 40, entries(NUMBERS));
    const reads = new DelayedReads(fixture.fs);
    expect(table.blockCount).toBeGreaterThan(1);
    holdAll(getFromMemory(fixture, table, bytesOf("d")) as Missing[]);
    getEntry(table, bytesOf("d"));
    const { usedBytes } = fixture.blocks;
    reads.endAll();
    expect(fixture.blocks.usedBytes).toBe(usedBytes);
  });

  test("tells everybody who waits what is wrong with it, and is tried again by the next one", () => {
    const fixture = new TableFixture();
    const table = fixture.make(1, "native", 40, entries(NUMBERS));
    const reads = new DelayedReads(fixture.fs);
    expect(table.blockCount).toBeGreaterThan(1);
    const sound = fixture.bytes(1);
    fixture.put(
      1,
      sound.map((byte, at) => (at === 45 ? byte ^ 1 : byte)),
    );
    const missing = [1, 2].flatMap(() => getFromMemory(fixture, table, bytesOf("a")) as Missing[]);
    const outcomes = holdAll(missing);
    reads.endAll();
    expect(outcomes).toEqual([expect.any(CorruptionError), expect.any(CorruptionError)]);
    expect(holdAll([missing[0]!])).toEqual([expect.any(CorruptionError)]);
    fixture.put(1, sound);
    for (const each of [...missing, missing[0]!]) each.release();
    const again = holdAll(getFromMemory(fixture, table, bytesOf("a")) as Missing[]);
    reads.endAll();
    expect(again).toEqual([undefined]);
  });

  test("of a damaged content is what is wrong with it", () => {
    const fixture = new TableFixture();
    const table = fixture.make(1, "native", 40, entries(NUMBERS));
    const reads = new DelayedReads(fixture.fs);
    const sound = fixture.bytes(1);
    for (const damagedAt of [3, sound.length - 20, sound.length - 100]) {
      fixture.put(
        1,
        sound.map((byte, at) => (at === damagedAt ? byte ^ 1 : byte)),
      );
      const missing = getFromMemory(fixture, table, bytesOf("a")) as Missing[];
      const outcomes = holdAll(missing);
      reads.endAll();
      expect(outcomes).toEqual([expect.any(CorruptionError)]);
      for (const each of missing) each.release();
    }
  });
});

test.each([1, 2, 3, 4, 5])("look-ups that share what they hold find what others find (seed %i)", (seed) => {
  const random = randomOf(seed);
  const fixture = new TableFixture({ cacheSizeBytes: random(2) * 500, maxOpenFiles: 4 });
  const given = Array.from({ length: 120 }, (): Entry => {
    const key = bytesOf(String.fromCharCode(97 + random(20)).repeat(1 + random(3)));
    return { key, timestamp: 1 + random(50), value: bytesOf("v".repeat(random(20))) };
  }).sort(compareEntries);
  const distinct = given.filter((entry, at) => at === 0 || compareEntries(given[at - 1]!, entry) < 0);
  const table = fixture.make(1, "native", 64, distinct);
  const reads = new DelayedReads(fixture.fs, seed);
  type Look = { key: Uint8Array; at: number; held: Missing[]; left: number };
  let looks: Look[] = [];
  const found: string[] = [];
  const expected: string[] = [];
  for (let step = 0; step < 3000; step++) {
    const kind = random(10);
    if (kind < 2 && looks.length < 8) {
      const { key } = distinct[random(distinct.length)]!;
      const look: Look = { key, at: random(52), held: [], left: 0 };
      looks.push(look);
    } else if (kind < 6) {
      reads.endOne();
    } else if (kind === 6) {
      if (random(4) === 0) table.close();
    } else {
      const look = looks[random(Math.max(looks.length, 1))];
      if (look === undefined || look.left > 0) continue;
      const answer = getFromMemory(fixture, table, look.key, look.at);
      if (typeof answer === "string") {
        for (const each of look.held) each.release();
        looks = looks.filter((other) => other !== look);
        found.push(answer);
        const newest = distinct.find(
          (entry) => Buffer.compare(entry.key, look.key) === 0 && entry.timestamp <= look.at,
        );
        expected.push(newest === undefined ? "nothing" : showEntry(newest));
      } else {
        look.left = answer.length;
        look.held.push(...answer);
        for (const each of answer) {
          each.hold((error) => {
            expect(error).toBeUndefined();
            look.left--;
          });
        }
      }
    }
  }
  expect(found).toEqual(expected);
  expect(found.length).toBeGreaterThan(50);
  expect(reads.synchronous).toBe(0);
});
