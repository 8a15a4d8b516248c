import { nodeFileSystem } from "../../fs/node-file-system.ts";
import { sizeOnDisk } from "../database-files.ts";
import { printOf, refuseChanged, refuseHeld } from "../held-directory.ts";
import { refuseOtherThanDatabase } from "../source.ts";
import { type Watch, walk } from "../watch.ts";
import { checkDatabase } from "./check-database.ts";
import type { Verification } from "./findings.ts";

/**
 * Reads all of a database that nobody has open, and says what is wrong with it. Writes nothing, not even a LOCK. Rejects
 * with LsmError DATABASE_MISSING, NOT_A_DATABASE, LOCKED when somebody has it open or changed it meanwhile, UNSUPPORTED for
 * what a newer program wrote, IO_ERROR, and with the reason of the watch's signal.
 */
export async function verifyDatabase(directory: string, watch: Watch): Promise<Verification> {
  refuseOtherThanDatabase(directory);
  refuseHeld(directory);
  const before = printOf(nodeFileSystem, directory);
  watch.begin(sizeOnDisk(nodeFileSystem, directory));
  const findings = await walk(checkDatabase(nodeFileSystem, directory), watch);
  refuseChanged(nodeFileSystem, directory, before);
  return findings;
}
