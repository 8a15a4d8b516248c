import { join } from "node:path";
import { CorruptionError } from "../errors.ts";
import { MANIFEST_NAME, parseFileName } from "../fs/file-names.ts";
import type { FileSystem } from "../fs/file-system.ts";

/** The files of a directory that are a database's own, by what their names say. */
export type DirectoryContents = {
  readonly hasManifest: boolean;
  readonly tableIds: readonly number[];
  readonly logIds: readonly number[];
  /** Half-made files under names that only this library gives. */
  readonly temporaryNames: readonly string[];
};

export function listDatabaseFiles(fs: FileSystem, directory: string): DirectoryContents {
  const tableIds: number[] = [];
  const logIds: number[] = [];
  const temporaryNames: string[] = [];
  let hasManifest = false;
  for (const name of fs.list(directory)) {
    const parsed = parseFileName(name);
    if (parsed.kind === "table") tableIds.push(parsed.id);
    else if (parsed.kind === "log") logIds.push(parsed.id);
    else if (parsed.kind === "temporary") temporaryNames.push(name);
    else if (parsed.kind === "manifest") hasManifest = true;
  }
  return { hasManifest, tableIds, logIds, temporaryNames };
}

/**
 * A manifest that says nothing is believed only where there is nothing to lose (design D14): beside a table or a log
 * with bytes in it, it is damage, never "a new database". Throws CorruptionError.
 */
export function refuseLostManifest(
  directory: string,
  contents: DirectoryContents,
  logSizeBytes: (id: number) => number,
): void {
  const logId = contents.logIds.find((id) => logSizeBytes(id) > 0);
  if (contents.tableIds.length === 0 && logId === undefined) return;
  const found = contents.tableIds.length > 0 ? "tables stand" : "a log with records stands";
  const state = contents.hasManifest ? "holds no record" : "is missing";
  throw new CorruptionError(
    join(directory, MANIFEST_NAME),
    0,
    `the manifest ${state} although ${found} beside it; put it back from a copy`,
  );
}
