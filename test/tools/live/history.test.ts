import { describe, expect, test } from "vitest";
import { pickCompaction } from "../../../src/compaction/pick.ts";
import type { CompactionTask } from "../../../src/manifest/edit.ts";
import { taskInputs } from "../../../src/manifest/task-inputs.ts";
import type { CompactionOptions } from "../../../src/options.ts";
import { applyEdit } from "../../../src/state/apply-edit.ts";
import { arrangeFor } from "../../../src/state/arrange.ts";
import type { TableInfo, Tree } from "../../../src/state/tree.ts";
import { EMPTY_TREE } from "../../../src/state/tree-views.ts";
import { arranged } from "../../../src/tools/live/arranged.ts";
import { type Change, type ShownTable, unknownTable } from "../../../src/tools/live/change.ts";
import { History, tablesIn } from "../../../src/tools/live/history.ts";
import { REFERENCE_STRATEGIES } from "../../support/engine-golden.ts";
import { randomOf } from "../../support/random.ts";
import { showTree } from "../../support/tree-notation.ts";

const MIB = 1024 * 1024;

/** A tree that the engine's own pickers work on, and what a history would be told of it. */
class Grown {
  readonly changes: Change[] = [];
  /** After each change, as the engine has it; the first is the beginning. */
  readonly trees: Tree[] = [EMPTY_TREE];
  readonly #tables = new Map<number, TableInfo>();
  readonly #compaction: CompactionOptions;
  #nextId = 0;

