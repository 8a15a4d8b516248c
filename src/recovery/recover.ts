import { join } from "node:path";
import { LsmError } from "../errors.ts";
import { logFileName, MANIFEST_NAME, tableFileName } from "../fs/file-names.ts";
import type { FileSystem } from "../fs/file-system.ts";
import { Manifest, readManifest } from "../manifest/manifest-log.ts";
import type { Options } from "../options.ts";
import type { SSTable } from "../sstable/sstable.ts";
import { arrangeFor } from "../state/arrange.ts";
import type { Tree } from "../state/tree.ts";
import { type DirectoryContents, listDatabaseFiles, refuseLostManifest } from "./directory-contents.ts";
import { type Replayed, replay } from "./replay.ts";

/** A database as its files say it is, ready to be run. */
export type Recovered = {
  readonly isNew: boolean;
  /** undefined when opened read-only. */
  readonly manifest: Manifest | undefined;
  readonly tree: Tree;
  readonly tables: ReadonlyMap<number, SSTable>;
  /** Memtables whose logs may hold entries, ascending. */
  readonly liveMemtables: readonly number[];
  /** The mutable memtable to begin with; announced in the manifest unless opened read-only. */
  readonly memtableId: number;
  readonly nextId: number;
  /** What was mended, one sentence each. When there is one, no file was deleted. */
  readonly warnings: readonly string[];
};

export type RecoveryContext = {
  readonly fs: FileSystem;
  readonly directory: string;
  readonly options: Options;
  /** Opens the table with this id. Throws CorruptionError or IoError. */
  readonly openTable: (id: number) => SSTable;
};

/**
 * Opens or makes the database in an existing directory that the caller owns.
 *
 * Throws CorruptionError for what a crash cannot have left (design D14), LsmError DATABASE_MISSING or DATABASE_EXISTS
 * as the options demand, IoError. Until everything was read and found sound, nothing is written.
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
  const tree = arrangeFor(options.compaction, replayed.tree, (id) => tables.get(id) as SSTable);
  const memtableId = replayed.maxId + 1;
  const recovered = {
    isNew: false,
    tree,
    tables,
    liveMemtables: replayed.liveMemtables,
    memtableId,
    nextId: memtableId + 1,
  };
  if (options.readOnly) {
    const { warning } = readManifest(fs, path);
    return { ...recovered, manifest: undefined, warnings: warning === undefined ? [] : [warning] };
  }

  const { manifest, contents: manifestContents } = Manifest.open(fs, path);
  const { warning } = manifestContents;
  if (warning === undefined) removeLeftovers(fs, directory, contents, replayed);
  manifest.append({ kind: "newMemtable", id: memtableId });
  fs.syncDirectory(directory);
  return { ...recovered, manifest, warnings: warning === undefined ? [] : [warning] };
}

function createDatabase(context: RecoveryContext, path: string, contents: DirectoryContents): Recovered {
  const { fs, directory, options } = context;
  if (!options.createIfMissing || options.readOnly) {
    throw new LsmError("DATABASE_MISSING", `${directory} holds no database, and making one was not allowed`);
  }
  // An empty or torn manifest and empty logs are what a crash during creation leaves.
  if (contents.hasManifest) fs.remove(path);
  for (const id of contents.logIds) fs.remove(join(directory, logFileName(id)));
  const manifest = Manifest.create(fs, path);
  manifest.append({ kind: "newMemtable", id: 0 });
  fs.syncDirectory(directory);
  const tree = arrangeFor(options.compaction, { level0: [], levels: [] }, () => {
    throw new LsmError("CORRUPTION", "a new database has no tables");
  });
  return {
    isNew: true,
    manifest,
    tree,
    tables: new Map(),
    liveMemtables: [],
    memtableId: 0,
    nextId: 1,
    warnings: [],
  };
}

function openTables(context: RecoveryContext, tree: Tree): Map<number, SSTable> {
  const tables = new Map<number, SSTable>();
  for (const ids of [tree.level0, ...tree.levels.map((level) => level.tables)]) {
    for (const id of ids) tables.set(id, context.openTable(id));
  }
  return tables;
}

/**
 * Deletes what a crash left and no record can name any more (design D14): half-made files, tables above every id that
 * was ever recorded, tables and logs that a record retired. Only after a replay in which nothing was mended.
 */
function removeLeftovers(fs: FileSystem, directory: string, contents: DirectoryContents, replayed: Replayed): void {
  const { maxId, replacedTables, flushedMemtables } = replayed;
  const tables = contents.tableIds.filter((id) => id > maxId || replacedTables.has(id));
  const logs = contents.logIds.filter((id) => flushedMemtables.has(id));
  const names = [...contents.temporaryNames, ...tables.map(tableFileName), ...logs.map(logFileName)];
  for (const name of names) fs.remove(join(directory, name));
}

function sizeOf(fs: FileSystem, path: string): number {
  return fs.stat(path)?.sizeBytes ?? 0;
}
