import { describe, expect, test } from "vitest";
import { pickCompaction } from "../../src/compaction/pick.ts";
import type { CompactionTask, Edit } from "../../src/manifest/edit.ts";
import { decodeFrames, encodeFrame } from "../../src/manifest/manifest-frame.ts";
import { taskInputs } from "../../src/manifest/task-inputs.ts";
import type { CompactionOptions } from "../../src/options.ts";
import { applyEdit } from "../../src/state/apply-edit.ts";
import { arrangeFor } from "../../src/state/arrange.ts";
import { checkTree } from "../../src/state/check-tree.ts";
import type { TableInfo, TableLookup, Tree } from "../../src/state/tree.ts";
import { EMPTY_TREE } from "../../src/state/tree-views.ts";
import { lookupIn, parseTree, showTask, showTree } from "../support/tree-notation.ts";

const KEYS = 200;

const STRATEGIES: readonly CompactionOptions[] = [
  { strategy: "none" },
  { strategy: "simple", sizeRatioPercent: 200, level0FilesTrigger: 2, maxLevels: 3 },
  { strategy: "simple", sizeRatioPercent: 150, level0FilesTrigger: 3, maxLevels: 5 },
  {
    strategy: "tiered",
    tiersTrigger: 3,
    maxSizeAmplificationPercent: 200,
    sizeRatioPercent: 1,
    minMergeWidth: 2,
    maxMergeWidth: undefined,
  },
  {
    strategy: "tiered",
    tiersTrigger: 4,
    maxSizeAmplificationPercent: 400,
    sizeRatioPercent: 50,
    minMergeWidth: 2,
    maxMergeWidth: 3,
  },
  { strategy: "leveled", levelSizeMultiplier: 2, level0FilesTrigger: 2, maxLevels: 4, baseLevelSizeBytes: 60 },
  { strategy: "leveled", levelSizeMultiplier: 3, level0FilesTrigger: 3, maxLevels: 3, baseLevelSizeBytes: 20 },
];

/** An entry of the model: which write it was, and whether it deletes. Larger ages are newer. */
type Entry = { readonly age: number; readonly isDelete: boolean };

/**
 * A database of 200 one-byte keys whose tables hold, for each key, the age of the write. Every step is a flush of random
 * writes or one picked compaction; what the tree must answer is known from the writes alone.
 */
class Walk {
  readonly edits: Edit[] = [];
  readonly contents = new Map<number, ReadonlyMap<number, Entry>>();
  readonly infos = new Map<number, TableInfo>();
  readonly written = new Map<number, Entry>();
  readonly table: TableLookup = lookupIn(this.infos);
  compaction: CompactionOptions;
  tree: Tree;
  compactions = 0;
  readonly #random: () => number;
  #nextId = 0;
  #age = 0;

  constructor(compaction: CompactionOptions, random: () => number) {
    this.compaction = compaction;
    this.#random = random;
    this.tree = arrangeFor(compaction, EMPTY_TREE, this.table);
  }

