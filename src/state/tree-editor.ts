import { LsmError } from "../errors.ts";
import type { CompactionTask, Edit, FullTask, LevelTask, TieredTask } from "../manifest/edit.ts";
import { taskInputs } from "../manifest/task-inputs.ts";
import type { Tree } from "./tree.ts";
import { EMPTY_TREE, toLevels, toTiers } from "./tree-views.ts";

/** Far beyond what any strategy makes; keeps a senseless level number from becoming memory. */
const LEVEL_NUMBER_MAX = 1024;

/** An edit does not fit the tree. From a manifest this is damage: the caller adds the file and the record's offset. */
export class EditMismatchError extends LsmError {
  override readonly name = "EditMismatchError";

  constructor(detail: string) {
    super("CORRUPTION", detail);
  }
}

type EditedLevel = { readonly number: number; readonly tables: Set<number> };

/**
 * A tree under edits, the one rule for the running engine and for replay (design D4). An edit takes time for the tables that
 * it names, not for those that there are: replay may have thousands of edits of thousands of tables.
 *
 * A record is applied by its own kind, in the view it was made in, whatever strategy is configured: `full`, `simple` and
 * `leveled` records see levels, `tiered` ones see tiers. Nothing is sorted here: outputs of a leveled task stand behind
 * the tables that stayed in the level, until `arrangeFor` puts them in order. Lists are therefore compared as sets.
 *
 * Tables that were flushed while the task ran stay where they are. Whether a flushed memtable had been announced is for
 * the caller to know; the tree holds tables only.
 */
export class TreeEditor {
  /** Oldest first, so that a flush adds at the end. */
  #level0 = new Set<number>();
  #levels: EditedLevel[] = [];
  readonly #isInTree: (id: number) => boolean;

  /** `isInTree`: a faster way to tell whether a table stands in the tree, where the caller has one. */
  constructor(tree: Tree = EMPTY_TREE, isInTree?: (id: number) => boolean) {
    this.#load(tree);
    this.#isInTree = isInTree ?? ((id) => this.#level0.has(id) || this.#levels.some(({ tables }) => tables.has(id)));
  }

  get tree(): Tree {
    const levels = this.#levels.map(({ number, tables }) => ({ number, tables: [...tables] }));
    return { level0: [...this.#level0].reverse(), levels };
  }

  /** Throws EditMismatchError; what is left of the tree then is of no use. */
  apply(edit: Edit): void {
    if (edit.kind === "flush") {
      this.#checkNew([edit.id]);
      this.#level0.add(edit.id);
    } else if (edit.kind === "compaction") {
      this.#checkNew(edit.outputs);
      this.#applyTask(edit.task, edit.outputs);
    }
  }

  #load({ level0, levels }: Tree): void {
    this.#level0 = new Set(level0.toReversed());
    this.#levels = levels.map(({ number, tables }) => ({ number, tables: new Set(tables) }));
  }

  #applyTask(task: CompactionTask, outputs: readonly number[]): void {
    const inputs = taskInputs(task);
    if (new Set(inputs).size !== inputs.length) throw new EditMismatchError("a table is input twice");
    if (task.strategy === "tiered") {
      this.#seeTiers();
      this.#applyTiered(task, outputs);
      return;
    }
    this.#seeLevels();
    if (task.strategy === "full") this.#applyFull(task, outputs);
    else {
      if (task.strategy === "simple") this.#checkWholeLevels(task);
      this.#applyLeveled(task, outputs);
    }
  }

