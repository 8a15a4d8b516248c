import { join } from "node:path";
import { LsmError } from "../errors.ts";
import { logFileName } from "../fs/file-names.ts";
import type { FileSystem } from "../fs/file-system.ts";
import type { DatabaseFormat, Options, ReferenceFormat } from "../options.ts";
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

/** What a database of the reference is taken for when neither tables nor logs say its format. */
export function referenceFormat({ format, formatOfNew }: Options): ReferenceFormat {
  const wanted = format ?? formatOfNew;
  return wanted === "native" ? "plain" : wanted;
}

/**
 * A database keeps its format. Without tables and logs, one of the reference has either of its two. Throws LsmError
 * FORMAT_MISMATCH where another one was asked for.
 */
export function refuseOtherFormat(
  directory: string,
  found: readonly DatabaseFormat[],
  given: DatabaseFormat | undefined,
): void {
  if (given === undefined || found.includes(given)) return;
  const formats = found.join(" or ");
  throw new LsmError(
    "FORMAT_MISMATCH",
    `${directory} holds a database of format ${formats}, and ${given} was asked for: leave the format out, or give ${formats}`,
  );
}
