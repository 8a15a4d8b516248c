import { join } from "node:path";
import { decodeNativeHeader, hasNativeMagic } from "../../codec/native-header.ts";
import { MANIFEST_NAME } from "../../fs/file-names.ts";
import type { FileSystem } from "../../fs/file-system.ts";
import { isNativeManifest } from "../../manifest/read-native-manifest.ts";
import type { DirectoryContents } from "../../recovery/directory-contents.ts";
import { treeOf } from "../../state/described-tree.ts";
import { attempt, type FaultSink } from "../anatomy/fault.ts";
import { FileBytes } from "../anatomy/file-bytes.ts";
import { readKnownDatabase } from "../anatomy/known-database.ts";
import { nativeStretches, referenceStretches } from "../anatomy/manifest-stretches.ts";
import { LenientTree } from "./lenient-tree.ts";

/** What a manifest, however damaged, says about which files count. */
export type ManifestKnowledge = {
  /** Whether it is sound, and so says all there is to say. */
  readonly isWhole: boolean;
  readonly isNative: boolean;
  readonly databaseId: Uint8Array | undefined;
  /** Named and not replaced, the newest first. */
  readonly tables: readonly number[];
  readonly replaced: ReadonlySet<number>;
  /** Memtables that were announced and did not become tables. */
  readonly liveMemtables: ReadonlySet<number>;
  /** Memtables that became tables. */
  readonly flushed: ReadonlySet<number>;
};

const NOTHING: ManifestKnowledge = {
  isWhole: false,
  isNative: false,
  databaseId: undefined,
  tables: [],
  replaced: new Set(),
  liveMemtables: new Set(),
  flushed: new Set(),
};

/** Reads what is left of a manifest; what is wrong with it goes to the sink. Throws LsmError UNSUPPORTED for what a newer program wrote. */
export function readManifestKnowledge(
  fs: FileSystem,
  directory: string,
  files: DirectoryContents,
  sink: FaultSink,
): ManifestKnowledge {
  let isWhole = true;
  const known = attempt(
    (...fault) => {
      isWhole = false;
      sink(...fault);
    },
    "record",
    () => readKnownDatabase(fs, directory, files),
  );
  const path = join(directory, MANIFEST_NAME);
  if (isWhole && known === undefined) return { ...NOTHING, isWhole: true };
  if (!files.hasManifest) return NOTHING;
  const opened = attempt(
    () => {},
    "file",
    () => FileBytes.open(fs, path),
  );
  if (opened === undefined) return NOTHING;
  using file = opened;
  const found = readWhatIsLeft(file.read(0, file.sizeBytes), path, isNativeManifest(fs, path));
  return { ...found, isWhole };
}

function readWhatIsLeft(bytes: Uint8Array, path: string, isNative: boolean): Omit<ManifestKnowledge, "isWhole"> {
  const tree = new LenientTree();
  const live = new Set<number>();
  const flushed = new Set<number>();
  // The strict reading has said what is wrong.
  const ignore: FaultSink = () => {};
  const stretches = isNative ? nativeStretches(bytes, path, ignore) : referenceStretches(bytes, path, ignore);
  for (const { state, edits = [] } of stretches) {
    if (state !== undefined) {
      tree.begin(treeOf(state.tables));
      for (const { id } of state.liveMemtables) live.add(id);
    }
    for (const edit of edits) {
      tree.apply(edit);
      if (edit.kind === "newMemtable") live.add(edit.id);
      if (edit.kind !== "flush") continue;
      for (const id of [edit.id, ...(edit.olderMemtables ?? [])]) {
        live.delete(id);
        flushed.add(id);
      }
    }
  }
  const header =
    isNative && hasNativeMagic(bytes) ? attempt(ignore, "header", () => decodeNativeHeader(bytes, path)) : undefined;
  return {
    isNative,
    databaseId: header?.databaseId,
    tables: tree.newestFirst,
    replaced: tree.replaced,
    liveMemtables: live,
    flushed,
  };
}
