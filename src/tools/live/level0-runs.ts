import { groupLevel0 } from "../../state/sorted-run.ts";
import type { TableInfo } from "../../state/tree.ts";
import type { ShownTable } from "./change.ts";

/**
 * L0 as the runs that reads go through, newest first, each in key order. A table whose keys nobody knows may overlap any
 * other, so it is a run of its own.
 */
export function level0Runs(
  level0: readonly number[],
  tables: ReadonlyMap<number, ShownTable>,
): readonly (readonly number[])[] {
  const runs: (readonly number[])[] = [];
  let known: TableInfo[] = [];
  const settle = (): void => {
    for (const run of groupLevel0(known)) runs.push(run.map((table) => table.id));
    known = [];
  };
  for (const id of level0) {
    const keys = tables.get(id)?.keys;
    if (keys !== undefined) {
      known.push({ id, sizeBytes: 0, firstKey: keys.first, lastKey: keys.last });
      continue;
    }
    settle();
    runs.push([id]);
  }
  settle();
  return runs;
}
