import { join } from "node:path";
import { CorruptionError, LsmError } from "../../errors.ts";
import { logFileName, MANIFEST_NAME } from "../../fs/file-names.ts";
import type { FileSystem } from "../../fs/file-system.ts";
import { Manifest } from "../../manifest/manifest-log.ts";
import { readNativeManifest } from "../../manifest/read-native-manifest.ts";
import { listDatabaseFiles } from "../../recovery/directory-contents.ts";
import { readNativeWal } from "../../wal/read-native-wal.ts";
import { cutWal, readWal } from "../../wal/read-wal.ts";
import type { KnownDatabase } from "../anatomy/known-database.ts";

/**
 * Cuts off what was copied while it was being appended, so that the copy opens without a word, and makes manifest and logs
 * durable. A damaged log stays as it is. Throws IoError.
 */
export function trimTornTails(fs: FileSystem, directory: string, known: KnownDatabase): void {
  trimManifest(fs, join(directory, MANIFEST_NAME), known);
  const { logIds } = listDatabaseFiles(fs, directory);
  for (const { id, syncedBytes } of known.liveMemtables) {
    if (logIds.includes(id)) trimLog(fs, join(directory, logFileName(id)), known, { id, syncedBytes });
  }
}

function trimManifest(fs: FileSystem, path: string, { format }: KnownDatabase): void {
  if (format !== "native") {
    Manifest.open(fs, path).manifest.close();
    return;
  }
  const { sizeBytes } = readNativeManifest(fs, path);
  cutWal(fs, path, sizeBytes);
}

type Log = { readonly id: number; readonly syncedBytes: number };

function trimLog(fs: FileSystem, path: string, { format, databaseId }: KnownDatabase, log: Log): void {
  try {
    const { validBytes } =
      format === "native" && databaseId !== undefined
        ? readNativeWal(fs, path, { ...log, databaseId, recovery: "strict" }, () => {})
        : readWal(fs, path, undefined, "strict", () => {});
    cutWal(fs, path, validBytes);
  } catch (error) {
    // Which of the two formats of the reference a log has may be in doubt: then nothing is cut.
    const isLogsOwn =
      error instanceof CorruptionError || (error instanceof LsmError && error.code === "FORMAT_MISMATCH");
    if (!isLogsOwn) throw error;
  }
}
