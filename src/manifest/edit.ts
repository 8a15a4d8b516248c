import type { NewTable } from "../sstable/table-output.ts";

/**
 * A change of the tree, as the manifest records it (design D4). Replay and the running engine apply the same edits.
 * Ids are file ids; their order is the order they had in the tree (L0 and tiers newest first, levels by first key).
 *
 * Optional fields are always there while the database runs. After replay they are where the manifest tells them, which
 * that of `native` does and that of the reference does not.
 *
 * @internal
 */
export type Edit =
  /** A memtable with this id was started (its log, if any, has the same id). */
  | { readonly kind: "newMemtable"; readonly id: number; readonly hasLog?: boolean }
  /** Memtable `id`, and with it older ones (newest first; in `native` only), became sstable `id`, the newest of all. */
  | {
      readonly kind: "flush";
      readonly id: number;
      readonly olderMemtables?: readonly number[];
      readonly table?: NewTable;
    }
  /** The task's inputs were replaced by `outputs`, which may be empty. */
  | {
      readonly kind: "compaction";
      readonly task: CompactionTask;
      readonly outputs: readonly number[];
      /** Of the outputs, in their order. */
      readonly tables?: readonly NewTable[];
    }
  /** So many bytes of a log are durable, so that what is wrong among them is damage. Only in `native`. */
  | { readonly kind: "logSynced"; readonly id: number; readonly sizeBytes: number };

export type CompactionTask = FullTask | SimpleTask | LeveledTask | TieredTask;

/** All of L0 and all of level 1 into level 1. */
export type FullTask = {
  readonly strategy: "full";
  readonly level0: readonly number[];
  readonly level1: readonly number[];
};

/** An upper level (undefined: L0) into the level below it. Levels are numbered from 1. */
export type LevelTask = {
  readonly upperLevel: number | undefined;
  readonly upperTables: readonly number[];
  readonly lowerLevel: number;
  readonly lowerTables: readonly number[];
  /** The strategy's own idea of "bottom"; recorded, and for `simple` and `leveled` part of the reference's bytes. */
  readonly isLowerLevelBottom: boolean;
};
export type SimpleTask = LevelTask & { readonly strategy: "simple" };
export type LeveledTask = LevelTask & { readonly strategy: "leveled" };

/** Neighbouring tiers, newest first, into one. */
export type TieredTask = {
  readonly strategy: "tiered";
  readonly tiers: readonly Tier[];
  readonly isBottomIncluded: boolean;
};

export type Tier = { readonly id: number; readonly tables: readonly number[] };
