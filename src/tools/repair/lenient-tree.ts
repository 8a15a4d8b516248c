import type { Edit } from "../../manifest/edit.ts";
import { taskInputs } from "../../manifest/task-inputs.ts";
import type { Tree } from "../../state/tree.ts";

/** Tables that stand side by side; `level` is undefined for one that stands by itself, in level 0 or as a tier. */
type Run = { readonly level: number | undefined; readonly tables: Set<number> };

/**
 * A tree that takes every edit, also those that do not fit because one before them was lost. What it is asked is which tables
 * there are, and which of two is newer.
 */
export class LenientTree {
  /** Tables that a merge replaced: their files are left over, and what they hold stands in others. */
  readonly replaced: Set<number> = new Set();
  /** Newest first. */
  #runs: Run[] = [];

  /** Begins anew with what the first frame of a native manifest says. */
  begin({ level0, levels }: Tree): void {
    const isLeveled = levels.every((level, index) => level.number === index + 1);
    this.#runs = [
      ...level0.map((id): Run => ({ level: undefined, tables: new Set([id]) })),
      ...levels.map(({ number, tables }): Run => ({ level: isLeveled ? number : undefined, tables: new Set(tables) })),
    ];
  }

  apply(edit: Edit): void {
    if (edit.kind === "flush") {
      this.#remove([edit.id]);
      this.#runs.unshift({ level: undefined, tables: new Set([edit.id]) });
    }
    if (edit.kind !== "compaction") return;
    const { task, outputs } = edit;
    const inputs = taskInputs(task);
    const last = this.#runs.findLastIndex(({ tables }) => inputs.some((id) => tables.has(id)));
    for (const id of inputs) this.replaced.add(id);
    for (const id of outputs) this.replaced.delete(id);
    this.#remove([...inputs, ...outputs]);
    if (task.strategy === "tiered") {
      // What its inputs have left behind is empty, and stands for their place.
      const place = last < 0 ? (task.isBottomIncluded ? this.#runs.length : 0) : last;
      this.#runs.splice(place, 0, { level: undefined, tables: new Set(outputs) });
    } else this.#addToLevel(task.strategy === "full" ? 1 : task.lowerLevel, outputs);
  }

  /** All tables, the newest first; within a run in any order, for they share no key. */
  get newestFirst(): number[] {
    return this.#runs.flatMap(({ tables }) => [...tables]);
  }

  #addToLevel(level: number, outputs: readonly number[]): void {
    const present = this.#runs.find((run) => run.level === level);
    if (present !== undefined) {
      for (const id of outputs) present.tables.add(id);
      return;
    }
    const deeper = this.#runs.findIndex((run) => run.level !== undefined && run.level > level);
    const place = deeper < 0 ? this.#runs.length : deeper;
    this.#runs.splice(place, 0, { level, tables: new Set(outputs) });
  }

  #remove(ids: readonly number[]): void {
    for (const { tables } of this.#runs) for (const id of ids) tables.delete(id);
  }
}
