import { join } from "node:path";
import { logFileName, MANIFEST_NAME } from "../../fs/file-names.ts";
import type { FileSystem } from "../../fs/file-system.ts";
import type { LiveMemtable } from "../../manifest/announced.ts";
import { readManifest } from "../../manifest/manifest-log.ts";
import { isNativeManifest, readNativeManifest } from "../../manifest/read-native-manifest.ts";
import type { DatabaseFormat } from "../../options.ts";
import { type DirectoryContents, refuseLostManifest } from "../../recovery/directory-contents.ts";
import { replay } from "../../recovery/replay.ts";
import { replayNative } from "../../recovery/replay-native.ts";
import type { NewTable } from "../../sstable/table-output.ts";
import type { Tree } from "../../state/tree.ts";

/** What a sound manifest says of a database. */
export type KnownDatabase = {
  /** undefined for one of the reference, whose manifest does not say which of two it is. */
  readonly format: "native" | undefined;
  readonly databaseId: Uint8Array | undefined;
  readonly tree: Tree;
  /** In `native`, of every table of the tree. */
  readonly described: ReadonlyMap<number, NewTable>;
  /** Ascending. `hasLog` means something in `native` only. */
  readonly liveMemtables: readonly LiveMemtable[];
  /** Whether a log of that id was of a memtable that became a table. */
  readonly isRetired: (id: number) => boolean;
  /** About a torn tail; undefined when there is none. */
  readonly warning: string | undefined;
};

/** What a log may hold before a record announces it. */
export const UNANNOUNCED_LOG_BYTES: { readonly [format in DatabaseFormat]: number } = { plain: 0, mvcc: 0, native: 40 };

/**
 * Reads the manifest; undefined where it says nothing and there is nothing to lose, as a crash during creation leaves it.
 * Throws CorruptionError, LsmError UNSUPPORTED, IoError.
 */
export function readKnownDatabase(
  fs: FileSystem,
  directory: string,
  files: DirectoryContents,
): KnownDatabase | undefined {
  const path = join(directory, MANIFEST_NAME);
  if (files.hasManifest && isNativeManifest(fs, path)) return knownNative(fs, path);
  const contents = files.hasManifest ? readManifest(fs, path) : undefined;
  if (contents === undefined || contents.records.length === 0) {
    refuseLostManifest(directory, files, (id) => fs.stat(join(directory, logFileName(id)))?.sizeBytes ?? 0);
    return undefined;
  }
  const { tree, liveMemtables, flushedMemtables } = replay(contents.records, path);
  return {
    format: undefined,
    databaseId: undefined,
    tree,
    described: new Map(),
    liveMemtables: liveMemtables.map((id) => ({ id, hasLog: false, syncedBytes: 0 })),
    isRetired: (id) => flushedMemtables.has(id),
    warning: contents.warning,
  };
}

function knownNative(fs: FileSystem, path: string): KnownDatabase {
  const contents = readNativeManifest(fs, path);
  const { tree, tables, announced } = replayNative(contents, path);
  const live = new Set(announced.liveMemtables.map((memtable) => memtable.id));
  return {
    format: "native",
    databaseId: contents.databaseId,
    tree,
    described: tables,
    liveMemtables: [...announced.liveMemtables].sort((a, b) => a.id - b.id),
    isRetired: (id) => !live.has(id) && id < announced.nextId,
    warning: contents.warning,
  };
}
