import { describe, expect, test } from "vitest";
import { fingerprint32 } from "../../src/codec/fingerprint32.ts";
import type { RangeDeletes } from "../../src/iterator/range-deletes.ts";
import type { LookupResult } from "../../src/iterator/storage-iterator.ts";
import { ENTRY_KIND } from "../../src/key.ts";
import type { CompactionOptions } from "../../src/options.ts";
import { checkInvariants } from "../../src/state/check-invariants.ts";
import type { LsmState } from "../../src/state/lsm-state.ts";
import { findTable } from "../../src/state/sorted-run.ts";
import { CompactionModel } from "../support/compaction-model.ts";
import { bytes, latin1 } from "../support/entries.ts";
import { modelSeeds } from "../support/model-options.ts";
import { randomOf } from "../support/random.ts";

const STRATEGIES: readonly CompactionOptions[] = [
  { strategy: "none" },
  { strategy: "simple", sizeRatioPercent: 200, level0FilesTrigger: 2, maxLevels: 3 },
  {
    strategy: "tiered",
    tiersTrigger: 3,
    maxSizeAmplificationPercent: 200,
    sizeRatioPercent: 1,
    minMergeWidth: 2,
    maxMergeWidth: undefined,
  },
  { strategy: "leveled", levelSizeMultiplier: 2, level0FilesTrigger: 2, maxLevels: 4, baseLevelSizeBytes: 600 },
];

const LETTERS = ["", "\0", "a", "b", "c", "d"];
const KEYS = [...new Set(LETTERS.flatMap((first) => LETTERS.map((second) => first + second)))].sort();

type Content = ReadonlyMap<string, string>;
/** Who reads at an earlier time, and what was there then. */
type Reader = { readonly timestamp: number; readonly content: Content };

/** What a place says of a key: entries and range deletes of one memtable or one table. */
type Place = {
  readonly rangeDeletes: RangeDeletes;
  get(hash: number, key: Uint8Array, start: number, end: number, timestamp: number, result: LookupResult): boolean;
};

/** Newest first. Of a run only the table whose range holds the key is asked. */
function placesOf(state: LsmState, key: Uint8Array): Place[] {
  const runs = [...state.level0Runs, ...state.levelRuns];
  const tables = runs.flatMap((run) => findTable(run, key, 0, key.length) ?? []);
  return [state.memtable, ...state.immutableMemtables, ...tables];
}

/** The rule for readers: the first place that has anything visible to say of the key decides. */
function read(state: LsmState, text: string, timestamp: number): string | undefined {
  const key = bytes(text);
  const hash = fingerprint32(key, 0, key.length);
  const result = { timestamp: 0, kind: -1, valueBuffer: key, valueStart: 0, valueEnd: 0 };
  for (const place of placesOf(state, key)) {
    const deletedAt = place.rangeDeletes.newestOver(key, 0, key.length, timestamp);
    const isFound = place.get(hash, key, 0, key.length, timestamp, result);
    if (isFound && result.timestamp >= deletedAt) {
      const value = latin1(result.valueBuffer.slice(result.valueStart, result.valueEnd));
      return result.kind === ENTRY_KIND.put ? value : undefined;
    }
    if (deletedAt > 0) return undefined;
  }
  return undefined;
}

function contentAt(state: LsmState, timestamp: number): Content {
  return new Map(
    KEYS.flatMap((key): [string, string][] => {
      const value = read(state, key, timestamp);
      return value === undefined ? [] : [[key, value]];
    }),
  );
}

class Run {
  readonly model: CompactionModel;
  readonly done: Record<string, number> = {};
  readonly #random: (below: number) => number;
  readonly #content = new Map<string, string>();
  #readers: Reader[] = [];

