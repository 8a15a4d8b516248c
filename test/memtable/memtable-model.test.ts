import { describe, expect, test } from "vitest";
import { BEHIND_VERSIONS } from "../../src/iterator/storage-iterator.ts";
import { ENTRY_KIND } from "../../src/key.ts";
import { Memtable } from "../../src/memtable/memtable.ts";
import type { MemtableIterator, VisibleMemtableIterator } from "../../src/memtable/memtable-iterator.ts";
import type { Entry } from "../support/entries.ts";
import { compareEntries, drain, drainBackward, entryAt } from "../support/entries.ts";
import { get, put } from "../support/memtable.ts";
import { MemtableModel } from "../support/memtable-model.ts";
import { modelSeeds } from "../support/model-options.ts";
import { randomOf } from "../support/random.ts";

/** A cursor, the way it goes, and what it must show from where it was placed. */
type OpenCursor = {
  readonly cursor: VisibleMemtableIterator;
  readonly move: "next" | "previous";
  readonly expected: readonly Entry[];
  at: number;
};

/** Short binary keys, so that overwrites, shared prefixes, 0x00 and 0xff abound; now and then a long one, or an empty one. */
function randomKey(random: (below: number) => number): Uint8Array {
  const alphabet = [0x00, 0x01, 0x61, 0xff];
  const length = random(50) === 0 ? random(300) : random(7);
  const repeated = alphabet[random(4)]!;
  return Uint8Array.from({ length }, (_, at) => (at < length - 6 ? repeated : alphabet[random(4)]!));
}

function sameEntry(a: Entry, b: Entry): boolean {
  return compareEntries(a, b) === 0 && a.kind === b.kind && Buffer.compare(a.value, b.value) === 0;
}

function expectSame(actual: readonly Entry[], expected: readonly Entry[]): void {
  expect(actual.length).toBe(expected.length);
  for (const [at, entry] of actual.entries()) {
    if (!sameEntry(entry, expected[at]!)) expect(entry).toEqual(expected[at]);
  }
}

class Run {
  readonly memtable: Memtable = new Memtable(1, { entryOverheadBytes: 8 });
  readonly model: MemtableModel = new MemtableModel();
  readonly random: (below: number) => number;
  timestamp = 0;
  sizeBytes = 0;
  cursors: OpenCursor[] = [];

  constructor(seed: number) {
    this.random = randomOf(seed);
  }

  put(): void {
    const { random } = this;
    // Half of the puts share their timestamp with the one before, as records of one batch do.
    this.timestamp += random(2);
    const kind = random(5) === 0 ? ENTRY_KIND.delete : ENTRY_KIND.put;
    const length = kind === ENTRY_KIND.delete ? 0 : random(100) === 0 ? random(3000) : random(80);
    const value = new Uint8Array(length).fill(random(256));
    const entry = { key: randomKey(random), timestamp: this.timestamp, kind, value };
    put(this.memtable, entry);
    this.model.put(entry);
    this.sizeBytes += entry.key.length + length + 8;
  }

  get(): void {
    const key = randomKey(this.random);
    const timestamp = this.random(this.timestamp + 2);
    const expected = this.model.get(key, timestamp);
    const actual = get(this.memtable, key, timestamp);
    if (actual === undefined || expected === undefined) expect(actual).toBe(expected);
    else expectSame([actual], [expected]);
  }

  /** A cursor in the past: what it shows is fixed, whatever is put from now on. */
  open(): void {
    const readTimestamp = this.random(this.timestamp);
    const cursor = this.memtable.visibleIterator(readTimestamp);
    const all = this.model.visible(readTimestamp);
    if (this.random(2) === 0) this.cursors.push({ cursor, move: "next", expected: this.seek(cursor, all), at: 0 });
    else this.cursors.push({ cursor, move: "previous", expected: this.seekBackward(cursor, all), at: 0 });
    if (this.cursors.length > 8) this.finish(this.cursors.splice(this.random(8), 1)[0]!);
  }

  /** Places a cursor somewhere and answers what lies behind the place. */
  seek(cursor: MemtableIterator, all: readonly Entry[]): readonly Entry[] {
    if (this.random(4) === 0) {
      cursor.seekToFirst();
      return all;
    }
    const place = this.place();
    cursor.seek(place.key, 0, place.key.length, place.timestamp);
    return all.filter((entry) => compareEntries(entry, place) >= 0);
  }

  /** Places a cursor somewhere and answers what lies before the place, the nearest first. */
  seekBackward(cursor: VisibleMemtableIterator, all: readonly Entry[]): readonly Entry[] {
    if (this.random(4) === 0) {
      cursor.seekToLast();
      return all.toReversed();
    }
    const place = this.place();
    cursor.seekBackward(place.key, 0, place.key.length, place.timestamp);
    return all.filter((entry) => compareEntries(entry, place) < 0).reverse();
  }

  place(): Entry {
    const timestamp = this.random(4) === 0 ? BEHIND_VERSIONS : this.random(this.timestamp + 2);
    return { key: randomKey(this.random), timestamp, kind: 0, value: new Uint8Array(0) };
  }

  step(): void {
    for (const open of this.cursors) this.compare(open);
    for (const open of this.cursors) {
      if (!open.cursor.valid) continue;
      open.cursor[open.move]();
      open.at++;
    }
  }

  compare({ cursor, expected, at }: OpenCursor): void {
    const entry = expected[at];
    expect(cursor.valid).toBe(entry !== undefined);
    if (entry !== undefined) expectSame([entryAt(cursor)], [entry]);
  }

  finish({ cursor, move, expected, at }: OpenCursor): void {
    expectSame(move === "next" ? drain(cursor) : drainBackward(cursor), expected.slice(at));
  }

  versions(): void {
    const cursor = this.memtable.versionIterator();
    const expected = this.seek(cursor, this.model.all());
    expectSame(drain(cursor), expected);
  }
}

describe("a memtable agrees with a sorted map", () => {
  test.each(modelSeeds([1, 2, 3, 4]))("over random operations of seed %i", (seed) => {
    const run = new Run(seed);
    for (let round = 0; round < 300; round++) {
      const puts = run.random(3) === 0 ? run.random(300) : run.random(3);
      for (let count = 0; count < puts; count++) run.put();
      for (let count = 0; count < 60; count++) run.get();
      if (run.timestamp > 0) run.open();
      run.step();
      if (round % 50 === 0) run.versions();
    }
    run.memtable.freeze();
    for (const open of run.cursors) run.finish(open);
    run.versions();
    expect(run.memtable.entryCount).toBe(run.model.all().length);
    expect(run.memtable.approximateSizeBytes).toBe(run.sizeBytes);
    expect(run.memtable.lastTimestamp).toBe(run.timestamp);
  });
});

describe("keys of any length", () => {
  test("are found and ordered from 0 to 65535 bytes", () => {
    const lengths = [0, 1, 2, 3, 4, 5, 7, 8, 9, 63, 64, 65, 127, 128, 129, 1000, 65534, 65535];
    const memtable = new Memtable(1, { entryOverheadBytes: 0 });
    const model = new MemtableModel();
    for (const byte of [0xff, 0x00, 0x61]) {
      for (const length of lengths) {
        const entry = { key: new Uint8Array(length).fill(byte), timestamp: 0, kind: 0, value: Uint8Array.of(byte) };
        put(memtable, entry);
        model.put(entry);
      }
    }
    for (const entry of model.all()) expectSame([get(memtable, entry.key)!], [entry]);
    const cursor = memtable.visibleIterator(0);
    cursor.seekToFirst();
    expectSame(drain(cursor), model.all());
  });
});
