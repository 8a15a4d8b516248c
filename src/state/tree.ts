/**
 * The shape of the tree on disk: which tables lie where, by id. A value: a change builds a new one (`apply-edit.ts`).
 *
 * Read from newest to oldest: `level0` from its first to its last, then `levels` from its first to its last.
 */
export type Tree = {
  /** Newest first; key ranges may overlap. Always empty under the tiered strategy. */
  readonly level0: readonly number[];
  /** Levels 1 … n in this order, or, under the tiered strategy, tiers, newest first. Tables of one are disjoint and sorted by first key. */
  readonly levels: readonly Level[];
};

/** `number` is a level's depth from 1, or a tier's id. */
export type Level = { readonly number: number; readonly tables: readonly number[] };

/** What a picker may know of a table. Keys are user keys. */
export interface TableInfo {
  readonly id: number;
  readonly sizeBytes: number;
  readonly firstKey: Uint8Array;
  readonly lastKey: Uint8Array;
}

/** Finds a live table by id. Every id in the tree has one. */
export type TableLookup = (id: number) => TableInfo;
