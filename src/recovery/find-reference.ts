import { join } from "node:path";
import { CorruptionError } from "../errors.ts";
import { logFileName, MANIFEST_NAME, tableFileName } from "../fs/file-names.ts";
import type { FileSystem } from "../fs/file-system.ts";
import type { EditLog } from "../manifest/edit-log.ts";
import { Manifest, readManifest } from "../manifest/manifest-log.ts";
import type { DatabaseFormat } from "../options.ts";
import type { SSTable } from "../sstable/sstable.ts";
import { arrangeFor } from "../state/arrange.ts";
import { checkTree } from "../state/check-tree.ts";
import type { Tree } from "../state/tree.ts";
import { formatOfLogs, formatOfTables, referenceFormat, refuseOtherFormat } from "./detect-format.ts";
import { type DirectoryContents, listDatabaseFiles } from "./directory-contents.ts";
import { type FoundDatabase, refuseExisting } from "./found-database.ts";
import { removeLeftovers } from "./leftovers.ts";
import { makeMissingLogs, type RecoveredLogs, readLogs, settleLogs } from "./recover-logs.ts";
import type { RecoveryContext } from "./recovery-context.ts";
import { type Replayed, replay } from "./replay.ts";
import { describeStrangers, idBehind, type Stranger, strangersAmong } from "./strangers.ts";

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
  const tree = soundTree(context, path, replayed.tree, tables);
  const logs = readLogs(fs, directory, { format: found, recovery: options.recovery }, contents, replayed);
  const strangers = strangersAmong(fs, directory, unnamed(contents, replayed), undefined);
  const warnings = [...(warning === undefined ? [] : [warning]), ...logs.warnings];
  return {
    format: found ?? referenceFormat(options),
    databaseId: undefined,
    tree,
    tables,
    immutableMemtables: logs.memtables,
    logsOnDisk: logs.present,
    lastTimestamp: lastTimestampOf(tables, logs),
    nextId: idBehind(strangers, replayed.maxId + 1),
    warnings,
    takeOver: () => takeOver({ context, path, logs, strangers }, warnings.length > 0 ? undefined : replayed),
  };
}

/** In the form of the strategy. Scans rely on what is checked here, and the records cannot show it: they name no keys. */
function soundTree({ options }: RecoveryContext, path: string, tree: Tree, tables: ReadonlyMap<number, SSTable>): Tree {
  const table = (id: number): SSTable => tables.get(id) as SSTable;
  const arranged = arrangeFor(options.compaction, tree, table);
  const [fault] = checkTree(arranged, table);
  if (fault !== undefined) throw new CorruptionError(path, 0, fault);
  return arranged;
}

type Found = {
  readonly context: RecoveryContext;
  readonly path: string;
  readonly logs: RecoveredLogs;
  readonly strangers: readonly Stranger[];
};

/** `replayed` says what is left over; undefined: nothing is deleted. */
function takeOver(
  { context, path, logs, strangers }: Found,
  replayed: Replayed | undefined,
): { readonly manifest: EditLog; readonly notes: readonly string[] } {
  const { fs, directory } = context;
  const { manifest } = Manifest.open(fs, path);
  try {
    settleLogs(fs, directory, logs);
    const notes = replaceMissingLogs(context, logs);
    const left = replayed === undefined ? [] : leftovers(fs, directory, replayed, strangers);
    const kept = describeStrangers(directory, strangers);
    return { manifest, notes: [...kept, ...removeLeftovers(fs, directory, left), ...notes] };
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
 * Half-made files, tables that no record ever named, tables and logs that a record retired, but for those of somebody else.
 * Listed again: temporary names may have become logs just now.
 */
function leftovers(fs: FileSystem, directory: string, replayed: Replayed, strangers: readonly Stranger[]): string[] {
  const contents = listDatabaseFiles(fs, directory);
  const { tableIds, logIds } = unnamed(contents, replayed);
  const kept = new Set(strangers.map(({ name }) => name));
  const names = [...tableIds.map(tableFileName), ...logIds.map(logFileName)];
  return [...contents.temporaryNames, ...names.filter((name) => !kept.has(name))];
}

/** The tables that no record named, or a later one replaced, and the logs that none announced, or a later one retired. */
function unnamed(contents: DirectoryContents, replayed: Replayed): Pick<DirectoryContents, "tableIds" | "logIds"> {
  const { namedIds, replacedTables } = replayed;
  // A log that was never announced is empty: recovery refuses one that is not.
  const live = new Set(replayed.liveMemtables);
  return {
    tableIds: contents.tableIds.filter((id) => !namedIds.has(id) || replacedTables.has(id)),
    logIds: contents.logIds.filter((id) => !live.has(id)),
  };
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
