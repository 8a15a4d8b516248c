import { compareKeys } from "../codec/bytes.ts";
import type { CompactionOptions } from "../options.ts";
import type { Level, TableLookup, Tree } from "./tree.ts";
import { toLevels, toTiers } from "./tree-views.ts";

/**
 * The same tables in the form the strategy works on: after each edit while running, and once after replay.
 *
 * - `tiered`: L0 is empty; every flushed table and every level that holds tables is a tier.
 * - `none`: level 1; `simple` and `leveled`: levels 1 … maxLevels. Deeper levels stay as long as they hold tables.
 *
 * In both, the tables of one level stand by first key. The order of the runs, newest first, is never changed.
 */
export function arrangeFor(compaction: CompactionOptions, tree: Tree, table: TableLookup): Tree {
  if (compaction.strategy === "tiered") {
    const { level0, levels } = toTiers(sortLevels(tree, table));
    return { level0, levels };
  }
  const levelsMin = compaction.strategy === "none" ? 1 : compaction.maxLevels;
  return withDepth(sortLevels(toLevels(tree), table), levelsMin);
}

/** Levels down to `levelsMin`, or to the deepest that holds tables. */
function withDepth(tree: Tree, levelsMin: number): Tree {
  const deepest = tree.levels.findLastIndex((level) => level.tables.length > 0) + 1;
  const levels = Array.from(
    { length: Math.max(levelsMin, deepest) },
    (_, index): Level => tree.levels[index] ?? { number: index + 1, tables: [] },
  );
  return { level0: tree.level0, levels };
}

function sortLevels(tree: Tree, table: TableLookup): Tree {
  const levels = tree.levels.map(({ number, tables }) => ({ number, tables: sortByFirstKey(tables, table) }));
  return { level0: tree.level0, levels };
}

/** Equal first keys are possible only where the reference spread one key's versions over tables; the one that ends first comes first. */
function sortByFirstKey(ids: readonly number[], table: TableLookup): readonly number[] {
  return ids
    .map(table)
    .sort((a, b) => compareKeys(a.firstKey, b.firstKey) || compareKeys(a.lastKey, b.lastKey))
    .map((info) => info.id);
}
