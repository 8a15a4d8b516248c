import { describe, expect, test } from "vitest";
import type { Direction } from "../../src/iterator/merge-order.ts";
import { BEHIND_VERSIONS } from "../../src/iterator/storage-iterator.ts";
import { TIMESTAMP_MAX } from "../../src/key.ts";
import { type FeedRange, RunFeed } from "../../src/sstable/run-feed.ts";
import { RunIterator } from "../../src/sstable/run-iterator.ts";
import type { SSTable } from "../../src/sstable/sstable.ts";
import { VisibleRunIterator } from "../../src/sstable/visible-run-iterator.ts";
import { DelayedReads } from "../support/delayed-reads.ts";
import { randomOf } from "../support/random.ts";
import {
  bytesOf,
  compareEntries,
  currentEntry,
  drain,
  drainBackward,
  type Entry,
  getEntry,
  numberedEntries,
  showEntry,
  TableFixture,
} from "../support/tables.ts";

const WHOLE: FeedRange = { direction: "ascending", end: undefined };

/** A cursor that waits for nothing, and what makes it go on. */
class Fed {
  readonly gate = { isWaiting: false };
  readonly feed: RunFeed;
  readonly cursor: RunIterator;
  readonly #reads: DelayedReads;
  /** How often it had to wait. */
  waits = 0;
  /** Whether what was begun is done before the next step. */
  isDiskFast = false;

  constructor(run: readonly SSTable[], range: FeedRange, reads: DelayedReads, readTimestamp: number | undefined) {
    this.#reads = reads;
    this.feed = new RunFeed(run, range, this.gate);
    this.cursor =
      readTimestamp === undefined
        ? new RunIterator(run, this.feed)
        : new VisibleRunIterator(run, readTimestamp, this.feed);
  }

