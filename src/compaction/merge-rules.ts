/** What decides which entries a merge may leave out, as plain data. Taken when the merge begins. */
export type MergeRules = {
  /** Nothing older than the inputs lies below the outputs. */
  readonly reachesBottom: boolean;
  /** Nobody reads, or will read, at a smaller timestamp. */
  readonly watermark: number;
  /** Compaction filters: what these prefixes begin goes, as far as it is not newer than the watermark. */
  readonly droppedPrefixes: readonly Uint8Array[];
};
