import { statSync } from "node:fs";
import { join } from "node:path";
import { tableFileName } from "../../fs/file-names.ts";
import type { DirectoryContents } from "../../recovery/directory-contents.ts";
import type { ManifestKnowledge } from "./manifest-knowledge.ts";

/** How to tell the newer of two tables of which no manifest says it. */
export type TableOrder = "time" | "id";

/** Which files of a directory count, the newest first. */
export type ChosenFiles = {
  readonly tables: readonly number[];
  /** Named by the manifest and not there. */
  readonly missing: readonly number[];
  /** Of `tables`, those whose place is guessed. */
  readonly guessed: readonly number[];
  readonly logs: readonly number[];
  readonly missingLogs: readonly number[];
  /** Tables and logs that do not count. */
  readonly leftAside: readonly number[];
};

/**
 * A sound manifest says what counts. Of a damaged one is believed what it still says, and every table that it does not know to
 * be replaced counts as newer than those that it knows.
 */
export function chooseFiles(
  directory: string,
  files: DirectoryContents,
  manifest: ManifestKnowledge,
  order: TableOrder,
): ChosenFiles {
  const present = new Set(files.tableIds);
  const named = new Set(manifest.tables);
  const others = files.tableIds.filter((id) => !named.has(id) && !manifest.replaced.has(id));
  const guessed = manifest.isWhole ? [] : newestFirst(directory, others, order);
  const isLive = (id: number): boolean =>
    manifest.liveMemtables.has(id) || (!manifest.isWhole && !manifest.flushed.has(id));
  const logs = files.logIds.filter(isLive).sort((a, b) => b - a);
  return {
    tables: [...guessed, ...manifest.tables.filter((id) => present.has(id))],
    missing: manifest.tables.filter((id) => !present.has(id)),
    guessed,
    logs,
    missingLogs: manifest.isNative ? [...manifest.liveMemtables].filter((id) => !files.logIds.includes(id)) : [],
    leftAside: manifest.isWhole ? others : [],
  };
}

/** The one that was written last, or has the largest id, first. A table is flushed under an older id than a merge gives. */
function newestFirst(directory: string, ids: readonly number[], order: TableOrder): number[] {
  const writtenMs = new Map(ids.map((id) => [id, order === "id" ? 0 : timeOf(join(directory, tableFileName(id)))]));
  const timeOfTable = (id: number): number => writtenMs.get(id) ?? 0;
  return [...ids].sort((a, b) => timeOfTable(b) - timeOfTable(a) || b - a);
}

function timeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