  constructor(seed: number, compaction: CompactionOptions) {
    this.#random = randomOf(seed);
    this.model = new CompactionModel(compaction, this.#random);
  }

  step(strategies: readonly CompactionOptions[]): void {
    const dice = this.#random(100);
    if (dice < 50) this.#count("put", () => this.#put());
    else if (dice < 58) this.#count("delete", () => this.#delete());
    else if (dice < 70) this.#count("deleteRange", () => this.#deleteRange());
    else if (dice < 74) this.#readers.push({ timestamp: this.model.timestamp, content: new Map(this.#content) });
    else if (dice < 79) this.#readers.splice(this.#random(this.#readers.length), 1);
    else if (dice < 85) this.model.freeze();
    else if (dice < 91) this.#count("flush", () => this.model.flush(1 + this.#random(3), this.#watermark));
    else if (dice < 98) this.#count("compact", () => this.model.compact(this.#watermark));
    else if (dice < 99) this.#count("compactFully", () => this.model.compactFully(this.#watermark));
    else this.#count("rearrange", () => this.model.arrangeFor(strategies[this.#random(strategies.length)]!));
    if (dice >= 85) this.check();
  }

  /** Everybody who reads sees what was there at its time. */
  check(): void {
    const { state, timestamp } = this.model;
    expect(checkInvariants(state)).toEqual([]);
    for (const reader of [...this.#readers, { timestamp, content: this.#content }]) {
      expect([reader.timestamp, contentAt(state, reader.timestamp)]).toEqual([
        reader.timestamp,
        sorted(reader.content),
      ]);
    }
  }

  /** Nobody reads the past any more, and all is in tables, which are compacted to the end. */
  settle(): void {
    this.#readers = [];
    this.model.freeze();
    this.model.flush(this.model.state.immutableMemtables.length, this.#watermark);
    this.model.compactFully(this.#watermark);
    this.check();
  }

  get size(): number {
    return this.#content.size;
  }

  get #watermark(): number {
    return Math.min(this.model.timestamp, ...this.#readers.map((reader) => reader.timestamp));
  }

  #put(): void {
    const key = this.#key();
    const value = this.#random(10) === 0 ? "" : `value-${this.model.timestamp}`;
    this.model.put(key, value);
    this.#content.set(key, value);
  }

  #delete(): void {
    const key = this.#key();
    this.model.delete(key);
    this.#content.delete(key);
  }

  #deleteRange(): void {
    const [from, to] = [this.#bound(), this.#bound()].sort() as [string, string];
    const readers = this.#readers.map((reader) => reader.timestamp).sort((a, b) => a - b);
    this.model.deleteRange(from, to, readers);
    for (const key of KEYS) if (key >= from && key < to) this.#content.delete(key);
    // A batch: the range is deleted, and then written to.
    for (let puts = this.#random(3); puts > 0; puts--) {
      const key = this.#key();
      this.model.putToo(key, "batch");
      this.#content.set(key, "batch");
    }
  }

  #key(): string {
    return KEYS[this.#random(KEYS.length)]!;
  }

  #bound(): string {
    return this.#random(3) === 0 ? `${this.#key()}\0` : this.#key();
  }

  #count(kind: string, operation: () => void): void {
    operation();
    this.done[kind] = (this.done[kind] ?? 0) + 1;
  }
}

function sorted(content: Content): Content {
  return new Map([...content].sort(([a], [b]) => (a < b ? -1 : 1)));
}

const SEEDS = modelSeeds([1, 2, 3]);
const STEPS = 500;

describe("merges with range deletes agree with a map for every reader", () => {
  const cases = STRATEGIES.flatMap((compaction) =>
    SEEDS.map((seed) => [compaction.strategy, seed, compaction] as const),
  );

  test.each(cases)("under the strategy %s, seed %i", (_, seed, compaction) => {
    const run = new Run(seed, compaction);
    for (let step = 0; step < STEPS; step++) run.step([compaction]);
    run.check();
    expect(run.done).toMatchObject({ flush: expect.any(Number), compact: expect.any(Number) });
    run.settle();
  });

  test.each(SEEDS)("while the strategy changes, seed %i", (seed) => {
    const run = new Run(seed, STRATEGIES[seed % STRATEGIES.length]!);
    for (let step = 0; step < STEPS; step++) run.step(STRATEGIES);
    run.settle();
  });
});

describe("a compaction of everything, when nobody reads the past,", () => {
  test.each(STRATEGIES)("leaves what is there and nothing else under the strategy $strategy", (compaction) => {
    const run = new Run(5, compaction);
    for (let step = 0; step < STEPS; step++) run.step([compaction]);
    run.settle();
    const tables = [...run.model.state.tables.values()];
    expect(tables.reduce((sum, table) => sum + (table.entryCount ?? 0), 0)).toBe(run.size);
    expect(tables.reduce((sum, table) => sum + table.rangeDeleteCount, 0)).toBe(0);
    expect(run.size).toBeGreaterThan(0);
  });
});
