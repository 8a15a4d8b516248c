import { join } from "node:path";
import { LsmError } from "../errors.ts";
import { logFileName } from "../fs/file-names.ts";
import type { FileSystem } from "../fs/file-system.ts";
import type { DatabaseFormat } from "../options.ts";
import type { SSTable } from "../sstable/sstable.ts";
import { readWalFormat } from "../wal/read-wal.ts";
import type { DirectoryContents } from "./directory-contents.ts";
import type { Replayed } from "./replay.ts";

/** That of the first table, which every other one must have. */
export function formatOfTables(tables: ReadonlyMap<number, SSTable>): DatabaseFormat | undefined {
  const [first] = tables.values();
  return first?.format;
}

/** That of the oldest live log that begins with a whole record; undefined when none does. Throws IoError. */
export function formatOfLogs(
  fs: FileSystem,
  directory: string,
  contents: DirectoryContents,
  replayed: Replayed,
): DatabaseFormat | undefined {
  for (const id of replayed.liveMemtables) {
    if (!contents.logIds.includes(id)) continue;
    const format = readWalFormat(fs, join(directory, logFileName(id)));
    if (format !== undefined) return format;
  }
  return undefined;
}

/** A database keeps its format. Throws LsmError FORMAT_MISMATCH where another one was asked for. */
export function refuseOtherFormat(
  directory: string,
  found: DatabaseFormat | undefined,
  given: DatabaseFormat | undefined,
): void {
  if (found === undefined || given === undefined || found === given) return;
  throw new LsmError(
    "FORMAT_MISMATCH",
    `${directory} holds a database of format ${found}, and ${given} was asked for: leave the format out, or give ${found}`,
  );
}
