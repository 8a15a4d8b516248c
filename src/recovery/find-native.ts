import { join } from "node:path";
import { SIZE_NATIVE_HEADER } from "../codec/native-header.ts";
import { CorruptionError, IoError } from "../errors.ts";
import { logFileName, MANIFEST_NAME, tableFileName } from "../fs/file-names.ts";
import type { CurrentState, EditLog } from "../manifest/edit-log.ts";
import { NativeManifest } from "../manifest/native-manifest.ts";
import { type NativeManifestContents, readNativeManifest } from "../manifest/read-native-manifest.ts";
import type { SSTable } from "../sstable/sstable.ts";
import type { NewTable } from "../sstable/table-output.ts";
import { arrangeFor } from "../state/arrange.ts";
import { checkTree } from "../state/check-tree.ts";
import { describeTree } from "../state/described-tree.ts";
import type { Tree } from "../state/tree.ts";
import { refuseOtherFormat } from "./detect-format.ts";
import { type DirectoryContents, listDatabaseFiles } from "./directory-contents.ts";
import { type FoundDatabase, refuseExisting } from "./found-database.ts";
import { removeLeftovers } from "./leftovers.ts";
import { type RecoveredNativeLogs, readNativeLogs, settleNativeLogs } from "./recover-native-logs.ts";
import type { RecoveryContext } from "./recovery-context.ts";
import { type NativeReplayed, replayNative } from "./replay-native.ts";
import { describeStrangers, idBehind, type Stranger, strangersAmong } from "./strangers.ts";

/**
 * The `native` database in a directory. No table is opened: the manifest describes them. Throws CorruptionError for what a
 * crash cannot have left, LsmError UNSUPPORTED for what a newer program wrote, DATABASE_EXISTS or FORMAT_MISMATCH as the
 * options demand, IoError.
 */
export function findNative(context: RecoveryContext, files: DirectoryContents): FoundDatabase {
  const { fs, directory, options } = context;
  refuseExisting(context);
  refuseOtherFormat(directory, ["native"], options.format);
  const path = join(directory, MANIFEST_NAME);
  const contents = readNativeManifest(fs, path);
  const { databaseId, warning } = contents;
  const replayed = replayNative(contents, path);
  const { announced } = replayed;
  const tree = soundTree(context, path, replayed);
  const tables = openTables(context, files, replayed);
  const logs = readNativeLogs(fs, directory, { databaseId, recovery: options.recovery }, files, announced);
  const warnings = [...(warning === undefined ? [] : [warning]), ...logs.warnings];
  const inDoubt = tablesInDoubt(files, replayed);
  const strangers = strangersAmong(fs, directory, unnamed(files, replayed), databaseId);
  const found: Found = { context, path, contents, replayed, inDoubt, strangers, tree, logs };
  return {
    format: "native",
    databaseId,
    tree,
    tables,
    immutableMemtables: logs.memtables,
    logsOnDisk: new Set(logs.memtables.map((memtable) => memtable.id)),
    lastTimestamp: Math.max(announced.lastTimestamp, logs.lastTimestamp),
    nextId: idBehind(strangers, announced.nextId),
    warnings,
    takeOver: () => takeOver(found, warnings.length === 0),
  };
}

type Found = {
  readonly context: RecoveryContext;
  readonly path: string;
  readonly contents: NativeManifestContents;
  readonly replayed: NativeReplayed;
  readonly inDoubt: ReadonlySet<number>;
  readonly strangers: readonly Stranger[];
  readonly tree: Tree;
  readonly logs: RecoveredNativeLogs;
};

/** In the form of the strategy. Reads rely on what is checked here, and nothing else would find a forged manifest out. */
function soundTree({ options }: RecoveryContext, path: string, { tree, tables }: NativeReplayed): Tree {
  const table = (id: number): NewTable => tables.get(id) as NewTable;
  const arranged = arrangeFor(options.compaction, tree, table);
  const [fault] = checkTree(arranged, table);
  if (fault !== undefined) throw new CorruptionError(path, SIZE_NATIVE_HEADER, fault);
  return arranged;
}

