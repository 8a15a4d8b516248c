import { LsmError } from "../errors.ts";
import type { CompactionTask, Edit, FullTask, LevelTask, TieredTask } from "../manifest/edit.ts";
import { taskInputs } from "../manifest/task-inputs.ts";
import type { Level, Tree } from "./tree.ts";
import { toLevels, toTiers } from "./tree-views.ts";

/** Far beyond what any strategy makes; keeps a senseless level number from becoming memory. */
const LEVEL_NUMBER_MAX = 1024;

/** An edit does not fit the tree. From a manifest this is damage: the caller adds the file and the record's offset. */
export class EditMismatchError extends LsmError {
  override readonly name = "EditMismatchError";

  constructor(detail: string) {
    super("CORRUPTION", detail);
  }
}

/**
 * The tree after an edit: the one rule for the running engine and for replay (design D4).
 *
 * A record is applied by its own kind, in the view it was made in, whatever strategy is configured: `full`, `simple` and
 * `leveled` records see levels, `tiered` ones see tiers. Nothing is sorted here: outputs of a leveled task stand behind
 * the tables that stayed in the level, until `arrangeFor` puts them in order. Lists are therefore compared as sets.
 *
 * Tables that were flushed while the task ran stay where they are. Whether a flushed memtable had been announced is for
 * the caller to know; the tree holds tables only. So is a faster way to tell whether a table stands in the tree, for
 * callers with many edits. Throws EditMismatchError.
 */
export function applyEdit(tree: Tree, edit: Edit, isInTree: (id: number) => boolean = (id) => holds(tree, id)): Tree {
  switch (edit.kind) {
    case "newMemtable":
    case "logSynced":
      return tree;
    case "flush":
      checkNew([edit.id], isInTree);
      return { level0: [edit.id, ...tree.level0], levels: tree.levels };
    case "compaction":
      checkNew(edit.outputs, isInTree);
      return applyTask(tree, edit.task, edit.outputs);
  }
}

function applyTask(tree: Tree, task: CompactionTask, outputs: readonly number[]): Tree {
  if (new Set(taskInputs(task)).size !== taskInputs(task).length) throw new EditMismatchError("a table is input twice");
  switch (task.strategy) {
    case "full":
      return applyFull(toLevels(tree), task, outputs);
    case "simple":
      return applySimple(toLevels(tree), task, outputs);
    case "leveled":
      return applyLeveled(toLevels(tree), task, outputs);
    case "tiered":
      return applyTiered(toTiers(tree), task, outputs);
  }
}

function applyFull(tree: Tree, task: FullTask, outputs: readonly number[]): Tree {
  const level1 = tablesAt(tree, 1);
  if (!isSameSet(level1, task.level1)) throw new EditMismatchError(`L1 is ${show(level1)}, not ${show(task.level1)}`);
  return withLevel({ ...tree, level0: without(tree.level0, task.level0, "L0") }, 1, outputs);
}

/** Whole levels only: both must be as the task saw them. */
function applySimple(tree: Tree, task: LevelTask, outputs: readonly number[]): Tree {
  for (const [number, tables] of [
    [task.upperLevel, task.upperTables],
    [task.lowerLevel, task.lowerTables],
  ] as const) {
    if (number === undefined) continue;
    const present = tablesAt(tree, number);
    if (!isSameSet(present, tables)) throw new EditMismatchError(`L${number} is ${show(present)}, not ${show(tables)}`);
  }
  return applyLeveled(tree, task, outputs);
}

function applyLeveled(tree: Tree, task: LevelTask, outputs: readonly number[]): Tree {
  const { upperLevel, upperTables, lowerLevel, lowerTables } = task;
  if (lowerLevel <= (upperLevel ?? 0) || upperLevel === 0 || lowerLevel > LEVEL_NUMBER_MAX) {
    throw new EditMismatchError(`L${upperLevel ?? 0} cannot be merged into L${lowerLevel}`);
  }
  const staying = without(tablesAt(tree, lowerLevel), lowerTables, `L${lowerLevel}`);
  const lowered = withLevel(tree, lowerLevel, [...staying, ...outputs]);
  return upperLevel === undefined
    ? { ...lowered, level0: without(lowered.level0, upperTables, "L0") }
    : withLevel(lowered, upperLevel, without(tablesAt(lowered, upperLevel), upperTables, `L${upperLevel}`));
}

/** The output takes the place of the task's last tier; tiers that appeared meanwhile are newer, kept ones older. */
function applyTiered(tree: Tree, task: TieredTask, outputs: readonly number[]): Tree {
  const first = tree.levels.findIndex((tier) => isSameSet(tier.tables, task.tiers[0]?.tables ?? []));
  const replaced = first < 0 ? [] : tree.levels.slice(first, first + task.tiers.length);
  const isAsSeen = replaced.every((tier, index) => isSameSet(tier.tables, task.tiers[index]?.tables ?? []));
  if (replaced.length === 0 || replaced.length < task.tiers.length || !isAsSeen) {
    const tiers = tree.levels.map((tier) => show(tier.tables)).join(" ");
    throw new EditMismatchError(
      `tiers ${task.tiers.map((tier) => show(tier.tables)).join(" ")} are not among ${tiers}`,
    );
  }
  const output: readonly Level[] = outputs[0] === undefined ? [] : [{ number: outputs[0], tables: outputs }];
  return { level0: [], levels: tree.levels.toSpliced(first, replaced.length, ...output) };
}

function tablesAt(tree: Tree, number: number): readonly number[] {
  return tree.levels[number - 1]?.tables ?? [];
}

/** Levels that do not exist yet are made, empty, down to the one that is set. */
function withLevel(tree: Tree, number: number, tables: readonly number[]): Tree {
  const levels = [...tree.levels];
  while (levels.length < number) levels.push({ number: levels.length + 1, tables: [] });
  levels[number - 1] = { number, tables };
  return { level0: tree.level0, levels };
}

function without(tables: readonly number[], removed: readonly number[], place: string): readonly number[] {
  const gone = new Set(removed);
  const kept = tables.filter((id) => !gone.has(id));
  if (kept.length + gone.size !== tables.length) {
    throw new EditMismatchError(`${place} is ${show(tables)}, which does not hold all of ${show(removed)}`);
  }
  return kept;
}

/** Ids of live tables are unique, so an id that comes back would be two tables in one file. */
function checkNew(ids: readonly number[], isInTree: (id: number) => boolean): void {
  const seen = new Set<number>();
  for (const id of ids) {
    if (seen.has(id) || isInTree(id)) throw new EditMismatchError(`table ${id} exists already`);
    seen.add(id);
  }
}

function holds(tree: Tree, id: number): boolean {
  return tree.level0.includes(id) || tree.levels.some((level) => level.tables.includes(id));
}

function isSameSet(left: readonly number[], right: readonly number[]): boolean {
  if (left.length !== right.length) return false;
  const ids = new Set(right);
  return left.every((id) => ids.has(id));
}

function show(ids: readonly number[]): string {
  return `[${ids.join(", ")}]`;
}
