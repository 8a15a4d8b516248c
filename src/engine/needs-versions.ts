import { LsmError } from "../errors.ts";
import type { Core } from "./core.ts";

/** Throws UNSUPPORTED, with the remedy, in a database that keeps one version of a key. `feature` begins the sentence. */
export function refuseWithoutVersions({ format, directory }: Core, feature: string): void {
  if (format !== "plain") return;
  throw new LsmError(
    "UNSUPPORTED",
    `${feature} are not available in ${directory}: a plain database keeps no versions on disk; convert it to mvcc`,
  );
}

/** Throws UNSUPPORTED, with the remedy, in a database whose files have no place for range deletes. */
export function refuseWithoutRangeDeletes({ format, directory }: Core): void {
  if (format === "native") return;
  throw new LsmError(
    "UNSUPPORTED",
    `range deletes are not available in ${directory}: a database in format ${format} cannot keep them on disk; convert it to native`,
  );
}
