import type { CompactionTask } from "../manifest/edit.ts";
import type { CompactionOptions } from "../options.ts";
import type { TableLookup, Tree } from "../state/tree.ts";
import { pickLeveled } from "./pick-leveled.ts";
import { pickSimple } from "./pick-simple.ts";
import { pickTiered } from "./pick-tiered.ts";

/**
 * The strategy's next compaction, or undefined when the tree is as it should be. Reads nothing but its arguments.
 * `tree` must be arranged for the strategy. `reason` is what the reference prints before it runs the task; lines are
 * joined by "\n", with none at the end.
 */
export function pickCompaction(
  tree: Tree,
  table: TableLookup,
  compaction: CompactionOptions,
): { readonly task: CompactionTask; readonly reason: string } | undefined {
  switch (compaction.strategy) {
    case "none":
      return undefined;
    case "simple":
      return pickSimple(tree, compaction);
    case "tiered":
      return pickTiered(tree, compaction);
    case "leveled":
      return pickLeveled(tree, table, compaction);
  }
}