  #applyFull(task: FullTask, outputs: readonly number[]): void {
    this.#checkLevel(1, task.level1);
    this.#remove(0, task.level0);
    const level1 = this.#levelAt(1);
    level1.clear();
    for (const id of outputs) level1.add(id);
  }

  /** Whole levels only: both must be as the task saw them. */
  #checkWholeLevels({ upperLevel, upperTables, lowerLevel, lowerTables }: LevelTask): void {
    if (upperLevel !== undefined) this.#checkLevel(upperLevel, upperTables);
    this.#checkLevel(lowerLevel, lowerTables);
  }

  #applyLeveled({ upperLevel, upperTables, lowerLevel, lowerTables }: LevelTask, outputs: readonly number[]): void {
    if (lowerLevel <= (upperLevel ?? 0) || upperLevel === 0 || lowerLevel > LEVEL_NUMBER_MAX) {
      throw new EditMismatchError(`L${upperLevel ?? 0} cannot be merged into L${lowerLevel}`);
    }
    this.#remove(lowerLevel, lowerTables);
    const lower = this.#levelAt(lowerLevel);
    for (const id of outputs) lower.add(id);
    this.#remove(upperLevel ?? 0, upperTables);
  }

  /** The output takes the place of the task's last tier; tiers that appeared meanwhile are newer, kept ones older. */
  #applyTiered(task: TieredTask, outputs: readonly number[]): void {
    const tiers = this.#levels;
    const first = tiers.findIndex((tier) => isSameSet(tier.tables, task.tiers[0]?.tables ?? []));
    const replaced = first < 0 ? [] : tiers.slice(first, first + task.tiers.length);
    const isAsSeen = replaced.every((tier, index) => isSameSet(tier.tables, task.tiers[index]?.tables ?? []));
    if (replaced.length === 0 || replaced.length < task.tiers.length || !isAsSeen) {
      const wanted = task.tiers.map((tier) => show(tier.tables)).join(" ");
      throw new EditMismatchError(`tiers ${wanted} are not among ${tiers.map((tier) => show(tier.tables)).join(" ")}`);
    }
    const output = outputs[0] === undefined ? [] : [{ number: outputs[0], tables: new Set(outputs) }];
    tiers.splice(first, replaced.length, ...output);
  }

  /** The tables of a level; 0 is L0. Levels that do not exist yet are made, empty, down to it. */
  #levelAt(number: number): Set<number> {
    if (number === 0) return this.#level0;
    while (this.#levels.length < number) this.#levels.push({ number: this.#levels.length + 1, tables: new Set() });
    return (this.#levels[number - 1] as EditedLevel).tables;
  }

  #remove(number: number, removed: readonly number[]): void {
    const tables = this.#levelAt(number);
    if (!removed.every((id) => tables.has(id))) {
      const found = number === 0 ? [...tables].reverse() : tables;
      throw new EditMismatchError(`L${number} is ${show(found)}, which does not hold all of ${show(removed)}`);
    }
    for (const id of removed) tables.delete(id);
  }

  #checkLevel(number: number, expected: readonly number[]): void {
    const tables = this.#levels[number - 1]?.tables ?? NO_TABLES;
    if (!isSameSet(tables, expected))
      throw new EditMismatchError(`L${number} is ${show(tables)}, not ${show(expected)}`);
  }

  /** Ids of live tables are unique, so an id that comes back would be two tables in one file. */
  #checkNew(ids: readonly number[]): void {
    const seen = new Set<number>();
    for (const id of ids) {
      if (seen.has(id) || this.#isInTree(id)) throw new EditMismatchError(`table ${id} exists already`);
      seen.add(id);
    }
  }

  #seeLevels(): void {
    if (!this.#levels.every((level, index) => level.number === index + 1)) this.#load(toLevels(this.tree));
  }

  #seeTiers(): void {
    const isTiered = this.#levels.every(({ number, tables }) => number === tables.values().next().value);
    if (this.#level0.size > 0 || !isTiered) this.#load(toTiers(this.tree));
  }
}

const NO_TABLES: ReadonlySet<number> = new Set();

/** Ids are not repeated, in the inputs of a task no more than in a level. */
function isSameSet(tables: ReadonlySet<number>, ids: readonly number[]): boolean {
  return tables.size === ids.length && ids.every((id) => tables.has(id));
}

function show(ids: Iterable<number>): string {
  return `[${[...ids].join(", ")}]`;
}
