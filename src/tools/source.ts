import type { EngineEvents } from "../engine/events.ts";
import { MiniLsm } from "../engine/mini-lsm.ts";
import { IoError, LsmError } from "../errors.ts";
import { acquireDirectoryLock, type DirectoryLock } from "../fs/directory-lock.ts";
import { parseFileName } from "../fs/file-names.ts";
import { nodeFileSystem } from "../fs/node-file-system.ts";
import { refuseHeld } from "./held-directory.ts";

const MIB = 1024 * 1024;
/** A scan meets every block once, so most of a cache would only lie there. */
const CACHE_SIZE_BYTES = 8 * MIB;

/** With these a system says that a directory can be read and not be written to. */
const UNWRITABLE: ReadonlySet<string> = new Set(["EACCES", "EPERM", "EROFS"]);

/** A database opened to be read whole. */
export type Source = { readonly database: MiniLsm; close(): Promise<void> };

/** Throws LsmError DATABASE_MISSING, or NOT_A_DATABASE for what is no directory. */
export function refuseOtherThanDatabase(path: string): void {
  const status = nodeFileSystem.stat(path);
  if (status === undefined) throw new LsmError("DATABASE_MISSING", `${path} does not exist`);
  if (status.kind !== "directory") {
    throw new LsmError("NOT_A_DATABASE", `${path} is not a directory but a ${status.kind}`);
  }
  const names = nodeFileSystem.list(path);
  // Tables without a manifest are a damaged database, of which the engine says more.
  const isDatabase = names.some((name) => ["manifest", "table", "log"].includes(parseFileName(name).kind));
  if (!isDatabase) throw new LsmError("DATABASE_MISSING", `${path} holds no database`);
}

/**
 * Opens a database to read what it held when it was opened. Nothing in it is written but its LOCK, which keeps others from
 * changing it meanwhile. Rejects with LsmError LOCKED while somebody has it open, and as `MiniLsm.open` does.
 */
export async function openSource(path: string, warn: (event: EngineEvents["warning"]) => void): Promise<Source> {
  const lock = await lockUnlessUnwritable(path);
  try {
    const database = await MiniLsm.open(path, { readOnly: true, cacheSizeBytes: CACHE_SIZE_BYTES }, (events) =>
      events.on("warning", warn),
    );
    return { database, close: () => database.close().finally(() => lock?.release()) };
  } catch (error) {
    await lock?.release();
    throw error;
  }
}

/** A medium that cannot be written to is read without a lock, unless a LOCK says that somebody elsewhere can write to it. */
async function lockUnlessUnwritable(path: string): Promise<DirectoryLock | undefined> {
  try {
    return await acquireDirectoryLock(path);
  } catch (error) {
    if (!(error instanceof IoError && UNWRITABLE.has(error.systemCode))) throw error;
  }
  refuseHeld(path);
  return undefined;
}
