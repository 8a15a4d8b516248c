import { nodeFileSystem } from "../../fs/node-file-system.ts";
import { sizeOnDisk } from "../database-files.ts";
import { Staging } from "../target/staging.ts";
import { refuseOccupied, refuseOverlap, targetPlace } from "../target/target-place.ts";
import { checkDatabase } from "../verify/check-database.ts";
import type { Verification } from "../verify/findings.ts";
import { type Watch, walk } from "../watch.ts";

/** What can be asked of a database that is open in this process. */
export interface OpenDatabase {
  readonly path: string;
  checkpoint(directory: string, signal?: AbortSignal): Promise<void>;
}

export type OpenBackup = { readonly sizeBytes: number; readonly verification: Verification };

/**
 * Copies a database from within the process that has it open, so with all that is in its memory, and reads all of the copy.
 * `to` appears when it is complete and on disk, and without faults; else there is none. Rejects as `MiniLsm.checkpoint`.
 */
export async function backUpOpenDatabase(database: OpenDatabase, to: string, watch: Watch): Promise<OpenBackup> {
  const target = targetPlace(to, "backup");
  refuseOverlap(database.path, target);
  refuseOccupied(target);
  const staging = await Staging.begin(target);
  try {
    await database.checkpoint(staging.database, watch.signal);
    const sizeBytes = sizeOnDisk(nodeFileSystem, staging.database);
    watch.begin(sizeBytes);
    const verification = await walk(checkDatabase(nodeFileSystem, staging.database), watch);
    watch.signal.throwIfAborted();
    if (verification.faultCount === 0) staging.publish();
    return { sizeBytes, verification };
  } finally {
    await staging.end();
  }
}
