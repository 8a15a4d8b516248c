import type { CompactionTask } from "../../manifest/edit.ts";
import type { Tree } from "../../state/tree.ts";
import { TreeEditor } from "../../state/tree-editor.ts";
import { EMPTY_TREE } from "../../state/tree-views.ts";
import type { Change, FrozenMemtable, ShownTable } from "./change.ts";

/** All that there is to see after some change. A value. */
export type Scene = {
  /** As the edits made it: `arrangeScene` gives it the form of the strategy. */
  readonly tree: Tree;
  /** The memtable that takes writes, where a manifest announced it. */
  readonly memtableId: number | undefined;
  /** Newest first. */
  readonly frozen: readonly FrozenMemtable[];
  readonly running: RunningCompaction | undefined;
  readonly totals: Totals;
};

export type RunningCompaction = { readonly task: CompactionTask; readonly reason: string | undefined };

/** Counted since the history begins. */
export type Totals = {
  readonly flushes: number;
  readonly compactions: number;
  /** By flushes and by compactions. */
  readonly tablesWritten: number;
  readonly stalls: number;
  readonly stalledMs: number;
};

export const EMPTY_SCENE: Scene = {
  tree: EMPTY_TREE,
  memtableId: undefined,
  frozen: [],
  running: undefined,
  totals: { flushes: 0, compactions: 0, tablesWritten: 0, stalls: 0, stalledMs: 0 },
};

/** A scene under changes. A change takes time for the tables that it names, not for those that there are. */
export class SceneEditor {
  #editor: TreeEditor;
  #frozen: FrozenMemtable[];
  #running: RunningCompaction | undefined;
  #totals: Totals;
  #memtableId: number | undefined;

  constructor(scene: Scene = EMPTY_SCENE) {
    this.#editor = new TreeEditor(scene.tree);
    this.#memtableId = scene.memtableId;
    this.#frozen = [...scene.frozen];
    this.#running = scene.running;
    this.#totals = scene.totals;
  }

  get scene(): Scene {
    return {
      tree: this.#editor.tree,
      memtableId: this.#memtableId,
      frozen: [...this.#frozen],
      running: this.#running,
      totals: this.#totals,
    };
  }

  get frozenCount(): number {
    return this.#frozen.length;
  }

  get isCompacting(): boolean {
    return this.#running !== undefined;
  }

  /** Throws EditMismatchError for a change that does not fit what there is; then the editor is of no more use. */
  apply(change: Change): void {
    switch (change.kind) {
      case "freeze":
        this.#frozen.unshift(change.memtable);
        return;
      case "newMemtable":
        if (this.#memtableId !== undefined) this.#frozen.unshift({ id: this.#memtableId, sizeBytes: undefined });
        this.#memtableId = change.id;
        return;
      case "flush":
        this.#flush(change.table);
        return;
      case "compactionBegin":
        this.#running = { task: change.task, reason: change.reason };
        return;
      case "compactionEnd":
        this.#compact(change.task, change.outputs);
        return;
      case "compactionGivenUp":
        this.#running = undefined;
        return;
      case "stall": {
        const { stalls, stalledMs } = this.#totals;
        this.#totals = { ...this.#totals, stalls: stalls + 1, stalledMs: stalledMs + change.waitedMs };
        return;
      }
      case "trouble":
        return;
      case "state":
        this.#editor = new TreeEditor(change.tree);
        this.#frozen = [...change.frozen];
        this.#running = undefined;
    }
  }

  #flush({ id }: ShownTable): void {
    this.#editor.apply({ kind: "flush", id });
    this.#frozen = this.#frozen.filter((memtable) => memtable.id > id);
    if (this.#memtableId !== undefined && this.#memtableId <= id) this.#memtableId = undefined;
    const { flushes, tablesWritten } = this.#totals;
    this.#totals = { ...this.#totals, flushes: flushes + 1, tablesWritten: tablesWritten + 1 };
  }

  #compact(task: CompactionTask, tables: readonly ShownTable[]): void {
    const outputs = tables.map((table) => table.id);
    this.#editor.apply({ kind: "compaction", task, outputs });
    this.#running = undefined;
    const { compactions, tablesWritten } = this.#totals;
    this.#totals = { ...this.#totals, compactions: compactions + 1, tablesWritten: tablesWritten + outputs.length };
  }
}
