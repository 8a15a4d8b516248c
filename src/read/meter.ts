/** What an explanation measures with. */
export type Meter = {
  /** The clock, in milliseconds. */
  readonly now: () => number;
  /** Counts the blocks that were found in the cache, those that were read, and what filters refused. */
  readonly cache: { readonly hits: number; readonly misses: number; readonly filters: { readonly refusals: number } };
};
