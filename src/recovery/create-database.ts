import { dirname, join, resolve } from "node:path";
import { IoError, LsmError } from "../errors.ts";
import { logFileName, MANIFEST_NAME } from "../fs/file-names.ts";
import type { FileSystem } from "../fs/file-system.ts";
import type { EditLog } from "../manifest/edit-log.ts";
import { Manifest } from "../manifest/manifest-log.ts";
import { NativeManifest } from "../manifest/native-manifest.ts";
import type { DatabaseFormat } from "../options.ts";
import type { DirectoryContents } from "./directory-contents.ts";
import type { RecoveryContext } from "./recovery-context.ts";

/** A database that was made just now. */
export type CreatedDatabase = {
  readonly format: DatabaseFormat;
  readonly databaseId: Uint8Array | undefined;
  readonly manifest: EditLog;
};

/** Makes an empty database where there is none. Throws LsmError DATABASE_MISSING when the options forbid it, IoError. */
export function createDatabase(context: RecoveryContext, files: DirectoryContents): CreatedDatabase {
  const { fs, directory, options } = context;
  if (!options.createIfMissing || options.readOnly) {
    throw new LsmError("DATABASE_MISSING", `${directory} holds no database, and making one was not allowed`);
  }
  const path = join(directory, MANIFEST_NAME);
  // An empty or torn manifest and empty logs are what a crash during creation leaves.
  if (files.hasManifest) fs.remove(path);
  for (const id of files.logIds) fs.remove(join(directory, logFileName(id)));
  syncName(fs, directory);
  const format = options.format ?? options.formatOfNew;
  if (format !== "native") return { format, databaseId: undefined, manifest: Manifest.create(fs, path) };
  const databaseId = context.newDatabaseId();
  return { format, databaseId, manifest: NativeManifest.create(fs, path, databaseId) };
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