  /** Writes a run of neighbouring keys, one in four of them a delete. */
  flush(): void {
    const entries = new Map<number, Entry>();
    const start = this.#below(KEYS);
    const end = Math.min(KEYS, start + 1 + this.#below(60));
    for (let key = start; key < end; key += 1 + this.#below(3)) {
      const entry = { age: ++this.#age, isDelete: this.#below(4) === 0 };
      entries.set(key, entry);
      this.written.set(key, entry);
    }
    const id = this.#addTable(entries);
    this.apply({ kind: "newMemtable", id });
    this.apply({ kind: "flush", id });
  }

  /** Picks, lets this many flushes happen while the merge would run, then installs. False when nothing was picked. */
  compact(flushesMeanwhile: number): boolean {
    const picked = pickCompaction(this.tree, this.table, this.compaction);
    if (picked === undefined) return false;
    const outputs = this.#merge(picked.task);
    for (let flushes = 0; flushes < flushesMeanwhile; flushes++) this.flush();
    this.apply({ kind: "compaction", task: picked.task, outputs });
    for (const id of taskInputs(picked.task)) {
      this.contents.delete(id);
      this.infos.delete(id);
    }
    this.compactions++;
    return true;
  }

  /** Compacts until there is nothing left to do. */
  settle(): void {
    for (let left = 100; this.compact(0); left--) {
      expect(left, "compactions without a flush").toBeGreaterThan(0);
      this.check();
    }
  }

  apply(edit: Edit): void {
    this.edits.push(edit);
    this.tree = arrangeFor(this.compaction, applyEdit(this.tree, edit), this.table);
  }

  /** The same database opened again, perhaps with another strategy: from the bytes of its manifest. */
  reopen(compaction: CompactionOptions): void {
    const { records } = decodeFrames(Buffer.concat(this.edits.map(encodeFrame)), "MANIFEST");
    expect(records.map((record) => record.edit)).toEqual(this.edits);
    const replayed = records.reduce((tree, { edit }) => applyEdit(tree, edit), EMPTY_TREE);
    const before = arrangeFor(this.compaction, replayed, this.table);
    expect(showTree(before)).toBe(showTree(this.tree));
    this.compaction = compaction;
    this.tree = arrangeFor(compaction, replayed, this.table);
  }

  /** The tree's runs from newest to oldest, each as its tables. */
  runs(): readonly (readonly number[])[] {
    return [...this.tree.level0.map((id) => [id]), ...this.tree.levels.map((level) => level.tables)];
  }

  check(): void {
    expect(checkTree(this.tree, this.table)).toEqual([]);
    expect(this.runs().flat().toSorted(byNumber)).toEqual([...this.infos.keys()].toSorted(byNumber));
    const runs = this.runs().map((tables) => tables.flatMap((id) => this.contents.get(id) ?? []));
    const problems = Array.from({ length: KEYS }, (_, key) => this.#problemOf(key, runs)).filter(Boolean);
    expect(problems).toEqual([]);
  }

  /** From newest run to oldest, ages of a key fall; the first is the last write, or the last was a delete that has left. */
  #problemOf(key: number, runs: readonly (readonly ReadonlyMap<number, Entry>[])[]): string {
    const found = runs.flatMap((tables) => tables.flatMap((entries) => entries.get(key) ?? []));
    const last = this.written.get(key);
    if (found.some((entry, index) => index > 0 && entry.age >= (found[index - 1]?.age ?? 0))) {
      return `key ${key} has ages ${found.map((entry) => entry.age).join(", ")}, newest first`;
    }
    if (found[0] === undefined) return (last?.isDelete ?? true) ? "" : `key ${key} is gone`;
    return found[0] === last ? "" : `key ${key} is of age ${found[0].age}, not ${last?.age}`;
  }

  /** The newest entry of each key by the order of the task's inputs; deletes go when nothing lies below. */
  #merge(task: CompactionTask): readonly number[] {
    const inputs = taskInputs(task);
    const isBottom = this.#reachesBottom(inputs);
    const merged = new Map<number, Entry>();
    for (const id of inputs) {
      for (const [key, entry] of this.contents.get(id) ?? []) if (!merged.has(key)) merged.set(key, entry);
    }
    const kept = [...merged].filter(([, entry]) => !(isBottom && entry.isDelete)).sort(([a], [b]) => a - b);
    const outputs: number[] = [];
    for (let start = 0; start < kept.length; start += 20) {
      outputs.push(this.#addTable(new Map(kept.slice(start, start + 20))));
    }
    return outputs;
  }

  /** No table behind the newest input shares a key with the inputs, unless it is one of them. */
  #reachesBottom(inputs: readonly number[]): boolean {
    const order = this.runs().flat();
    const older = order.slice(order.findIndex((id) => inputs.includes(id))).filter((id) => !inputs.includes(id));
    const keys = new Set(inputs.flatMap((id) => [...(this.contents.get(id)?.keys() ?? [])]));
    return older.every((id) => [...(this.contents.get(id)?.keys() ?? [])].every((key) => !keys.has(key)));
  }

  #addTable(entries: ReadonlyMap<number, Entry>): number {
    const id = this.#nextId++;
    const keys = [...entries.keys()];
    this.contents.set(id, entries);
    this.infos.set(id, {
      id,
      sizeBytes: entries.size,
      firstKey: Uint8Array.of(Math.min(...keys)),
      lastKey: Uint8Array.of(Math.max(...keys)),
    });
    return id;
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }
}

function byNumber(a: number, b: number): number {
  return a - b;
}

