import type { Level, Tree } from "./tree.ts";

/**
 * The tables of a tree form one newest-first list of sorted runs; levels and tiers are two views of it. Both functions
 * keep the order of the runs, know nothing but ids, and leave a tree that has the view already as it is. So a tree
 * comes out the same whether it is converted before or after a flush, and replay agrees with what ran.
 *
 * The views are told apart by their numbers: levels are numbered 1, 2, 3 … without a gap, a tier by its first table.
 * Where both hold, as for one run made of table 1, both readings are true.
 */

export const EMPTY_TREE: Tree = { level0: [], levels: [] };

/** Every table of L0 and every level that holds tables is a tier. Numbered by its first table. */
export function toTiers(tree: Tree): Tree {
  if (tree.level0.length === 0 && isTiered(tree)) return tree;
  const runs = [...tree.level0.map((id) => [id]), ...tree.levels.map((level) => level.tables)];
  const levels = runs.flatMap((tables): Level[] => (tables[0] === undefined ? [] : [{ number: tables[0], tables }]));
  return { level0: [], levels };
}

/**
 * The oldest tier is level 1, and all newer ones are L0 until they are compacted: only L0 may hold ranges that overlap
 * without being one level each. The tables of one tier stand next to each other there, in any order, for they are disjoint.
 */
export function toLevels(tree: Tree): Tree {
  if (isLeveled(tree)) return tree;
  const tiers = tree.levels.map((tier) => tier.tables);
  const oldest = tiers.at(-1) ?? [];
  return { level0: [...tree.level0, ...tiers.slice(0, -1).flat()], levels: [{ number: 1, tables: oldest }] };
}

export function isTiered(tree: Tree): boolean {
  return tree.levels.every((level) => level.number === level.tables[0]);
}

export function isLeveled(tree: Tree): boolean {
  return tree.levels.every((level, index) => level.number === index + 1);
}
