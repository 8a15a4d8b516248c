import { inputRuns } from "../compaction/merge-sources.ts";
import { pickCompaction } from "../compaction/pick.ts";
import { pickFull } from "../compaction/pick-full.ts";
import { reachesBottom } from "../compaction/reaches-bottom.ts";
import type { CompactionTask } from "../manifest/edit.ts";
import { taskInputs } from "../manifest/task-inputs.ts";
import type { SSTable } from "../sstable/sstable.ts";
import type { NewTable } from "../sstable/table-output.ts";
import { applyEdit } from "../state/apply-edit.ts";
import { arrangeFor } from "../state/arrange.ts";
import { buildState, tableOf } from "../state/lsm-state.ts";
import type { Tree } from "../state/tree.ts";
import { type Core, commit, startWork, stoppedBy } from "./core.ts";
import type { Work } from "./work.ts";

/** Merges tables, one task at a time. */
export class Compactor {
  readonly #core: Core;
  readonly #watermark: () => number;
  readonly #droppedPrefixes: Uint8Array[] = [];
  #work: Work | undefined;
  /** The tree for which the picker found nothing to do, so that it is not asked again before there is another. */
  #settledTree: Tree | undefined;

  /** `watermark`: the smallest timestamp at which somebody reads or will read. */
  constructor(core: Core, watermark: () => number) {
    this.#core = core;
    this.#watermark = watermark;
  }

  /** Compactions that begin from now on drop what the prefix begins; see `MergeRules`. */
  dropPrefix(prefix: Uint8Array): void {
    this.#droppedPrefixes.push(prefix);
  }

  /** The compaction under way, if there is one. */
  get underWay(): Work | undefined {
    return this.#work?.outcome === "running" ? this.#work : undefined;
  }

  /** The compaction under way, or the strategy's next one; undefined when the tree is as it should be. */
  work(): Work | undefined {
    if (this.#work?.outcome === "running") return this.#work;
    if (stoppedBy(this.#core) !== undefined) return undefined;
    const { tree, tables } = this.#core.states.current;
    if (tree === this.#settledTree) return undefined;
    const picked = pickCompaction(tree, (id) => tableOf(tables, id), this.#core.options.compaction);
    if (picked !== undefined) return this.#begin(picked.task, picked.reason);
    this.#settledTree = tree;
    return undefined;
  }

  /** The next step of a compaction of everything, counted from 0; undefined when there is none. */
  fullStep(step: number): CompactionTask | undefined {
    const { states, options } = this.#core;
    return pickFull(states.current.tree, options.compaction, step);
  }

  /** Begins a task on the current tree. No other compaction may be under way. */
  begin(task: CompactionTask): Work {
    return this.#begin(task, undefined);
  }

  #begin(task: CompactionTask, reason: string | undefined): Work {
    const { states, options, format, emitter, directory, databaseId, ids } = this.#core;
    const input = states.pin();
    emitter.emit("compactionBegin", { task, reason, tree: input.tree });
    const request = {
      kind: "merge",
      directory,
      format,
      databaseId,
      blockSizeBytes: options.blockSizeBytes,
      runs: inputRuns(task),
      rules: {
        reachesBottom: reachesBottom(input.tree, task),
        watermark: this.#watermark(),
        droppedPrefixes: [...this.#droppedPrefixes],
      },
      tableSizeBytes: options.tableSizeBytes,
      ids: ids.memory,
      maxOpenFiles: options.maxOpenFiles,
    } as const;
    const sizeBytes = taskInputs(task).reduce((sum, id) => sum + tableOf(input.tables, id).sizeBytes, 0);
    this.#work = startWork(this.#core, sizeBytes, request, {
      install: (outputs, opened) => this.#install(task, outputs, opened),
      release: () => states.unpin(input),
    });
    return this.#work;
  }

  /** What cannot be applied is never recorded. The record is the commit point; the inputs go only after it, when nobody reads them any more. */
  #install(task: CompactionTask, outputs: readonly NewTable[], opened: readonly SSTable[]): void {
    const { states, options, emitter, counters } = this.#core;
    const outputIds = outputs.map((table) => table.id);
    const edit = { kind: "compaction", task, outputs: outputIds, tables: outputs } as const;
    const before = states.current;
    const removedIds = taskInputs(task);
    const removed = removedIds.map((id) => tableOf(before.tables, id));
    const known = new Map(before.tables);
    for (const table of opened) known.set(table.id, table);
    for (const id of removedIds) known.delete(id);
    const tree = arrangeFor(options.compaction, applyEdit(before.tree, edit), (id) => tableOf(known, id));
    const next = buildState(before.memtable, before.immutableMemtables, tree, known);
    commit(this.#core, edit, opened);
    states.install(next);
    states.retire(removed);
    counters.compactions++;
    for (const table of removed) counters.compactedBytesRead += table.sizeBytes;
    for (const table of outputs) counters.compactedBytesWritten += table.sizeBytes;
    emitter.emit("compactionEnd", { task, removed: removedIds, outputs: outputIds });
  }
}
