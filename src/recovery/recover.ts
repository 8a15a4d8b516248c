import { dirname, join, resolve } from "node:path";
import { IoError, LsmError } from "../errors.ts";
import { logFileName, MANIFEST_NAME, tableFileName } from "../fs/file-names.ts";
import type { FileSystem } from "../fs/file-system.ts";
import { Manifest, readManifest } from "../manifest/manifest-log.ts";
import type { Memtable } from "../memtable/memtable.ts";
import type { DatabaseFormat, Options } from "../options.ts";
import type { SSTable } from "../sstable/sstable.ts";
import { arrangeFor } from "../state/arrange.ts";
import type { Tree } from "../state/tree.ts";
import { formatOfLogs, formatOfTables, refuseOtherFormat } from "./detect-format.ts";
import { type DirectoryContents, listDatabaseFiles, refuseLostManifest } from "./directory-contents.ts";
import { makeMissingLogs, type RecoveredLogs, readLogs, settleLogs } from "./recover-logs.ts";
import { type Replayed, replay } from "./replay.ts";

/** A database as its files say it is, ready to be run. */
export type Recovered = {
  readonly isNew: boolean;
  /** That of the files, and where they do not say, as asked for. */
  readonly format: DatabaseFormat;
  /** undefined when opened read-only. */
  readonly manifest: Manifest | undefined;
  readonly tree: Tree;
  readonly tables: ReadonlyMap<number, SSTable>;
  /** What logs held, as frozen memtables, newest first. */
  readonly immutableMemtables: readonly Memtable[];
  /** Memtables that have a log on disk. */
  readonly logsOnDisk: ReadonlySet<number>;
  /** Of the newest entry in tables and logs; 0 when there is none. */
  readonly lastTimestamp: number;
  /** The mutable memtable to begin with. The caller makes its log and then announces it in the manifest. */
  readonly memtableId: number;
  readonly nextId: number;
  /** What was mended or could not be deleted, one sentence each. When something was mended, no file was deleted. */
  readonly warnings: readonly string[];
};

export type RecoveryContext = {
  readonly fs: FileSystem;
  readonly directory: string;
  readonly options: Options;
  /** Opens the table with this id, and finds out its format when none is told. Throws CorruptionError or IoError. */
  readonly openTable: (id: number, format: DatabaseFormat | undefined) => SSTable;
};

/**
 * Opens or makes the database in an existing directory that the caller owns.
 *
 * Throws CorruptionError for what a crash cannot have left (design D14), LsmError DATABASE_MISSING, DATABASE_EXISTS or
 * FORMAT_MISMATCH as the options demand, IoError. Until everything was read and found sound, nothing is written.
 */