  /** Moves the cursor and waits until it stands where it should. */
  move(move: (cursor: RunIterator) => void): void {
    move(this.cursor);
    for (; this.cursor.isWaiting; this.waits++) {
      if (this.waits > 10_000) throw new Error("waiting leads nowhere");
      expect([this.gate.isWaiting, this.cursor.valid]).toEqual([true, false]);
      let isLoaded = false;
      this.feed.load((error) => {
        if (error !== undefined) throw error;
        isLoaded = true;
      });
      while (!isLoaded) if (!this.#reads.endOne()) throw new Error("nothing is under way");
      this.gate.isWaiting = false;
      this.cursor.resume();
    }
  }

  /** The rest, in the direction of the scan. */
  rest(direction: Direction): Entry[] {
    const found: Entry[] = [];
    while (this.cursor.valid) {
      found.push(currentEntry(this.cursor));
      if (this.isDiskFast) this.#reads.endAll();
      this.move((cursor) => (direction === "ascending" ? cursor.next() : cursor.previous()));
    }
    return found;
  }
}

/** `count` tables of a hundred entries each, cold. */
function coldRun(count: number, fixture = new TableFixture()) {
  const given = Array.from({ length: count }, (_, id) =>
    numberedEntries(100, 4).map((entry) => ({
      key: bytesOf(`${String(id).padStart(3, "0")}${Buffer.from(entry.key)}`),
      timestamp: 1,
      value: bytesOf("v".repeat(500)),
    })),
  );
  const run = given.map((part, id) => fixture.make(id, "native", 1000, part));
  return { fixture, run, all: given.flat(), reads: new DelayedReads(fixture.fs) };
}

describe("a scan that waits for no disk", () => {
  test.each(["ascending", "descending"] as const)("reads ahead in windows that grow, %s", (direction) => {
    const { run, all, reads } = coldRun(8);
    const fed = new Fed(run, { direction, end: undefined }, reads, undefined);
    fed.isDiskFast = true;
    fed.move((cursor) => (direction === "ascending" ? cursor.seekToFirst() : cursor.seekToLast()));
    const expected = direction === "ascending" ? all : all.toReversed();
    expect(fed.rest(direction).map(showEntry)).toEqual(expected.map(showEntry));
    expect(reads.synchronous).toBe(0);
    // Three reads for each of eight contents, and at first a window of 16 KiB for tables of 50 KiB.
    expect(reads.begun).toBeLessThan(8 * 3 + 8 + 3);
    // For the first content, the first window and the one after it; then everything was read ahead.
    expect(fed.waits).toBe(3);
  });

  test("reads no more than its first window when it ends soon", () => {
    const { run, reads } = coldRun(1);
    const fed = new Fed(run, WHOLE, reads, undefined);
    fed.move((cursor) => cursor.seekToFirst());
    for (let step = 0; step < 10; step++) fed.move((cursor) => cursor.next());
    reads.endAll();
    expect(reads.begun).toBe(3 + 1);
  });

  test("reads nothing past its range, in either direction", () => {
    const { run, all, reads, fixture } = coldRun(3);
    const end = all[150]!;
    const before = fixture.fs.reads;
    const up = new Fed(run, { direction: "ascending", end: { key: end.key, timestamp: TIMESTAMP_MAX } }, reads, 1);
    up.move((cursor) => cursor.seek(all[145]!.key, 0, 11, TIMESTAMP_MAX));
    const seen = up.rest("ascending").map(showEntry);
    expect(seen.slice(0, 5)).toEqual(all.slice(145, 150).map(showEntry));
    expect(seen.length).toBeLessThan(5 + 2);
    const down = new Fed(run, { direction: "descending", end: { key: end.key, timestamp: BEHIND_VERSIONS } }, reads, 1);
    down.move((cursor) => cursor.seekBackward(all[153]!.key, 0, 11, BEHIND_VERSIONS));
    expect(down.rest("descending").map(showEntry).slice(0, 3)).toEqual(
      [all[153]!, all[152]!, all[151]!].map(showEntry),
    );
    // The content of the middle table, and a few blocks.
    expect(fixture.fs.reads - before).toBeLessThan(3 + 3);
  });

  test("uses what is cached, leaves small windows to the cache, and drives nothing out", () => {
    const fixture = new TableFixture({ cacheSizeBytes: 40_000 });
    const { run, all, reads } = coldRun(2, fixture);
    const hot = all.slice(0, 20);
    for (const { key } of hot) getEntry(run[0]!, key);
    const fed = new Fed(run, WHOLE, reads, undefined);
    fed.move((cursor) => cursor.seekToFirst());
    expect(fed.rest("ascending")).toHaveLength(200);
    const again = new Fed(run, WHOLE, reads, undefined);
    again.move((cursor) => cursor.seekToFirst());
    for (let step = 1; step < 16; step++) again.move((cursor) => cursor.next());
    expect(again.waits).toBe(0);
  });

  test("is told what is wrong, and may try again", () => {
    const { run, fixture, reads } = coldRun(1);
    expect(run[0]!.blockCount).toBeGreaterThan(10);
    const sound = fixture.bytes(0);
    fixture.put(
      0,
      sound.map((byte, at) => (at === 3000 ? byte ^ 1 : byte)),
    );
    const fed = new Fed(run, WHOLE, reads, undefined);
    expect(() => fed.move((cursor) => cursor.seekToFirst())).toThrow("checksum of block");
    fixture.put(0, sound);
    fed.feed.load(() => {});
    reads.endAll();
    fed.cursor.resume();
    expect(fed.cursor.valid).toBe(true);
  });

  test("forgets what it waited for when it is placed elsewhere", () => {
    const { run, all, reads } = coldRun(3);
    const fed = new Fed(run, WHOLE, reads, 1);
    fed.cursor.seekToFirst();
    fed.feed.load(() => {});
    fed.move((cursor) => cursor.seek(all[250]!.key, 0, 11, TIMESTAMP_MAX));
    expect(fed.rest("ascending").map(showEntry)).toEqual(all.slice(250).map(showEntry));
    reads.endAll();
    expect(fed.cursor.isWaiting).toBe(false);
  });
});

describe.each(["plain", "mvcc", "native"] as const)("random scans of %s runs", (format) => {
  test.each(["ascending", "descending"] as const)("show what those show that wait for the disk, %s", (direction) => {
    for (let seed = 1; seed <= 40; seed++) {
      const random = randomOf(seed);
      const all = randomVersions(random, format === "plain" ? 1 : 40);
      const fixture = new TableFixture({ cacheSizeBytes: random(3) * 600, maxOpenFiles: 3 + random(3) });
      const run = cutIntoTables(all, random).map((part, id) => fixture.make(id, format, 16 + random(200), part));
      const reads = new DelayedReads(fixture.fs, seed);
      const readTimestamp = format === "plain" ? undefined : random(42);
      const endKey = all[random(all.length)]!.key;
      const end =
        random(3) === 0 ? undefined : { key: endKey, timestamp: [TIMESTAMP_MAX, BEHIND_VERSIONS][random(2)]! };
      const isInside = (entry: Entry): boolean => {
        const order = end === undefined ? 0 : compareEntries({ key: entry.key, timestamp: 0.5 }, end);
        return end === undefined || (direction === "ascending" ? order < 0 : order > 0);
      };
      const sync = readTimestamp === undefined ? new RunIterator(run) : new VisibleRunIterator(run, readTimestamp);
      const fed = new Fed(run, { direction, end }, reads, readTimestamp);
      for (let seeks = 0; seeks < 6; seeks++) {
        const { key } = all[random(all.length)]!;
        const timestamp = [TIMESTAMP_MAX, BEHIND_VERSIONS][random(2)]!;
        const isWhole = random(3) === 0;
        const place = (cursor: RunIterator): void => {
          if (isWhole && direction === "ascending") cursor.seekToFirst();
          else if (isWhole) cursor.seekToLast();
          else if (direction === "ascending") cursor.seek(key, 0, key.length, timestamp);
          else cursor.seekBackward(key, 0, key.length, timestamp);
        };
        place(sync);
        const expected = (direction === "ascending" ? drain(sync) : drainBackward(sync)).filter(isInside);
        const before = reads.synchronous;
        fed.move(place);
        const found = fed.rest(direction).filter(isInside);
        expect(`${seed} ${found.map(showEntry).join(" ")}`).toBe(`${seed} ${expected.map(showEntry).join(" ")}`);
        expect(reads.synchronous).toBe(before);
        if (random(2) === 0) fixture.tables.closeAll();
        if (random(2) === 0) reads.endAll();
      }
    }
  });
});

/** Few keys with many versions, and some keys between. */
function randomVersions(random: (below: number) => number, versionsMax: number): Entry[] {
  const found: Entry[] = [];
  for (let key = 0; key < 30; key++) {
    const count = random(4) === 0 ? 1 + random(versionsMax) : 1;
    for (let version = count; version > 0; version--) {
      found.push({
        key: bytesOf(`k${String(key).padStart(2, "0")}${"x".repeat(random(2) * 3)}`.slice(0, 3)),
        timestamp: versionsMax === 1 ? 0 : version,
        value: bytesOf("v".repeat(1 + random(8))),
      });
    }
  }
  return found.sort(compareEntries);
}

/** Versions of a key stay together. */
function cutIntoTables(all: readonly Entry[], random: (below: number) => number): Entry[][] {
  const tables: Entry[][] = [[]];
  for (const [index, entry] of all.entries()) {
    const isNewKey = index > 0 && Buffer.compare(entry.key, all[index - 1]!.key) !== 0;
    if (isNewKey && random(8) === 0) tables.push([]);
    tables.at(-1)!.push(entry);
  }
  return tables;
}
