import { SIZE_NATIVE_HEADER } from "../codec/native-header.ts";
import { LsmError } from "../errors.ts";
import type { Announced } from "../manifest/announced.ts";
import type { StateRecord } from "../manifest/native-state.ts";
import type { NativeManifestContents } from "../manifest/read-native-manifest.ts";
import type { NewTable } from "../sstable/table-output.ts";
import { treeOf } from "../state/described-tree.ts";
import type { Tree } from "../state/tree.ts";
import { isLeveled, isTiered } from "../state/tree-views.ts";
import { EditReplay } from "./edit-replay.ts";

/** What a `native` database consisted of when its manifest's last record was written. */
export type NativeReplayed = {
  readonly tree: Tree;
  /** Of every table of the tree. */
  readonly tables: ReadonlyMap<number, NewTable>;
  /** Live memtables with their logs, ids and timestamps. */
  readonly announced: Announced;
};

/** Applies the edits to the state that the manifest begins with. Throws CorruptionError with the offset of the record that does not fit. */
export function replayNative({ state, records }: NativeManifestContents, manifestPath: string): NativeReplayed {
  const replayed = new EditReplay(manifestPath, state.tables);
  replayed.atRecord(SIZE_NATIVE_HEADER, () => begin(replayed, state));
  for (const record of records) replayed.apply(record);
  replayed.atRecord(SIZE_NATIVE_HEADER, () => refuseFlushed(replayed));
  const { tree, announced } = replayed;
  // Every record of this format describes the tables that it names.
  return { tree, announced, tables: replayed.tables as ReadonlyMap<number, NewTable> };
}

/** Throws LsmError CORRUPTION for a state that no tree has. */
function begin({ announced, tables }: EditReplay, state: StateRecord): void {
  const tree = treeOf(state.tables);
  const described = [state.tables.level0, ...state.tables.levels.map((level) => level.tables)].flat();
  announced.begin({ ...state, tables: described });
  if (tables.size < described.length) throw new LsmError("CORRUPTION", "a table stands in the tree twice");
  const isTree = isLeveled(tree) || (isTiered(tree) && tree.level0.length === 0);
  if (!isTree) throw new LsmError("CORRUPTION", "the levels are numbered neither as levels nor as tiers");
}

/** A memtable is flushed to the table of its id, which would overwrite one that is there. */
function refuseFlushed({ announced, tables }: EditReplay): void {
  const flushed = announced.liveMemtables.find((memtable) => tables.has(memtable.id));
  if (flushed !== undefined) throw new LsmError("CORRUPTION", `memtable ${flushed.id} is a table already`);
}
