import { assert } from "../errors.ts";
import type { Memtable } from "../memtable/memtable.ts";
import type { SSTable } from "../sstable/sstable.ts";
import { groupLevel0, type SortedRun } from "./sorted-run.ts";
import type { Tree } from "./tree.ts";

/**
 * Everything readable at one instant. Never mutated: a change builds a new state and swaps it in (design D4), so a
 * reader that took one is safe for its whole life.
 */
export type LsmState = {
  readonly memtable: Memtable;
  /** Newest first. */
  readonly immutableMemtables: readonly Memtable[];
  readonly tree: Tree;
  /** Every table of `tree`, by id. */
  readonly tables: ReadonlyMap<number, SSTable>;
  /** False when no place but the memtable, which may get some, holds range deletes. */
  readonly hasRangeDeletes: boolean;
  /** L0 as runs for look-ups, newest first. */
  readonly level0Runs: readonly SortedRun<SSTable>[];
  /** The levels or tiers that hold tables, newest first. */
  readonly levelRuns: readonly SortedRun<SSTable>[];
};

/** A state with its runs worked out. Every id in `tree` must be in `tables`. */
export function buildState(
  memtable: Memtable,
  immutableMemtables: readonly Memtable[],
  tree: Tree,
  tables: ReadonlyMap<number, SSTable>,
): LsmState {
  const inTree = (id: number): SSTable => tableOf(tables, id);
  return {
    memtable,
    immutableMemtables,
    tree,
    tables,
    hasRangeDeletes: hasSome(immutableMemtables) || [...tables.values()].some((table) => table.rangeDeleteCount > 0),
    level0Runs: groupLevel0(tree.level0.map(inTree)),
    levelRuns: tree.levels.filter((level) => level.tables.length > 0).map((level) => level.tables.map(inTree)),
  };
}

/** The same tables under other memtables; keeps the runs, which only tables decide. */
export function withMemtables(state: LsmState, memtable: Memtable, immutableMemtables: readonly Memtable[]): LsmState {
  const hasRangeDeletes = state.hasRangeDeletes || hasSome(immutableMemtables);
  return { ...state, memtable, immutableMemtables, hasRangeDeletes };
}

function hasSome(memtables: readonly Memtable[]): boolean {
  return memtables.some((memtable) => !memtable.rangeDeletes.isEmpty);
}

/** The open table with this id, which must be among them. */
export function tableOf(tables: ReadonlyMap<number, SSTable>, id: number): SSTable {
  const table = tables.get(id);
  assert(table !== undefined, `table ${id} of the tree is open`);
  return table;
}
