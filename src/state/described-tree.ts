import type { TableTree } from "../manifest/edit-log.ts";
import type { NewTable } from "../sstable/table-output.ts";
import type { Tree } from "./tree.ts";

/** The tree with what is known of its tables, as a manifest tells it. */
export function describeTree(tree: Tree, table: (id: number) => NewTable): TableTree {
  const describe = (ids: readonly number[]): NewTable[] => ids.map(table);
  return {
    level0: describe(tree.level0),
    levels: tree.levels.map(({ number, tables }) => ({ number, tables: describe(tables) })),
  };
}

/** The way back. */
export function treeOf({ level0, levels }: TableTree): Tree {
  const idsOf = (tables: readonly NewTable[]): number[] => tables.map((table) => table.id);
  return {
    level0: idsOf(level0),
    levels: levels.map(({ number, tables }) => ({ number, tables: idsOf(tables) })),
  };
}
