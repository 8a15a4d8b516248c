import { join } from "node:path";
import { logFileName, MANIFEST_NAME, tableFileName } from "../fs/file-names.ts";
import type { FileSystem } from "../fs/file-system.ts";
import type { EditLog } from "../manifest/edit-log.ts";
import { Manifest, readManifest } from "../manifest/manifest-log.ts";
import type { DatabaseFormat } from "../options.ts";
import type { SSTable } from "../sstable/sstable.ts";
import { arrangeFor } from "../state/arrange.ts";
import type { Tree } from "../state/tree.ts";
import { formatOfLogs, formatOfTables, referenceFormat, refuseOtherFormat } from "./detect-format.ts";
import { type DirectoryContents, listDatabaseFiles } from "./directory-contents.ts";
import { type FoundDatabase, refuseExisting } from "./found-database.ts";
import { removeLeftovers } from "./leftovers.ts";
import { makeMissingLogs, type RecoveredLogs, readLogs, settleLogs } from "./recover-logs.ts";
import type { RecoveryContext } from "./recovery-context.ts";
import { type Replayed, replay } from "./replay.ts";

/**
 * The database of format `plain` or `mvcc` in a directory; undefined where the manifest holds no whole record. Throws
 * CorruptionError for what a crash cannot have left (design D14), LsmError DATABASE_EXISTS or FORMAT_MISMATCH as the
 * options demand, IoError.
 */
export function findReference(context: RecoveryContext, contents: DirectoryContents): FoundDatabase | undefined {
  const { fs, directory, options } = context;
  const path = join(directory, MANIFEST_NAME);
  const { records, warning } = readManifest(fs, path);
  if (records.length === 0) return undefined;
  refuseExisting(context);

  const replayed = replay(records, path);
  const tables = openTables(context, replayed.tree);
  const found = formatOfTables(tables) ?? formatOfLogs(fs, directory, contents, replayed);
  refuseOtherFormat(directory, found === undefined ? ["plain", "mvcc"] : [found], options.format);
  const tree = arrangeFor(options.compaction, replayed.tree, (id) => tables.get(id) as SSTable);
  const logs = readLogs(fs, directory, { format: found, recovery: options.recovery }, contents, replayed);
  const warnings = [...(warning === undefined ? [] : [warning]), ...logs.warnings];
  return {
    format: found ?? referenceFormat(options),
    databaseId: undefined,
    tree,
    tables,
    immutableMemtables: logs.memtables,
    logsOnDisk: logs.present,
    lastTimestamp: lastTimestampOf(tables, logs),
    nextId: replayed.maxId + 1,
    warnings,
    takeOver: () => takeOver(context, path, logs, warnings.length > 0 ? undefined : replayed),
  };
}

/** `replayed` says what is left over; undefined: nothing is deleted. */
function takeOver(
  context: RecoveryContext,
  path: string,
  logs: RecoveredLogs,
  replayed: Replayed | undefined,
): { readonly manifest: EditLog; readonly notes: readonly string[] } {
  const { fs, directory } = context;
  const { manifest } = Manifest.open(fs, path);
  try {
    settleLogs(fs, directory, logs);
    const notes = replaceMissingLogs(context, logs);
    const removal = replayed === undefined ? [] : removeLeftovers(fs, directory, leftovers(fs, directory, replayed));
    return { manifest, notes: [...removal, ...notes] };
  } catch (error) {
    manifest.close();
    throw error;
  }
}

/** Where logs come into use, or are in use already, every announced memtable gets one. */
function replaceMissingLogs(context: RecoveryContext, logs: RecoveredLogs): string[] {
  const { fs, directory, options } = context;
  if (options.durability === "none" && logs.present.size === 0) return [];
  makeMissingLogs(fs, directory, logs);
  return logs.missing.map(
    (id) => `memtable ${id} has no log in ${directory}: it was written without one, and is taken as empty`,
  );
}

/**
 * Half-made files, tables that no record ever named, tables and logs that a record retired. Listed again: temporary names
 * may have become logs just now.
 */
function leftovers(fs: FileSystem, directory: string, replayed: Replayed): string[] {
  const contents = listDatabaseFiles(fs, directory);
  const { namedIds, replacedTables } = replayed;
  const tables = contents.tableIds.filter((id) => !namedIds.has(id) || replacedTables.has(id));
  // A log that was never announced is empty: recovery refuses one that is not.
  const live = new Set(replayed.liveMemtables);
  const logs = contents.logIds.filter((id) => !live.has(id));
  return [...contents.temporaryNames, ...tables.map(tableFileName), ...logs.map(logFileName)];
}

function openTables(context: RecoveryContext, tree: Tree): Map<number, SSTable> {
  const tables = new Map<number, SSTable>();
  let format: DatabaseFormat | undefined;
  for (const ids of [tree.level0, ...tree.levels.map((level) => level.tables)]) {
    for (const id of ids) {
      const table = context.openTable(id, format);
      format = table.format;
      tables.set(id, table);
    }
  }
  return tables;
}

function lastTimestampOf(tables: ReadonlyMap<number, SSTable>, logs: RecoveredLogs): number {
  let last = logs.lastTimestamp;
  for (const table of tables.values()) last = Math.max(last, table.maxTimestamp);
  return last;
}