  constructor(compaction: CompactionOptions, seed: number, flushes: number) {
    this.#compaction = compaction;
    this.trees[0] = arrangeFor(compaction, EMPTY_TREE, this.#table);
    const random = randomOf(seed);
    for (let flush = 0; flush < flushes; flush++) {
      const id = this.#make(random(200), random(200));
      this.#note({ kind: "freeze", memtable: { id, sizeBytes: MIB } }, this.#newest);
      this.#note(
        { kind: "flush", table: this.#shown(id) },
        arrangeFor(compaction, applyEdit(this.#newest, { kind: "flush", id }), this.#table),
      );
      for (let task = this.#pick(); task !== undefined; task = this.#pick()) this.#merge(task);
    }
  }

  readonly #table = (id: number): TableInfo => this.#tables.get(id) as TableInfo;

  get #newest(): Tree {
    return this.trees.at(-1) as Tree;
  }

  #pick(): CompactionTask | undefined {
    return pickCompaction(this.#newest, this.#table, this.#compaction)?.task;
  }

  #merge(task: CompactionTask): void {
    this.#note({ kind: "compactionBegin", task, reason: undefined }, this.#newest);
    const inputs = taskInputs(task).map(this.#table);
    const low = Math.min(...inputs.map(({ firstKey }) => firstKey[0] ?? 0));
    const high = Math.max(...inputs.map(({ lastKey }) => lastKey[0] ?? 0));
    const middle = Math.floor((low + high) / 2);
    const outputs = middle < high ? [this.#make(low, middle), this.#make(middle + 1, high)] : [this.#make(low, high)];
    const edit = { kind: "compaction", task, outputs } as const;
    const tree = arrangeFor(this.#compaction, applyEdit(this.#newest, edit), this.#table);
    this.#note({ kind: "compactionEnd", task, outputs: outputs.map((id) => this.#shown(id)) }, tree);
  }

  #make(from: number, to: number): number {
    const [firstKey, lastKey] = [Math.min(from, to), Math.max(from, to)].map((byte) => Uint8Array.of(byte));
    const id = this.#nextId++;
    this.#tables.set(id, { id, sizeBytes: MIB, firstKey, lastKey } as TableInfo);
    return id;
  }

  #shown(id: number): ShownTable {
    const { firstKey: first, lastKey: last, sizeBytes } = this.#table(id);
    return { ...unknownTable(id), sizeBytes, keys: { first, last } };
  }

  #note(change: Change, tree: Tree): void {
    this.changes.push(change);
    this.trees.push(tree);
  }
}

describe.each(Object.entries(REFERENCE_STRATEGIES))("a history of a tree under %s", (_, compaction) => {
  const grown = new Grown(compaction, 7, 60);
  const shown = (history: History, number: number): string => {
    return showTree(arranged(history.sceneAfter(number).tree, history.tables, compaction));
  };

  test("has the engine's tree after each moment, in whatever order one looks", () => {
    const history = new History();
    for (const change of grown.changes) history.add(change, undefined);
    expect(grown.changes.length).toBeGreaterThanOrEqual(120);
    const random = randomOf(1);
    for (let look = 0; look < 300; look++) {
      const number = random(grown.trees.length);
      expect(`${number}: ${shown(history, number)}`).toBe(`${number}: ${showTree(grown.trees[number] as Tree)}`);
    }
  });

  test("forgets its oldest moments, and still has the trees after all others", () => {
    const history = new History(undefined, 50);
    for (const change of grown.changes) history.add(change, undefined);
    expect(history.newestNumber).toBe(grown.changes.length);
    expect(history.momentsAfter(0).length).toBeLessThanOrEqual(50);
    expect(history.moment(history.beginningNumber)).toBeUndefined();
    for (let number = history.beginningNumber; number <= history.newestNumber; number++) {
      expect(shown(history, number)).toBe(showTree(grown.trees[number] as Tree));
    }
    // Of tables that went away before the beginning nothing is known any more, so that memory does not grow with the past.
    const named = new Set(
      [history.beginning.tables, ...history.momentsAfter(0).map(({ change }) => tablesIn(change))].flat(),
    );
    expect([...history.tables.values()].filter((table) => !named.has(table))).toEqual([]);
  });

  test("goes on from where another one was left", () => {
    const whole = new History(undefined, 50);
    for (const change of grown.changes.slice(0, -20)) whole.add(change, undefined);
    const copy = new History(whole.beginning);
    for (const { change } of whole.momentsAfter(whole.beginningNumber)) copy.add(change, undefined);
    for (const change of grown.changes.slice(-20)) copy.add(change, undefined);
    expect(copy.newestNumber).toBe(grown.changes.length);
    expect(shown(copy, copy.newestNumber)).toBe(showTree(grown.trees.at(-1) as Tree));
  });
});

describe("a scene", () => {
  const flush = (id: number): Change => ({ kind: "flush", table: unknownTable(id) });
  const freeze = (id: number): Change => ({ kind: "freeze", memtable: { id, sizeBytes: 1 } });
  const sceneOf = (...changes: readonly Change[]) => {
    const history = new History();
    for (const change of changes) history.add(change, 1);
    return history.sceneAfter(history.newestNumber);
  };

  test("has the frozen memtables, newest first, until a flush takes them", () => {
    const ids = (...changes: readonly Change[]) => sceneOf(...changes).frozen.map(({ id }) => id);
    expect(ids(freeze(1), freeze(2), freeze(3))).toEqual([3, 2, 1]);
    expect(ids(freeze(1), freeze(2), flush(1), freeze(3))).toEqual([3, 2]);
    // Several memtables may become one table, which has the id of the newest.
    expect(ids(freeze(1), freeze(2), freeze(3), flush(2))).toEqual([3]);
  });

  test("knows of memtables that a manifest announced", () => {
    const { memtableId, frozen } = sceneOf(
      { kind: "newMemtable", id: 1 },
      { kind: "newMemtable", id: 2 },
      { kind: "newMemtable", id: 3 },
      flush(1),
    );
    expect({ memtableId, frozen: frozen.map(({ id }) => id) }).toEqual({ memtableId: 3, frozen: [2] });
  });

  test("has a compaction from its beginning to its end, whatever the end is", () => {
    const task = { strategy: "full", level0: [1], level1: [] } as const;
    const begin: Change = { kind: "compactionBegin", task, reason: "so" };
    expect(sceneOf(flush(1), begin).running).toEqual({ task, reason: "so" });
    expect(sceneOf(flush(1), begin, { kind: "compactionGivenUp" }).running).toBeUndefined();
    const ended = sceneOf(flush(1), begin, {
      kind: "compactionEnd",
      task,
      outputs: [unknownTable(2), unknownTable(3)],
    });
    expect(ended.running).toBeUndefined();
    expect(ended.totals).toEqual({ flushes: 1, compactions: 1, tablesWritten: 3, stalls: 0, stalledMs: 0 });
  });

  test("is what a look found, whatever was before", () => {
    const tree = { level0: [9], levels: [{ number: 1, tables: [4] }] };
    const scene = sceneOf(flush(1), {
      kind: "state",
      tree,
      tables: [unknownTable(9), unknownTable(4)],
      frozen: [{ id: 12, sizeBytes: 5 }],
    });
    expect(scene.tree).toEqual(tree);
    expect(scene.frozen).toEqual([{ id: 12, sizeBytes: 5 }]);
  });

  test("refuses a change that does not fit it", () => {
    const history = new History();
    history.add(flush(1), undefined);
    expect(() => history.add(flush(1), undefined)).toThrow("table 1 exists already");
  });
});
