import type { ByteReader } from "../codec/byte-reader.ts";
import type { ByteWriter } from "../codec/byte-writer.ts";
import { assert } from "../errors.ts";
import type { NewTable } from "../sstable/table-output.ts";
import type { Edit } from "./edit.ts";
import { decodeFlag, decodeIds, decodeList, encodeFlag, encodeIds, encodeList } from "./native-fields.ts";
import { decodeTask, encodeTask } from "./native-task.ts";
import { decodeDescription, encodeDescription, SIZE_DESCRIPTION_MIN } from "./table-description.ts";

/**
 * One edit in a manifest of `native`. Integers are big-endian; `table-description.ts`, `native-task.ts` and
 * `native-fields.ts` draw the parts.
 *
 *   | 1 u8 | memtable id u64 | has a log: flag |           a memtable was started
 *   | 2 u8 | ids of memtables | description |             these, newest first, became the table with the first one's id
 *   | 3 u8 | task | list of descriptions |                a compaction replaced its inputs by these
 *   | 5 u8 | memtable id u64 | bytes u64 |                so much of the memtable's log is durable
 *
 * The beginning of a manifest has the tag 4 (`native-state.ts`).
 */
export const RECORD_TAG = { newMemtable: 1, flush: 2, compaction: 3, state: 4, logSynced: 5 } as const;

export function encodeEdit(writer: ByteWriter, edit: Edit): void {
  writer.u8(RECORD_TAG[edit.kind]);
  switch (edit.kind) {
    case "newMemtable":
      assert(edit.hasLog !== undefined, "an edit of native says whether the memtable has a log");
      writer.u64(edit.id);
      encodeFlag(writer, edit.hasLog);
      return;
    case "flush":
      assert(edit.table?.id === edit.id, "an edit of native describes the flushed table");
      encodeIds(writer, [edit.id, ...(edit.olderMemtables ?? [])]);
      encodeDescription(writer, edit.table);
      return;
    case "compaction":
      assert(edit.tables?.length === edit.outputs.length, "an edit of native describes the merged tables");
      encodeTask(writer, edit.task);
      encodeList(writer, edit.tables, (table) => encodeDescription(writer, table));
      return;
    case "logSynced":
      writer.u64(edit.id).u64(edit.sizeBytes);
  }
}

/** Throws CorruptionError. */
export function decodeEdit(reader: ByteReader): Edit {
  const at = reader.position;
  const tag = reader.u8();
  switch (tag) {
    case RECORD_TAG.newMemtable:
      return { kind: "newMemtable", id: reader.u64(), hasLog: decodeFlag(reader) };
    case RECORD_TAG.flush:
      return decodeFlush(reader);
    case RECORD_TAG.compaction: {
      const task = decodeTask(reader);
      const tables = decodeDescriptions(reader);
      return { kind: "compaction", task, outputs: tables.map((table) => table.id), tables };
    }
    case RECORD_TAG.logSynced:
      return { kind: "logSynced", id: reader.u64(), sizeBytes: reader.u64() };
    default:
      return reader.fail(at, `a record of the unknown kind ${tag}`);
  }
}

function decodeFlush(reader: ByteReader): Edit {
  const at = reader.position;
  const [id, ...olderMemtables] = decodeIds(reader);
  const table = decodeDescription(reader);
  if (id !== table.id) reader.fail(at, `the flush of memtable ${id} made table ${table.id}`);
  return { kind: "flush", id: table.id, olderMemtables, table };
}

export function decodeDescriptions(reader: ByteReader): NewTable[] {
  return decodeList(reader, SIZE_DESCRIPTION_MIN, () => decodeDescription(reader));
}
