import type { CompactionOptions } from "../../options.ts";
import { arrangeFor } from "../../state/arrange.ts";
import type { TableInfo, Tree } from "../../state/tree.ts";
import { isLeveled } from "../../state/tree-views.ts";
import type { ShownTable } from "./change.ts";

const NO_KEY = new Uint8Array(0);

/**
 * The tree in the form of the strategy, as the engine arranges its own; without a strategy as its edits made it. Tables
 * whose keys nobody knows keep their order, before the others of their level.
 */
export function arranged(
  tree: Tree,
  tables: ReadonlyMap<number, ShownTable>,
  compaction: CompactionOptions | undefined,
): Tree {
  const table = (id: number): TableInfo => {
    const { sizeBytes = 0, keys } = tables.get(id) ?? {};
    return { id, sizeBytes, firstKey: keys?.first ?? NO_KEY, lastKey: keys?.last ?? NO_KEY };
  };
  if (compaction === undefined) return isLeveled(tree) ? arrangeFor({ strategy: "none" }, tree, table) : tree;
  return arrangeFor(compaction, tree, table);
}
