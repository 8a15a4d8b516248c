import { compareKeys } from "../../codec/bytes.ts";
import { checkTree } from "../../state/check-tree.ts";
import type { Level, TableInfo, Tree } from "../../state/tree.ts";

/** What is known of a table's place in the tree. */
export type PlacedTable = TableInfo & { readonly maxTimestamp: number };

/**
 * What is wrong with the places of tables, one sentence each: what `checkTree` says, and newer entries below older ones in
 * level 0, as far as timestamps tell. Tables that are not in `tables`, being missing or unreadable, are left out.
 */
export function checkPlaces(tree: Tree, tables: ReadonlyMap<number, PlacedTable>): string[] {
  const known = (ids: readonly number[]): PlacedTable[] => ids.flatMap((id) => tables.get(id) ?? []);
  const level0 = known(tree.level0);
  const isComplete = [tree.level0, ...tree.levels.map((level) => level.tables)].flat().every((id) => tables.has(id));
  const sorted: Tree = {
    level0: level0.map(({ id }) => id),
    // As an opening sorts them: a record of the reference names the tables of a level in any order.
    levels: tree.levels.map(({ number, tables: ids }, index): Level => {
      const inOrder = known(ids).sort(byFirstKey);
      // A tier has the number of its first table, which may not be there.
      return { number: isComplete ? number : index + 1, tables: inOrder.map(({ id }) => id) };
    }),
  };
  return [...checkTree(sorted, (id) => tables.get(id) as PlacedTable), ...checkAges(level0)];
}

function checkAges(level0: readonly PlacedTable[]): string[] {
  return level0.flatMap((newer, index) =>
    level0
      .slice(index + 1)
      .filter((older) => newer.maxTimestamp > 0 && older.maxTimestamp >= newer.maxTimestamp && overlap(newer, older))
      .map((older) => `table ${older.id} of L0 stands below table ${newer.id} and holds a newer entry`),
  );
}

function byFirstKey(a: TableInfo, b: TableInfo): number {
  return compareKeys(a.firstKey, b.firstKey) || compareKeys(a.lastKey, b.lastKey);
}

function overlap(one: TableInfo, other: TableInfo): boolean {
  return compareKeys(one.firstKey, other.lastKey) <= 0 && compareKeys(other.firstKey, one.lastKey) <= 0;
}
