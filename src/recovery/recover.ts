import { join } from "node:path";
import { LsmError } from "../errors.ts";
import { logFileName, MANIFEST_NAME } from "../fs/file-names.ts";
import type { EditLog } from "../manifest/edit-log.ts";
import { isNativeManifest } from "../manifest/read-native-manifest.ts";
import { arrangeFor } from "../state/arrange.ts";
import { EMPTY_TREE } from "../state/tree-views.ts";
import { createDatabase } from "./create-database.ts";
import { type DirectoryContents, listDatabaseFiles, refuseLostManifest } from "./directory-contents.ts";
import { findNative } from "./find-native.ts";
import { findReference } from "./find-reference.ts";
import type { FoundDatabase } from "./found-database.ts";
import type { RecoveryContext } from "./recovery-context.ts";

/** A database as its files say it is, ready to be run. */
export type Recovered = Omit<FoundDatabase, "takeOver"> & {
  readonly isNew: boolean;
  /** undefined when opened read-only. */
  readonly manifest: EditLog | undefined;
  /** The mutable memtable to begin with. The caller makes its log and then announces it in the manifest. */
  readonly memtableId: number;
  readonly nextId: number;
  /** What was mended or could not be done, one sentence each. When something was mended, no file was deleted. */
  readonly warnings: readonly string[];
};

/**
 * Opens or makes the database in an existing directory that the caller owns.
 *
 * Throws CorruptionError for what a crash cannot have left (design D14), LsmError DATABASE_MISSING, DATABASE_EXISTS,
 * FORMAT_MISMATCH or UNSUPPORTED, IoError. Until everything was read and found sound, nothing is written.
 */
export function recover(context: RecoveryContext): Recovered {
  const { fs, directory, options } = context;
  const files = listDatabaseFiles(fs, directory);
  const found = findDatabase(context, files);
  if (found === undefined) {
    refuseLostManifest(directory, files, (id) => fs.stat(join(directory, logFileName(id)))?.sizeBytes ?? 0);
    return created(context, files);
  }
  const { takeOver, nextId: memtableId, ...database } = found;
  if (memtableId >= Number.MAX_SAFE_INTEGER) {
    throw new LsmError("UNSUPPORTED", `${directory} has used up the file ids below ${memtableId}`);
  }
  const recovered = { ...database, isNew: false, memtableId, nextId: memtableId + 1 };
  if (options.readOnly) return { ...recovered, manifest: undefined };

  const { manifest, notes } = takeOver();
  return { ...recovered, manifest, warnings: [...found.warnings, ...notes] };
}

/** undefined where there is no manifest, or one without a record, as a crash during creation leaves. */
function findDatabase(context: RecoveryContext, files: DirectoryContents): FoundDatabase | undefined {
  if (!files.hasManifest) return undefined;
  const isNative = isNativeManifest(context.fs, join(context.directory, MANIFEST_NAME));
  return isNative ? findNative(context, files) : findReference(context, files);
}

function created(context: RecoveryContext, files: DirectoryContents): Recovered {
  const database = createDatabase(context, files);
  const tree = arrangeFor(context.options.compaction, EMPTY_TREE, () => {
    throw new LsmError("CORRUPTION", "a new database has no tables");
  });
  return {
    ...database,
    isNew: true,
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
