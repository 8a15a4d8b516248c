import type { SimpleTask } from "../manifest/edit.ts";
import type { CompactionOptions } from "../options.ts";
import type { Level, Tree } from "../state/tree.ts";
import { showRatio } from "./pick-numbers.ts";

export type SimpleOptions = Extract<CompactionOptions, { readonly strategy: "simple" }>;
export type SimplePick = { readonly task: SimpleTask; readonly reason: string };

/**
 * Simple leveled compaction: levels are merged whole, and grow by a ratio of their numbers of tables.
 *
 * L0 goes down once it holds `level0FilesTrigger` tables; else the first level whose next one holds too few per table
 * of its own. As in the reference, L0's task is never marked as reaching the bottom, even when level 1 is the last.
 */
export function pickSimple(tree: Tree, options: SimpleOptions): SimplePick | undefined {
  const { level0, levels } = tree;
  const level1 = levels[0];
  if (level1 === undefined) return undefined;

  if (level0.length >= options.level0FilesTrigger) {
    const task: SimpleTask = {
      strategy: "simple",
      upperLevel: undefined,
      upperTables: level0,
      lowerLevel: 1,
      lowerTables: level1.tables,
      isLowerLevelBottom: false,
    };
    const { level0FilesTrigger } = options;
    const reason = `compaction triggered at level 0 because L0 has ${level0.length} SSTs >= ${level0FilesTrigger}`;
    return { task, reason };
  }
  return pickBetweenLevels(levels, options);
}

function pickBetweenLevels(levels: readonly Level[], options: SimpleOptions): SimplePick | undefined {
  for (const [index, lower] of levels.entries()) {
    const upper = levels[index - 1];
    if (upper === undefined) continue;
    // An empty upper level makes this NaN or infinite, which is below no ratio.
    const ratio = lower.tables.length / upper.tables.length;
    if (!(ratio < options.sizeRatioPercent / 100)) continue;
    const task: SimpleTask = {
      strategy: "simple",
      upperLevel: upper.number,
      upperTables: upper.tables,
      lowerLevel: lower.number,
      lowerTables: lower.tables,
      isLowerLevelBottom: lower.number === levels.length,
    };
    const reason = `compaction triggered at level ${upper.number} and ${lower.number} with size ratio ${showRatio(ratio)}`;
    return { task, reason };
  }
  return undefined;
}
