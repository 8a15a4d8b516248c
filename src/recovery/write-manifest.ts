import { join } from "node:path";
import { MANIFEST_NAME } from "../fs/file-names.ts";
import type { FileSystem } from "../fs/file-system.ts";
import type { LiveMemtable } from "../manifest/announced.ts";
import type { Edit } from "../manifest/edit.ts";
import type { TableTree } from "../manifest/edit-log.ts";
import { encodeFrame } from "../manifest/manifest-frame.ts";
import { encodeBeginning } from "../manifest/native-frame.ts";
import { replaceFile } from "../manifest/replace-file.ts";
import type { CompactionOptions, ReferenceFormat } from "../options.ts";
import { treeOf } from "../state/described-tree.ts";
import { rebuildEdits } from "../state/rebuild-edits.ts";
import type { Tree } from "../state/tree.ts";

/** What a copy of a database consists of. */
export type CopiedDatabase = NativeCopy | ReferenceCopy;

export type NativeCopy = {
  readonly format: "native";
  /** Of the tables' own files, so that of the original. */
  readonly databaseId: Uint8Array;
  readonly tables: TableTree;
  /** Of the newest entry that the original ever held. */
  readonly lastTimestamp: number;
  /** Those whose logs are copied as well. */
  readonly liveMemtables: readonly LiveMemtable[];
};

export type ReferenceCopy = {
  readonly format: ReferenceFormat;
  readonly tree: Tree;
  /** The one with which the copy will be opened, as far as is known: the reference reads its records only. */
  readonly strategy: CompactionOptions["strategy"];
  readonly liveMemtables: readonly LiveMemtable[];
};

/**
 * Makes the manifest of a copy whose other files are durable already. It is the last to be written: without it the
 * directory holds no database. Throws IoError.
 */
export function writeManifest(fs: FileSystem, directory: string, copy: CopiedDatabase): void {
  replaceFile(fs, join(directory, MANIFEST_NAME), copy.format === "native" ? nativeBytes(copy) : referenceBytes(copy));
}

function nativeBytes({ databaseId, tables, lastTimestamp, liveMemtables }: NativeCopy): Uint8Array {
  const nextId = nextIdAfter(treeOf(tables), liveMemtables);
  return encodeBeginning(databaseId, { nextId, lastTimestamp, tables, liveMemtables }).bytes;
}

function referenceBytes({ tree, strategy, liveMemtables }: ReferenceCopy): Uint8Array {
  const tables = rebuildEdits(tree, strategy, nextIdAfter(tree, liveMemtables));
  const memtables = liveMemtables.map(({ id }): Edit => ({ kind: "newMemtable", id }));
  // A manifest without a record is no manifest.
  const edits = [...tables, ...memtables];
  return Buffer.concat((edits.length > 0 ? edits : EMPTY_DATABASE).map(encodeFrame));
}

/** As a database that was opened and closed without a write. */
const EMPTY_DATABASE: readonly Edit[] = [{ kind: "newMemtable", id: 0 }];

function nextIdAfter({ level0, levels }: Tree, liveMemtables: readonly LiveMemtable[]): number {
  const ids = [level0, ...levels.map((level) => level.tables), liveMemtables.map((memtable) => memtable.id)].flat();
  return ids.reduce((next, id) => Math.max(next, id + 1), 0);
}
