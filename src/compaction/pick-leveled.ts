import type { LeveledTask } from "../manifest/edit.ts";
import type { CompactionOptions } from "../options.ts";
import type { Level, TableLookup, Tree } from "../state/tree.ts";
import { overlapping, spanOf } from "./overlapping.ts";
import { showPriority, showThousandths } from "./pick-numbers.ts";

export type LeveledOptions = Extract<CompactionOptions, { readonly strategy: "leveled" }>;
export type LeveledPick = { readonly task: LeveledTask; readonly reason: string };

/** How many bytes are rewritten at most for one of L0, while that may wait. */
const SIZE_RATIO_MAX = 4;

type Priority = { readonly level: Level; readonly priority: number };

/**
 * Leveled compaction with dynamic level sizes (RocksDB's `level_compaction_dynamic_level_bytes`): the last level sets
 * the sizes of those above, and levels that would be below the base size stay empty.
 *
 * L0 goes down to the base level once it holds `level0FilesTrigger` tables, and, up to `level0FilesMax`, enough for what it
 * is merged with; else one table of the level that exceeds its target the most goes down by one.
 */
export function pickLeveled(tree: Tree, table: TableLookup, options: LeveledOptions): LeveledPick | undefined {
  const sizesBytes = tree.levels.map((level) => sizeBytesOf(level.tables, table));
  const targetsBytes = targetSizesBytes(sizesBytes, options);
  const base = baseLevel(tree, targetsBytes);
  if (base === undefined) return undefined;

  if (tree.level0.length > 0 && tree.level0.length >= options.level0FilesTrigger) {
    const lowerTables = overlapping(base.tables, spanOf(tree.level0.map(table)), table);
    if (isWorthIt(tree.level0, lowerTables, table, options)) {
      const task = leveledTask(tree, { number: undefined, tables: tree.level0 }, base, lowerTables);
      return { task, reason: `flush L0 SST to base level ${base.number}` };
    }
  }

  const priorities = prioritiesOf(tree, sizesBytes, targetsBytes);
  const fullest = priorities[0]?.level;
  const lower = fullest && tree.levels[fullest.number];
  if (fullest === undefined || lower === undefined) return undefined;

  const oldest = fullest.tables.reduce((smallest, id) => Math.min(smallest, id));
  const upperTables = overlapping(fullest.tables, table(oldest), table);
  const lowerTables = overlapping(lower.tables, spanOf(upperTables.map(table)), table);
  const task = leveledTask(tree, { number: fullest.number, tables: upperTables }, lower, lowerTables);
  const candidates = priorities.map(({ level, priority }) => `(${showPriority(priority)}, ${level.number})`).join(", ");
  const reason = [
    `target level sizes: ${showSizes(targetsBytes)}, real level sizes: ${showSizes(sizesBytes)}, base_level: ${base.number}`,
    `compaction triggered by priority: ${fullest.number} out of [${candidates}], select ${oldest} for compaction`,
  ].join("\n");
  return { task, reason };
}

/** Rewriting many bytes for few new ones is put off as long as L0 may wait. */
function isWorthIt(
  upperTables: readonly number[],
  lowerTables: readonly number[],
  table: TableLookup,
  { level0FilesMax = 0 }: LeveledOptions,
): boolean {
  if (upperTables.length >= level0FilesMax) return true;
  return sizeBytesOf(upperTables, table) * SIZE_RATIO_MAX >= sizeBytesOf(lowerTables, table);
}

/** The last level may be as large as it is; each one above it is smaller by the multiplier, or 0 once that is below the base size. */
export function targetSizesBytes(sizesBytes: readonly number[], options: LeveledOptions): number[] {
  const targets = sizesBytes.map(() => 0);
  let targetBytes = Math.max(sizesBytes.at(-1) ?? 0, options.baseLevelSizeBytes);
  for (let index = sizesBytes.length - 1; index >= 0; index--) {
    targets[index] = targetBytes;
    targetBytes = targetBytes > options.baseLevelSizeBytes ? Math.floor(targetBytes / options.levelSizeMultiplier) : 0;
  }
  return targets;
}

/**
 * Where L0 goes: the first level with a target size. Never past a level that holds tables, though the reference would
 * when the last level has shrunk: newer entries would then lie below older ones.
 */
function baseLevel(tree: Tree, targetsBytes: readonly number[]): Level | undefined {
  const isInUse = (level: Level, index: number): boolean => (targetsBytes[index] ?? 0) > 0 || level.tables.length > 0;
  return tree.levels.find(isInUse) ?? tree.levels.at(-1);
}

/** The levels above their target, the one most above first, the deeper one first among equals. */
function prioritiesOf(tree: Tree, sizesBytes: readonly number[], targetsBytes: readonly number[]): readonly Priority[] {
  return tree.levels
    .map((level, index) => ({ level, priority: (sizesBytes[index] ?? 0) / (targetsBytes[index] ?? 0) }))
    .filter(({ priority }) => priority > 1)
    .sort((a, b) => (a.priority === b.priority ? b.level.number - a.level.number : b.priority - a.priority));
}

function leveledTask(
  tree: Tree,
  upper: { readonly number: number | undefined; readonly tables: readonly number[] },
  lower: Level,
  lowerTables: readonly number[],
): LeveledTask {
  return {
    strategy: "leveled",
    upperLevel: upper.number,
    upperTables: upper.tables,
    lowerLevel: lower.number,
    lowerTables,
    isLowerLevelBottom: lower.number === tree.levels.length,
  };
}

function sizeBytesOf(tables: readonly number[], table: TableLookup): number {
  return tables.reduce((sizeBytes, id) => sizeBytes + table(id).sizeBytes, 0);
}

function showSizes(sizesBytes: readonly number[]): string {
  return `[${sizesBytes.map((sizeBytes) => `"${showThousandths(sizeBytes / 1024 / 1024)}MB"`).join(", ")}]`;
}
