import { join } from "node:path";
import { CorruptionError, IoError, LsmError } from "../../errors.ts";
import { MANIFEST_NAME } from "../../fs/file-names.ts";
import type { FileSystem } from "../../fs/file-system.ts";
import type { Edit } from "../../manifest/edit.ts";
import type { ManifestRecord } from "../../manifest/manifest-frame.ts";
import { readManifest } from "../../manifest/manifest-log.ts";
import { isNativeManifest, readNativeManifest } from "../../manifest/read-native-manifest.ts";
import type { DatabaseFormat } from "../../options.ts";
import type { NewTable } from "../../sstable/table-output.ts";
import { treeOf } from "../../state/described-tree.ts";
import { type Change, type ShownTable, shownKey, unknownTable } from "./change.ts";
import { type Beginning, EMPTY_BEGINNING, History, tableIds } from "./history.ts";
import { EMPTY_SCENE } from "./scene.ts";
import { shownOpenTable, withTable } from "./table-reader.ts";

/** What a manifest tells, and what its tables add. */
export type ManifestHistory = {
  readonly history: History;
  /** undefined where a manifest of the reference names no table that is there, so that nothing tells. */
  readonly format: DatabaseFormat | undefined;
  /** A torn tail, in one sentence. */
  readonly warning: string | undefined;
};

/**
 * The history that a database's manifest tells. Writes nothing and takes no lock: of a database in use it is what was
 * recorded so far. Throws LsmError DATABASE_MISSING, CorruptionError, UNSUPPORTED for what a newer program wrote, IoError.
 */
export function readManifestHistory(fs: FileSystem, directory: string): ManifestHistory {
  const path = join(directory, MANIFEST_NAME);
  if (fs.stat(path)?.kind !== "file") {
    throw new LsmError("DATABASE_MISSING", `${directory} holds no database: there is no ${MANIFEST_NAME}`);
  }
  return isNativeManifest(fs, path) ? readNative(fs, path) : readReference(fs, directory, path);
}

function readNative(fs: FileSystem, path: string): ManifestHistory {
  const { state, records, warning } = readNativeManifest(fs, path);
  const tables = [state.tables.level0, ...state.tables.levels.map((level) => level.tables)].flat().map(ofNewTable);
  const scene = { ...EMPTY_SCENE, tree: treeOf(state.tables) };
  const table = (id: number, described: NewTable | undefined): ShownTable =>
    described === undefined ? unknownTable(id) : ofNewTable(described);
  return { history: historyOf({ scene, tables, forgotten: 0 }, records, path, table), format: "native", warning };
}

/** The manifest of the reference names tables and nothing more: what is known of them is what files that are still there say. */
function readReference(fs: FileSystem, directory: string, path: string): ManifestHistory {
  const { records, warning } = readManifest(fs, path);
  const known = new Map<number, ShownTable>();
  const final = historyOf(EMPTY_BEGINNING, records, path, unknownTable);
  let format: DatabaseFormat | undefined;
  for (const id of tableIds(final.sceneAfter(final.newestNumber).tree)) {
    unlessDamaged(() => {
      withTable(fs, directory, id, (table) => {
        format ??= table.parts.format;
        known.set(id, shownOpenTable(table));
      });
    });
  }
  const history = historyOf(EMPTY_BEGINNING, records, path, (id) => known.get(id) ?? unknownTable(id));
  return { history, format, warning };
}

/** A file that is gone or damaged is for others to tell of. */
function unlessDamaged(read: () => void): void {
  try {
    read();
  } catch (error) {
    if (!(error instanceof CorruptionError || error instanceof IoError)) throw error;
  }
}

function historyOf(
  beginning: Beginning,
  records: readonly ManifestRecord[],
  path: string,
  table: (id: number, described: NewTable | undefined) => ShownTable,
): History {
  const history = new History(beginning);
  for (const { offset, edit } of records) {
    const change = changeOf(edit, table);
    if (change === undefined) continue;
    try {
      history.add(change, undefined);
    } catch (error) {
      if (!(error instanceof LsmError)) throw error;
      throw new CorruptionError(path, offset, error.message);
    }
  }
  return history;
}

function changeOf(edit: Edit, table: (id: number, described: NewTable | undefined) => ShownTable): Change | undefined {
  switch (edit.kind) {
    case "newMemtable":
      return { kind: "newMemtable", id: edit.id };
    case "flush":
      return { kind: "flush", table: table(edit.id, edit.table) };
    case "compaction": {
      const outputs = edit.outputs.map((id, index) => table(id, edit.tables?.[index]));
      return { kind: "compactionEnd", task: edit.task, outputs };
    }
    case "logSynced":
      return undefined;
  }
}

function ofNewTable(table: NewTable): ShownTable {
  return {
    id: table.id,
    sizeBytes: table.sizeBytes,
    keys: { first: shownKey(table.firstKey), last: shownKey(table.lastKey) },
    entries: table.entryCount,
    deletes: table.deleteCount,
    rangeDeletes: table.rangeDeleteCount,
  };
}
