import type { CompactionTask } from "../../manifest/edit.ts";
import type { Tree } from "../../state/tree.ts";

/** A table as it can be shown. undefined is what nobody knows any more, such as the size of a file that is gone. */
export type ShownTable = {
  readonly id: number;
  readonly sizeBytes: number | undefined;
  /** The first and the last user key, both at most `SHOWN_KEY_BYTES_MAX` and one byte long. */
  readonly keys: { readonly first: Uint8Array; readonly last: Uint8Array } | undefined;
  /** Versions of keys, deletes included. */
  readonly entries: number | undefined;
  readonly deletes: number | undefined;
  readonly rangeDeletes: number | undefined;
};

/** A longer key is cut to one byte more, which tells that it goes on. */
export const SHOWN_KEY_BYTES_MAX = 96;

/** The part of a key that is shown. */
export function shownKey(key: Uint8Array): Uint8Array {
  return key.length <= SHOWN_KEY_BYTES_MAX ? key : key.slice(0, SHOWN_KEY_BYTES_MAX + 1);
}

/** A table of which nothing is known but that it was there. */
export function unknownTable(id: number): ShownTable {
  return { id, sizeBytes: undefined, keys: undefined, entries: undefined, deletes: undefined, rangeDeletes: undefined };
}

/** A memtable that takes no more writes and is not flushed yet. */
export type FrozenMemtable = { readonly id: number; readonly sizeBytes: number | undefined };

/** One thing that happened to a tree. */
export type Change =
  | { readonly kind: "freeze"; readonly memtable: FrozenMemtable }
  /** A memtable was begun; those before it are frozen. Only a manifest tells this; a running engine tells of freezes. */
  | { readonly kind: "newMemtable"; readonly id: number }
  /** The memtables up to the table's id became the table. */
  | { readonly kind: "flush"; readonly table: ShownTable }
  /** `reason` is the picker's; undefined where somebody asked for it, or nobody wrote it down. */
  | { readonly kind: "compactionBegin"; readonly task: CompactionTask; readonly reason: string | undefined }
  | { readonly kind: "compactionEnd"; readonly task: CompactionTask; readonly outputs: readonly ShownTable[] }
  /** The compaction that began last has ended and changed nothing. */
  | { readonly kind: "compactionGivenUp" }
  | { readonly kind: "stall"; readonly cause: "memtables" | "level0"; readonly waitedMs: number }
  | { readonly kind: "trouble"; readonly message: string }
  /** All that there is, where the changes before do not lead to it. */
  | {
      readonly kind: "state";
      readonly tree: Tree;
      readonly tables: readonly ShownTable[];
      readonly frozen: readonly FrozenMemtable[];
    };

/** A change with its place in the history of a tree. */
export type Moment = {
  /** Counts from 1, and goes on where older moments were forgotten. */
  readonly number: number;
  /** Milliseconds since 1970; undefined where nobody wrote it down. */
  readonly atMs: number | undefined;
  readonly change: Change;
};
