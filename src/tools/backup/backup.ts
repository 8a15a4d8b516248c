import { LsmError } from "../../errors.ts";
import { nodeFileSystem } from "../../fs/node-file-system.ts";
import { listDatabaseFiles } from "../../recovery/directory-contents.ts";
import { type KnownDatabase, readKnownDatabase } from "../anatomy/known-database.ts";
import { sizeOnDisk } from "../database-files.ts";
import { isHeldBySomebody } from "../held-directory.ts";
import { refuseOtherThanDatabase } from "../source.ts";
import { Staging } from "../target/staging.ts";
import { refuseOccupied, refuseOverlap, targetPlace } from "../target/target-place.ts";
import { checkDatabase } from "../verify/check-database.ts";
import type { Verification } from "../verify/findings.ts";
import { type Watch, walk } from "../watch.ts";
import { type CopiedFiles, copyFiles } from "./copy-files.ts";
import { trimTornTails } from "./trim-torn-tails.ts";

/** Directories as they were given. */
export type BackupRequest = {
  readonly from: string;
  readonly to: string;
  /** Share no table with the database by a hard link, so that damage to one file is not damage to both. */
  readonly mustCopy: boolean;
  /** Read all of the backup before it gets its name. */
  readonly mustVerify: boolean;
};

/** What came of it. */
export type Backup = Omit<CopiedFiles, "known"> & {
  readonly sizeBytes: number;
  /** undefined where it was not asked for. With faults in it, which were the database's, there is no backup. */
  readonly verification: Verification | undefined;
};

const UNLOGGED =
  "is open elsewhere without a log: what is only in the memory of that process is not in the backup; `backup` in its shell, or `checkpoint`, writes it first";

/**
 * Copies a database, also one that another process writes to meanwhile: what the copy holds is all that was on disk at one
 * instant after the call, a prefix of the writes. The database is only read, and nobody is kept from it. When the promise
 * resolves the copy survives a power cut; when it rejects there is none.
 *
 * Rejects with LsmError: INVALID_ARGUMENT, DATABASE_MISSING, NOT_A_DATABASE, DATABASE_EXISTS, LOCKED when it changes faster
 * than it can be copied, CORRUPTION for a manifest that cannot be read or a file that is missing, IO_ERROR, and with the
 * reason of the watch's signal.
 */
export async function backUpDatabase(
  request: BackupRequest,
  watch: Watch & { warn(message: string): void },
): Promise<Backup> {
  const { from, to, mustCopy, mustVerify } = request;
  const fs = nodeFileSystem;
  refuseOtherThanDatabase(from);
  const target = targetPlace(to, "backup");
  refuseOverlap(from, target);
  refuseOccupied(target);
  refuseUnreadable(from);
  const staging = await Staging.begin(target);
  try {
    fs.makeDirectory(staging.database);
    const expectedBytes = sizeOnDisk(fs, from);
    watch.begin(mustVerify ? 2 * expectedBytes : expectedBytes);
    const { known, ...copied } = await copyFiles({ fs, from, to: staging.database, mustCopy }, watch);
    trimTornTails(fs, staging.database, known);
    fs.syncDirectory(staging.database);
    if (isUnlogged(staging.database, known) && isHeldBySomebody(from)) watch.warn(`${from} ${UNLOGGED}`);
    const verification = mustVerify ? await verify(staging.database, copied.doneBytes, watch) : undefined;
    watch.signal.throwIfAborted();
    const sizeBytes = sizeOnDisk(fs, staging.database);
    if (verification === undefined || verification.faultCount === 0) staging.publish();
    return { ...copied, sizeBytes, verification };
  } finally {
    await staging.end();
  }
}

/** Reads the manifest where it lies, so that errors name that place. */
function refuseUnreadable(from: string): void {
  if (readKnownDatabase(nodeFileSystem, from, listDatabaseFiles(nodeFileSystem, from)) !== undefined) return;
  throw new LsmError("DATABASE_MISSING", `${from} holds no database yet: its making was interrupted`);
}

function verify(directory: string, doneBytes: number, watch: Watch): Promise<Verification> {
  return walk(checkDatabase(nodeFileSystem, directory), {
    signal: watch.signal,
    begin() {},
    isBreathDue: () => watch.isBreathDue(),
    breathe: (done) => watch.breathe(doneBytes + done),
  });
}

/** Whether memtables that were live had no log in the copy, so that nothing of them is there. */
function isUnlogged(directory: string, { format, liveMemtables }: KnownDatabase): boolean {
  const { logIds } = listDatabaseFiles(nodeFileSystem, directory);
  return liveMemtables.some(({ id, hasLog }) => (format === "native" ? !hasLog : !logIds.includes(id)));
}
