import { compareBytes, compareKeys } from "../codec/bytes.ts";
import type { TableInfo } from "./tree.ts";

/** Tables with disjoint key ranges, sorted by first key: one binary search finds the only one that may hold a key. */
export type SortedRun<Table extends TableInfo> = readonly Table[];

/** The table whose key range holds the key, or undefined. */
export function findTable<Table extends TableInfo>(
  run: SortedRun<Table>,
  key: Uint8Array,
  keyStart: number,
  keyEnd: number,
): Table | undefined {
  let low = 0;
  let high = run.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const firstKey = (run[middle] as Table).firstKey;
    if (compareBytes(firstKey, 0, firstKey.length, key, keyStart, keyEnd) <= 0) low = middle + 1;
    else high = middle;
  }
  if (low === 0) return undefined;
  const table = run[low - 1] as Table;
  return compareBytes(key, keyStart, keyEnd, table.lastKey, 0, table.lastKey.length) <= 0 ? table : undefined;
}

/**
 * Groups L0, newest first, into as few runs as neighbours allow: a table joins the run before it when their ranges are
 * disjoint, so that a fill in key order is searched as one level. The order of the runs is still newest first.
 */
export function groupLevel0<Table extends TableInfo>(newestFirst: readonly Table[]): SortedRun<Table>[] {
  const runs: Table[][] = [];
  for (const table of newestFirst) {
    const run = runs.at(-1);
    const place = run === undefined ? undefined : placeIn(run, table);
    if (run === undefined || place === undefined) runs.push([table]);
    else run.splice(place, 0, table);
  }
  return runs;
}

/** Where the table belongs in the run, or undefined when it overlaps one of the run's tables. */
function placeIn<Table extends TableInfo>(run: readonly Table[], table: Table): number | undefined {
  let low = 0;
  let high = run.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareKeys((run[middle] as Table).lastKey, table.firstKey) < 0) low = middle + 1;
    else high = middle;
  }
  const next = run[low];
  return next === undefined || compareKeys(table.lastKey, next.firstKey) < 0 ? low : undefined;
}
