import { compareKeys } from "../codec/bytes.ts";
import type { Memtable } from "../memtable/memtable.ts";
import type { SSTable } from "../sstable/sstable.ts";
import { checkTree } from "./check-tree.ts";
import { type LsmState, tableOf } from "./lsm-state.ts";
import type { SortedRun } from "./sorted-run.ts";

/**
 * What is wrong with a state, one sentence per broken rule; empty when nothing is. For tests, `verify` and the simulator.
 *
 * - The tree has a sound shape (`checkTree`), and the open tables are those of the tree.
 * - The runs that reads go through are those of the tree: the tables of a run are sorted and disjoint, and of two tables
 *   in L0 that overlap, the newer one is looked into first.
 * - Frozen memtables stand newest first, hold entries and take no more; the mutable one is newer than all of them.
 * - Where timestamps are known, what is newer stands above what is older: memtable above memtable, and in L0 table
 *   above overlapping table. In levels the largest timestamp of a table says nothing about its other keys.
 */
export function checkInvariants(state: LsmState): string[] {
  const faults = checkTree(state.tree, (id) => tableOf(state.tables, id));
  // What is wrong with the runs follows from what is wrong with the tree.
  const runFaults = faults.length === 0 ? [...checkLevel0Runs(state), ...checkLevelRuns(state)] : [];
  return [...faults, ...checkOpenTables(state), ...runFaults, ...checkMemtables(state), ...checkLevel0Ages(state)];
}

function checkOpenTables({ tree, tables }: LsmState): string[] {
  const inTree = new Set([tree.level0, ...tree.levels.map((level) => level.tables)].flat());
  return [...tables].flatMap(([id, table]) => [
    ...(inTree.has(id) ? [] : [`table ${id} is open but stands nowhere in the tree`]),
    ...(table.id === id ? [] : [`table ${table.id} is open under the id ${id}`]),
  ]);
}

function checkLevel0Runs({ tree, tables, level0Runs }: LsmState): string[] {
  const runOf = new Map<number, number>();
  for (const [index, run] of level0Runs.entries()) for (const table of run) runOf.set(table.id, index);
  const level0 = tree.level0.map((id) => tableOf(tables, id));
  const missing = tree.level0.filter((id) => !runOf.has(id));
  const places = level0Runs.reduce((sum, run) => sum + run.length, 0);
  return [
    ...missing.map((id) => `table ${id} of L0 is in no run`),
    ...(places === runOf.size && runOf.size === level0.length - missing.length
      ? []
      : ["the runs of L0 hold other tables than L0, or one of them twice"]),
    ...level0Runs.flatMap(checkDisjoint),
    ...overlappingPairs(level0).flatMap(([newer, older]) =>
      (runOf.get(newer.id) ?? 0) < (runOf.get(older.id) ?? level0Runs.length)
        ? []
        : [`table ${older.id} of L0 is read before the newer table ${newer.id}`],
    ),
  ];
}

function checkLevelRuns({ tree, levelRuns }: LsmState): string[] {
  const expected = tree.levels.map((level) => level.tables.join(" ")).filter((ids) => ids !== "");
  const found = levelRuns.map((run) => run.map((table) => table.id).join(" "));
  return expected.join(" | ") === found.join(" | ")
    ? []
    : [`the runs below L0 are ${found.join(" | ")}, those of the tree ${expected.join(" | ")}`];
}

function checkDisjoint(run: SortedRun<SSTable>): string[] {
  return run.flatMap((table, index) => {
    const before = run[index - 1];
    if (before === undefined || compareKeys(before.lastKey, table.firstKey) < 0) return [];
    return [`in a run of L0 table ${table.id} does not start behind the end of table ${before.id}`];
  });
}

function checkMemtables({ memtable, immutableMemtables }: LsmState): string[] {
  return [
    ...(memtable.isFrozen ? [`the mutable memtable ${memtable.id} is frozen`] : []),
    ...immutableMemtables.flatMap((frozen, index) => checkFrozen(frozen, immutableMemtables[index - 1] ?? memtable)),
  ];
}

function checkFrozen(frozen: Memtable, newer: Memtable): string[] {
  const isOlder = newer.isEmpty || frozen.lastTimestamp < newer.lastTimestamp;
  return [
    ...(frozen.isFrozen ? [] : [`memtable ${frozen.id} stands among the frozen ones and is not frozen`]),
    ...(frozen.isEmpty ? [`the frozen memtable ${frozen.id} is empty`] : []),
    ...(frozen.id < newer.id ? [] : [`memtable ${frozen.id} stands below memtable ${newer.id}, which is older`]),
    ...(isOlder ? [] : [`memtable ${frozen.id} stands below memtable ${newer.id} and holds a newer entry`]),
  ];
}

function checkLevel0Ages({ tree, tables }: LsmState): string[] {
  const level0 = tree.level0.flatMap((id) => tables.get(id) ?? []).filter((table) => table.maxTimestamp > 0);
  return overlappingPairs(level0).flatMap(([newer, older]) =>
    newer.maxTimestamp > older.maxTimestamp
      ? []
      : [`table ${older.id} of L0 stands below table ${newer.id} and holds a newer entry`],
  );
}

/** Pairs of tables with common keys, each in the order of the list. */
function overlappingPairs(tables: readonly SSTable[]): [SSTable, SSTable][] {
  return tables.flatMap((first, index) =>
    tables
      .slice(index + 1)
      .filter(
        (second) =>
          compareKeys(first.firstKey, second.lastKey) <= 0 && compareKeys(second.firstKey, first.lastKey) <= 0,
      )
      .map((second): [SSTable, SSTable] => [first, second]),
  );
}