function openTables(
  { directory, openTable }: RecoveryContext,
  files: DirectoryContents,
  replayed: NativeReplayed,
): Map<number, SSTable> {
  const present = new Set(files.tableIds);
  const tables = new Map<number, SSTable>();
  for (const [id, description] of replayed.tables) {
    if (!present.has(id)) {
      throw new CorruptionError(
        join(directory, tableFileName(id)),
        0,
        "the table is missing, though the manifest names it",
      );
    }
    tables.set(id, openTable(id, "native", description));
  }
  return tables;
}

/**
 * Tables that memtables without a log were being flushed to: what they held may be nowhere else. The memtables are not
 * forgotten, so that the files are known for what they are, and stay.
 */
function tablesInDoubt(files: DirectoryContents, { tables, announced }: NativeReplayed): ReadonlySet<number> {
  const present = new Set(files.tableIds);
  const unlogged = announced.liveMemtables.filter(({ hasLog }) => !hasLog).map((memtable) => memtable.id);
  return new Set(unlogged.filter((id) => present.has(id) && !tables.has(id)));
}

function takeOver(found: Found, isClean: boolean): { readonly manifest: EditLog; readonly notes: readonly string[] } {
  const { context, path, contents, replayed, inDoubt, strangers, logs } = found;
  const { fs, directory } = context;
  const manifest = NativeManifest.resume(fs, path, contents, replayed.announced, inDoubt);
  try {
    settleNativeLogs(fs, directory, logs);
    manifest.noteSynced(logs.sizes);
    const kept = describeStrangers(directory, strangers);
    if (!isClean) return { manifest, notes: kept };
    const notes = rewriteIfWorthIt(manifest, found);
    return { manifest, notes: [...kept, ...notes, ...removeLeftovers(fs, directory, leftovers(found))] };
  } catch (error) {
    manifest.close();
    throw error;
  }
}

/** Memtables that hold nothing need not be known any more; without this every opening would leave one for the next. */
function rewriteIfWorthIt(manifest: NativeManifest, { path, replayed, inDoubt, tree, logs }: Found): string[] {
  const memtableIds = new Set([...logs.memtables.map((memtable) => memtable.id), ...inDoubt]);
  const current = (): CurrentState => ({
    tables: describeTree(tree, (id) => replayed.tables.get(id) as NewTable),
    memtableIds,
  });
  try {
    if (replayed.announced.liveMemtables.some(({ id }) => !memtableIds.has(id))) manifest.rewrite(current());
    else manifest.rewriteIfGrown(current);
    return [];
  } catch (error) {
    if (!(error instanceof IoError) || manifest.failure !== undefined) throw error;
    return [`${path} could not be written anew, and goes on as it is: ${error.message}`];
  }
}

/**
 * Half-made files, and tables and logs that the manifest does not name, or no more, but for those of somebody else. Listed
 * again: a rewrite has used a temporary name.
 */
function leftovers({ context, replayed, inDoubt, strangers }: Found): string[] {
  const files = listDatabaseFiles(context.fs, context.directory);
  const { tableIds, logIds } = unnamed(files, replayed);
  const kept = new Set(strangers.map(({ name }) => name));
  const names = [...tableIds.filter((id) => !inDoubt.has(id)).map(tableFileName), ...logIds.map(logFileName)];
  return [...files.temporaryNames, ...names.filter((name) => !kept.has(name))];
}

/** The tables and logs that the manifest does not name, or no more. */
function unnamed(
  files: DirectoryContents,
  { tables, announced }: NativeReplayed,
): Pick<DirectoryContents, "tableIds" | "logIds"> {
  const logged = new Set(announced.liveMemtables.flatMap(({ id, hasLog }) => (hasLog ? [id] : [])));
  return {
    tableIds: files.tableIds.filter((id) => !tables.has(id)),
    logIds: files.logIds.filter((id) => !logged.has(id)),
  };
}
