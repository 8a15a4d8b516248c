import type { StorageIterator } from "../iterator/storage-iterator.ts";

/** Chooses what of a merge is written. It is asked about every entry once, in internal key order. */
export interface MergePolicy {
  keeps(entry: StorageIterator): boolean;
  /** Whether a new table may begin with the entry that was kept last. */
  readonly mayBeginTable: boolean;
}
