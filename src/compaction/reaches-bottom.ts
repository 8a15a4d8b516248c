import type { CompactionTask } from "../manifest/edit.ts";
import type { Tree } from "../state/tree.ts";

/**
 * Whether a merge may leave deletes out: nothing older than its inputs may hold a key it deletes.
 *
 * Computed from what lies below in the tree, because a database may have been written with other strategies before.
 * The strategy's own flag must agree: where it says no although nothing lies below (`simple` out of L0), the reference
 * keeps its deletes, and our tables have the same bytes.
 */
export function reachesBottom(tree: Tree, task: CompactionTask): boolean {
  switch (task.strategy) {
    case "full":
      return isEmptyFrom(tree, 1);
    case "simple":
    case "leveled":
      return task.isLowerLevelBottom && isEmptyFrom(tree, task.lowerLevel);
    case "tiered":
      return task.isBottomIncluded && task.tiers.at(-1)?.id === tree.levels.findLast(holdsTables)?.number;
  }
}

/** Whether the levels behind the first `depth` ones hold nothing. */
function isEmptyFrom(tree: Tree, depth: number): boolean {
  return !tree.levels.slice(depth).some(holdsTables);
}

function holdsTables(level: { readonly tables: readonly number[] }): boolean {
  return level.tables.length > 0;
}