/** Mulberry32: small, seeded, good enough to wander. */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

function nameOf(compaction: CompactionOptions): string {
  return JSON.stringify(compaction).replaceAll('"', "");
}

describe("a picked compaction", () => {
  test.each([
    [0, "L0: 2 1 | L1:", "nothing"],
    [1, "L0: 2 1 | L3:", "L0: 2 1 + L1: -> L1"],
    [3, "T3: 3 | T2: 2 | T1: 1", "T3: 3 + T2: 2 + T1: 1 -> tier bottom"],
    [5, "L0: 2 1 | L4:", "L0: 2 1 + L4: -> L4 bottom"],
  ])("is the one of the configured strategy (%i)", (strategy, text, expected) => {
    const { tree, table } = parseTree(text);
    const picked = pickCompaction(tree, table, STRATEGIES[strategy]!);
    expect(picked === undefined ? "nothing" : showTask(picked.task)).toBe(expected);
  });
});

describe.each(STRATEGIES.map((compaction) => [nameOf(compaction), compaction] as const))("%s", (_, compaction) => {
  test.each([1, 2, 3, 4])("keeps newer data above older and replays to the same tree (seed %i)", (seed) => {
    const walk = new Walk(compaction, seededRandom(seed));
    for (let step = 0; step < 60; step++) {
      walk.flush();
      walk.compact(step % 3);
      walk.check();
    }
    walk.settle();
    walk.reopen(compaction);
    walk.check();
    if (compaction.strategy !== "none") expect(walk.compactions).toBeGreaterThan(20);
  });
});

test.each(Array.from({ length: 12 }, (_, index) => index + 100))(
  "a history of several strategies keeps newer data above older (seed %i)",
  (seed) => {
    const random = seededRandom(seed);
    const walk = new Walk(STRATEGIES[seed % STRATEGIES.length]!, random);
    for (let session = 0; session < 12; session++) {
      const flushes = Math.floor(random() * 8);
      for (let flush = 0; flush < flushes; flush++) {
        walk.flush();
        walk.compact(Math.floor(random() * 3));
        walk.check();
      }
      walk.reopen(STRATEGIES[Math.floor(random() * STRATEGIES.length)]!);
      walk.check();
    }
    expect(walk.compactions).toBeGreaterThan(5);
  },
);

/** What the reference's bench leaves when every flush is followed by all the compactions there are. */
describe("a tree at rest", () => {
  test.each(STRATEGIES.slice(1).map((compaction) => [nameOf(compaction), compaction] as const))(
    "%s has the strategy's shape",
    (_, compaction) => {
      const walk = new Walk(compaction, seededRandom(5));
      for (let step = 0; step < 60; step++) {
        walk.flush();
        walk.settle();
        expect(shapeProblems(walk.tree, walk.table, compaction)).toEqual([]);
      }
    },
  );
});

function shapeProblems(tree: Tree, table: TableLookup, compaction: CompactionOptions): string[] {
  const counts = tree.levels.map((level) => level.tables.length);
  switch (compaction.strategy) {
    case "none":
      return [];
    case "simple":
      return [
        ...(tree.level0.length < compaction.level0FilesTrigger ? [] : ["L0 is full"]),
        ...counts.flatMap((count, index) => {
          const upper = counts[index - 1] ?? 0;
          return upper === 0 || count / upper >= compaction.sizeRatioPercent / 100 ? [] : [`L${index + 1} is small`];
        }),
      ];
    case "tiered":
      return [
        ...(tree.level0.length === 0 ? [] : ["L0 holds tables"]),
        ...(counts.length < compaction.tiersTrigger ? [] : ["too many tiers"]),
      ];
    case "leveled": {
      const sizes = tree.levels.map((level) => level.tables.reduce((bytes, id) => bytes + table(id).sizeBytes, 0));
      const last = Math.max(sizes.at(-1) ?? 0, compaction.baseLevelSizeBytes);
      return [
        ...(tree.level0.length < compaction.level0FilesTrigger ? [] : ["L0 is full"]),
        ...sizes.flatMap((size, index) => {
          const share = 1 / compaction.levelSizeMultiplier ** (sizes.length - 1 - index);
          return size / last <= share ? [] : [`L${index + 1} is large`];
        }),
      ];
    }
  }
}