export function recover(context: RecoveryContext): Recovered {
  const { fs, directory, options } = context;
  const contents = listDatabaseFiles(fs, directory);
  const path = join(directory, MANIFEST_NAME);
  const records = contents.hasManifest ? readManifest(fs, path).records : [];
  if (records.length === 0) {
    refuseLostManifest(directory, contents, (id) => sizeOf(fs, join(directory, logFileName(id))));
    return createDatabase(context, path, contents);
  }
  if (options.errorIfExists) throw new LsmError("DATABASE_EXISTS", `${directory} holds a database already`);

  const replayed = replay(records, path);
  const tables = openTables(context, replayed.tree);
  const found = formatOfTables(tables) ?? formatOfLogs(fs, directory, contents, replayed);
  refuseOtherFormat(directory, found, options.format);
  const tree = arrangeFor(options.compaction, replayed.tree, (id) => tables.get(id) as SSTable);
  const logs = readLogs(fs, directory, { format: found, recovery: options.recovery }, contents, replayed);
  const memtableId = replayed.maxId + 1;
  const recovered = {
    isNew: false,
    format: found ?? options.format ?? options.formatOfNew,
    tree,
    tables,
    immutableMemtables: logs.memtables,
    logsOnDisk: logs.present,
    lastTimestamp: lastTimestampOf(tables, logs),
    memtableId,
    nextId: memtableId + 1,
  };
  const tornManifest = readManifest(fs, path).warning;
  const warnings = [...(tornManifest === undefined ? [] : [tornManifest]), ...logs.warnings];
  if (options.readOnly) return { ...recovered, manifest: undefined, warnings };

  const { manifest } = Manifest.open(fs, path);
  try {
    settleLogs(fs, directory, logs);
    const notes = replaceMissingLogs(context, logs);
    // Listed again: temporary names may have become logs just now.
    if (warnings.length === 0) warnings.push(...removeLeftovers(fs, directory, replayed));
    warnings.push(...notes);
  } catch (error) {
    manifest.close();
    throw error;
  }
  return { ...recovered, manifest, warnings };
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

function lastTimestampOf(tables: ReadonlyMap<number, SSTable>, logs: RecoveredLogs): number {
  let last = logs.lastTimestamp;
  for (const table of tables.values()) last = Math.max(last, table.maxTimestamp);
  return last;
}

function createDatabase(context: RecoveryContext, path: string, contents: DirectoryContents): Recovered {
  const { fs, directory, options } = context;
  if (!options.createIfMissing || options.readOnly) {
    throw new LsmError("DATABASE_MISSING", `${directory} holds no database, and making one was not allowed`);
  }
  // An empty or torn manifest and empty logs are what a crash during creation leaves.
  if (contents.hasManifest) fs.remove(path);
  for (const id of contents.logIds) fs.remove(join(directory, logFileName(id)));
  syncName(fs, directory);
  const manifest = Manifest.create(fs, path);
  const tree = arrangeFor(options.compaction, { level0: [], levels: [] }, () => {
    throw new LsmError("CORRUPTION", "a new database has no tables");
  });
  return {
    isNew: true,
    format: options.format ?? options.formatOfNew,
    manifest,
    tree,
    tables: new Map(),
    immutableMemtables: [],
    logsOnDisk: new Set(),
    lastTimestamp: 0,
    memtableId: 0,
    nextId: 1,
    warnings: [],
  };
}

/** Codes with which a system says that a directory cannot be synced by this process, or not under this name: a link's. */
const NOT_OURS_TO_SYNC: ReadonlySet<string> = new Set(["EACCES", "EPERM", "EROFS", "EINVAL", "ELOOP", "ENOTDIR"]);

/**
 * Makes the directory's own name durable, whoever made it: a process that was killed after making it may not have come
 * to that. Where the parent is closed to us, the name is the business of whoever made it.
 */
function syncName(fs: FileSystem, directory: string): void {
  try {
    fs.syncDirectory(dirname(resolve(directory)));
  } catch (error) {
    if (!(error instanceof IoError && NOT_OURS_TO_SYNC.has(error.systemCode))) throw error;
  }
}

function openTables(context: RecoveryContext, tree: Tree): Map<number, SSTable> {
  const tables = new Map<number, SSTable>();
  for (const ids of [tree.level0, ...tree.levels.map((level) => level.tables)]) {
    for (const id of ids) tables.set(id, context.openTable(id, formatOfTables(tables)));
  }
  return tables;
}

/**
 * Deletes what a crash left and no record can name any more (design D14): half-made files, tables that no record
 * ever named, tables and logs that a record retired. Only after a replay in which nothing was mended. A file that
 * cannot be deleted is in nobody's way: it is answered as a warning, and tried again at the next opening.
 */
function removeLeftovers(fs: FileSystem, directory: string, replayed: Replayed): string[] {
  const contents = listDatabaseFiles(fs, directory);
  const { namedIds, replacedTables } = replayed;
  const tables = contents.tableIds.filter((id) => !namedIds.has(id) || replacedTables.has(id));
  // A log that was never announced is empty: recovery refuses one that is not.
  const logs = contents.logIds.filter((id) => !replayed.liveMemtables.includes(id));
  const names = [...contents.temporaryNames, ...tables.map(tableFileName), ...logs.map(logFileName)];
  return names.flatMap((name) => {
    try {
      fs.remove(join(directory, name));
      return [];
    } catch (error) {
      if (!(error instanceof IoError)) throw error;
      return [`${name} stays although it is not needed: ${error.message}`];
    }
  });
}

function sizeOf(fs: FileSystem, path: string): number {
  return fs.stat(path)?.sizeBytes ?? 0;
}
