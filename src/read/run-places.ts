import { assert } from "../errors.ts";
import type { SSTable } from "../sstable/sstable.ts";
import type { LsmState } from "../state/lsm-state.ts";
import type { SortedRun } from "../state/sorted-run.ts";

/** Where a run lies. */
export type RunPlace = {
  /** 0, a level's number, or a tier's id. */
  readonly level: number;
  readonly tables: number;
};

/** The runs of a state as reads go through them, newest first. Level 0 may be several. */
export function runPlaces(state: LsmState): (RunPlace & { readonly run: SortedRun<SSTable> })[] {
  const numbers = state.tree.levels.filter(({ tables }) => tables.length > 0).map(({ number }) => number);
  assert(numbers.length === state.levelRuns.length, "every level that holds tables is a run");
  return [
    ...state.level0Runs.map((run) => ({ level: 0, tables: run.length, run })),
    ...state.levelRuns.map((run, index) => ({ level: numbers[index] ?? 0, tables: run.length, run })),
  ];
}
