import type { ByteReader } from "../codec/byte-reader.ts";
import type { ByteWriter } from "../codec/byte-writer.ts";
import type { LiveMemtable } from "./announced.ts";
import type { TableTree } from "./edit-log.ts";
import { decodeFlag, decodeList, encodeFlag, encodeList } from "./native-fields.ts";
import { decodeDescriptions, RECORD_TAG } from "./native-record.ts";
import { encodeDescription } from "./table-description.ts";

/**
 * What a manifest of `native` begins with: the database as it was then, to which the edits behind it are applied.
 *
 *   | 4 u8 | next id u64 | last timestamp u64 | tables of L0 | list of | number u64 | tables | | memtables |
 *
 *   tables    = list of descriptions, in the order of the tree
 *   memtables = list of | id u64 | has a log: flag | durable bytes of the log u64 |
 *
 * Integers are big-endian. The next id is above every id that was ever named, the last timestamp that of the newest entry
 * that was ever in a table.
 */
const SIZE_LEVEL_MIN = 12;
const SIZE_MEMTABLE = 17;

export type StateRecord = {
  readonly nextId: number;
  readonly lastTimestamp: number;
  readonly tables: TableTree;
  readonly liveMemtables: readonly LiveMemtable[];
};

export function encodeState(writer: ByteWriter, state: StateRecord): void {
  const tablesOf = (tables: TableTree["level0"]): void =>
    encodeList(writer, tables, (table) => encodeDescription(writer, table));
  writer.u8(RECORD_TAG.state).u64(state.nextId).u64(state.lastTimestamp);
  tablesOf(state.tables.level0);
  encodeList(writer, state.tables.levels, (level) => {
    writer.u64(level.number);
    tablesOf(level.tables);
  });
  encodeList(writer, state.liveMemtables, (memtable) => {
    writer.u64(memtable.id);
    encodeFlag(writer, memtable.hasLog);
    writer.u64(memtable.syncedBytes);
  });
}

/** Throws CorruptionError. */
export function decodeState(reader: ByteReader): StateRecord {
  const at = reader.position;
  if (reader.u8() !== RECORD_TAG.state) reader.fail(at, "the manifest does not begin with the state of a database");
  const nextId = reader.u64();
  const lastTimestamp = reader.u64();
  const level0 = decodeDescriptions(reader);
  const levels = decodeList(reader, SIZE_LEVEL_MIN, () => ({
    number: reader.u64(),
    tables: decodeDescriptions(reader),
  }));
  const liveMemtables = decodeList(reader, SIZE_MEMTABLE, () => ({
    id: reader.u64(),
    hasLog: decodeFlag(reader),
    syncedBytes: reader.u64(),
  }));
  return { nextId, lastTimestamp, tables: { level0, levels }, liveMemtables };
}
