import { assert } from "../errors.ts";
import type { TieredTask } from "../manifest/edit.ts";
import type { CompactionOptions } from "../options.ts";
import type { Level, Tree } from "../state/tree.ts";
import { showRatio } from "./pick-numbers.ts";

export type TieredOptions = Extract<CompactionOptions, { readonly strategy: "tiered" }>;
export type TieredPick = { readonly task: TieredTask; readonly reason: string };

/**
 * Tiered ("universal", RocksDB) compaction: the newest tiers become one. Sizes are numbers of tables.
 *
 * Nothing happens below `tiersTrigger` tiers. From there on, in this order: all tiers when the newer ones have grown
 * large beside the oldest; the newest ones up to a tier that is larger than all of them; else as many as may be merged
 * at once, so that the number of tiers falls.
 */
export function pickTiered(tree: Tree, options: TieredOptions): TieredPick | undefined {
  assert(tree.level0.length === 0, "should not add l0 ssts in tiered compaction");
  const tiers = tree.levels;
  if (tiers.length === 0 || tiers.length < options.tiersTrigger) return undefined;

  return pickForSpace(tiers, options) ?? pickForSizeRatio(tiers, options) ?? pickForCount(tiers, options);
}

function pickForSpace(tiers: readonly Level[], options: TieredOptions): TieredPick | undefined {
  const oldest = countTables(tiers.slice(-1));
  const amplificationPercent = (countTables(tiers.slice(0, -1)) / oldest) * 100;
  if (!(amplificationPercent >= options.maxSizeAmplificationPercent)) return undefined;
  const reason = `compaction triggered by space amplification ratio: ${showRatio(amplificationPercent)}`;
  return { task: mergeNewest(tiers, tiers.length), reason };
}

function pickForSizeRatio(tiers: readonly Level[], options: TieredOptions): TieredPick | undefined {
  const trigger = (100 + options.sizeRatioPercent) / 100;
  let newerCount = 0;
  for (const [width, tier] of tiers.entries()) {
    // At the first tier nothing is newer, and no width of 0 reaches a task.
    const ratio = tier.tables.length / newerCount;
    if (width > 0 && ratio > trigger && width >= options.minMergeWidth) {
      const reason = `compaction triggered by size ratio: ${showRatio(ratio * 100)} > ${showRatio(trigger * 100)}`;
      return { task: mergeNewest(tiers, width), reason };
    }
    newerCount += tier.tables.length;
  }
  return undefined;
}

function pickForCount(tiers: readonly Level[], options: TieredOptions): TieredPick {
  const width = Math.min(tiers.length, options.maxMergeWidth ?? tiers.length);
  return { task: mergeNewest(tiers, width), reason: "compaction triggered by reducing sorted runs" };
}

function mergeNewest(tiers: readonly Level[], width: number): TieredTask {
  const merged = tiers.slice(0, width).map(({ number, tables }) => ({ id: number, tables }));
  return { strategy: "tiered", tiers: merged, isBottomIncluded: width === tiers.length };
}

function countTables(tiers: readonly Level[]): number {
  return tiers.reduce((count, tier) => count + tier.tables.length, 0);
}
