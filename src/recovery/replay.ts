import { CorruptionError, LsmError } from "../errors.ts";
import type { Edit } from "../manifest/edit.ts";
import type { ManifestRecord } from "../manifest/manifest-frame.ts";
import { taskInputs } from "../manifest/task-inputs.ts";
import { applyEdit } from "../state/apply-edit.ts";
import type { Tree } from "../state/tree.ts";

/** What a database consisted of when its manifest's last record was written. */
export type Replayed = {
  readonly tree: Tree;
  /** Announced and never flushed, ascending: their entries are in logs, or were lost with the process that held them. */
  readonly liveMemtables: readonly number[];
  /** Largest id of any record, at least 1, as the reference counts. */
  readonly maxId: number;
  /** Every memtable and table that a record names. */
  readonly namedIds: ReadonlySet<number>;
  /** Tables that a compaction replaced. A file that is still there is left over from a crash. */
  readonly replacedTables: ReadonlySet<number>;
  /** Memtables that became tables. A log that is still there is left over from a crash. */
  readonly flushedMemtables: ReadonlySet<number>;
};

/** Applies the records in order. Throws CorruptionError with the offset of the record that does not fit. */
export function replay(records: readonly ManifestRecord[], manifestPath: string): Replayed {
  let tree: Tree = { level0: [], levels: [] };
  let maxId = 1;
  const named = new Set<number>();
  const live = new Set<number>();
  const replaced = new Set<number>();
  const flushed = new Set<number>();
  for (const { offset, edit } of records) {
    try {
      tree = applyEdit(tree, edit);
      announce(edit, live, flushed);
      if (edit.kind === "compaction") for (const id of taskInputs(edit.task)) replaced.add(id);
    } catch (error) {
      if (!(error instanceof LsmError)) throw error;
      throw new CorruptionError(manifestPath, offset, error.message);
    }
    for (const id of newIds(edit)) {
      named.add(id);
      maxId = Math.max(maxId, id);
    }
  }
  return {
    tree,
    liveMemtables: [...live].sort((a, b) => a - b),
    namedIds: named,
    maxId,
    replacedTables: replaced,
    flushedMemtables: flushed,
  };
}

/** Keeps the books of memtables, which the tree knows nothing of. */
function announce(edit: Edit, live: Set<number>, flushed: Set<number>): void {
  if (edit.kind === "newMemtable") {
    if (live.has(edit.id)) throw new LsmError("CORRUPTION", `memtable ${edit.id} was announced twice`);
    live.add(edit.id);
  } else if (edit.kind === "flush") {
    if (!live.delete(edit.id)) throw new LsmError("CORRUPTION", `memtable ${edit.id} was flushed but never announced`);
    flushed.add(edit.id);
  }
}

function newIds(edit: Edit): readonly number[] {
  return edit.kind === "compaction" ? edit.outputs : [edit.id];
}
