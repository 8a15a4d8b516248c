import { compareKeys } from "../codec/bytes.ts";
import type { Level, TableInfo, TableLookup, Tree } from "./tree.ts";
import { isLeveled, isTiered } from "./tree-views.ts";

/**
 * What is wrong with a tree, one sentence per broken rule; empty when nothing is:
 * every table is known and stands in one place, its keys are in order, the tables of a level are sorted and disjoint on
 * user keys, and the numbers are those of levels (1, 2, 3 …) or of tiers (by their first table, with nothing in L0).
 * A lookup that throws says that it does not know the table.
 */
export function checkTree(tree: Tree, table: TableLookup): string[] {
  const places = [{ number: 0, tables: tree.level0 }, ...tree.levels];
  const known = knownTables(places, table);
  return [
    ...places.flatMap((place) =>
      place.tables.filter((id) => !known.has(id)).map((id) => `${nameOf(place, id)} is unknown`),
    ),
    ...repeatedTables(places),
    ...[...known.values()].flatMap(checkKeys),
    ...tree.levels.flatMap((level) => checkOrder(level, known)),
    ...checkNumbers(tree),
  ];
}

function knownTables(places: readonly Level[], table: TableLookup): ReadonlyMap<number, TableInfo> {
  const known = new Map<number, TableInfo>();
  for (const id of places.flatMap((place) => place.tables)) {
    try {
      known.set(id, table(id));
    } catch {
      // Reported by the caller as unknown: what the lookup says about it adds nothing.
    }
  }
  return known;
}

function repeatedTables(places: readonly Level[]): string[] {
  const seen = new Set<number>();
  return places.flatMap((place) =>
    place.tables.flatMap((id) => {
      const isRepeated = seen.has(id);
      seen.add(id);
      return isRepeated ? [`${nameOf(place, id)} stands in the tree a second time`] : [];
    }),
  );
}

function checkKeys({ id, firstKey, lastKey }: TableInfo): string[] {
  return compareKeys(firstKey, lastKey) > 0 ? [`table ${id} ends before its first key`] : [];
}

function checkOrder(level: Level, known: ReadonlyMap<number, TableInfo>): string[] {
  const tables = level.tables.flatMap((id) => known.get(id) ?? []);
  return tables.flatMap((current, index) => {
    const before = tables[index - 1];
    if (before === undefined || compareKeys(before.lastKey, current.firstKey) < 0) return [];
    return [`${nameOf(level, current.id)} does not start behind the end of table ${before.id}`];
  });
}

function checkNumbers(tree: Tree): string[] {
  const numbers = tree.levels.map((level) => level.number).join(", ");
  if (isLeveled(tree)) return [];
  if (!isTiered(tree))
    return [`the levels are numbered ${numbers}: neither levels from 1 nor tiers by their first table`];
  return tree.level0.length === 0 ? [] : [`there are tiers (${numbers}) and ${tree.level0.length} tables in L0`];
}

function nameOf(place: Level, id: number): string {
  return `table ${id} of L${place.number}`;
}
