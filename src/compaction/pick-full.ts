import type { CompactionTask, LevelTask } from "../manifest/edit.ts";
import type { CompactionOptions } from "../options.ts";
import type { Tree } from "../state/tree.ts";

/**
 * The next step of a compaction of everything, or undefined when the tables are one run. `step` counts from 0.
 *
 * Without a strategy it is the reference's one task, which runs even when there is nothing to do. With one it is a chain
 * of the strategy's own tasks, so that the manifest holds nothing that the reference could not replay: L0 goes down to
 * the first level that holds tables, that level to the next one, and so on to the last.
 */
export function pickFull(tree: Tree, compaction: CompactionOptions, step: number): CompactionTask | undefined {
  switch (compaction.strategy) {
    case "none":
      return step > 0 ? undefined : { strategy: "full", level0: tree.level0, level1: tree.levels[0]?.tables ?? [] };
    case "tiered": {
      const tiers = tree.levels.map(({ number, tables }) => ({ id: number, tables }));
      return step > 0 || tiers.length === 0 ? undefined : { strategy: "tiered", tiers, isBottomIncluded: true };
    }
    case "simple":
    case "leveled": {
      const task = highestDown(tree, compaction.strategy === "simple");
      return task === undefined ? undefined : { strategy: compaction.strategy, ...task };
    }
  }
}

/** The highest place that holds tables, into the next level that does, or into the last. `simple` goes from level to level. */
export function highestDown(tree: Tree, isStepwise: boolean): LevelTask | undefined {
  const { level0, levels } = tree;
  const upper = levels.findIndex((level) => level.tables.length > 0);
  const isLevel0 = level0.length > 0;
  const below = isLevel0 ? 0 : upper + 1;
  if (!isLevel0 && (upper < 0 || below >= levels.length)) return undefined;
  const nextFilled = levels.findIndex((level, index) => index >= below && level.tables.length > 0);
  const lower = isStepwise ? below : nextFilled < 0 ? levels.length - 1 : nextFilled;
  return {
    upperLevel: isLevel0 ? undefined : upper + 1,
    upperTables: isLevel0 ? level0 : (levels[upper]?.tables ?? []),
    lowerLevel: lower + 1,
    lowerTables: levels[lower]?.tables ?? [],
    isLowerLevelBottom: lower + 1 === levels.length && !(isStepwise && isLevel0),
  };
}
