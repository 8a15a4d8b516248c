import type { Edit } from "../manifest/edit.ts";
import type { ManifestRecord } from "../manifest/manifest-frame.ts";
import { taskInputs } from "../manifest/task-inputs.ts";
import type { Tree } from "../state/tree.ts";
import { EditReplay } from "./edit-replay.ts";

/** What a database of the reference's formats consisted of when its manifest's last record was written. */
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
  const replayed = new EditReplay(manifestPath);
  const named = new Set<number>();
  const replaced = new Set<number>();
  const flushed = new Set<number>();
  for (const record of records) {
    replayed.apply(record);
    const { edit } = record;
    if (edit.kind === "flush") flushed.add(edit.id);
    if (edit.kind === "compaction") for (const id of taskInputs(edit.task)) replaced.add(id);
    for (const id of newIds(edit)) named.add(id);
  }
  const { tree, announced } = replayed;
  return {
    tree,
    liveMemtables: announced.liveMemtables.map((memtable) => memtable.id).sort((a, b) => a - b),
    namedIds: named,
    maxId: Math.max(1, announced.nextId - 1),
    replacedTables: replaced,
    flushedMemtables: flushed,
  };
}

function newIds(edit: Edit): readonly number[] {
  return edit.kind === "compaction" ? edit.outputs : [edit.id];
}
