import type { CompactionOptions, Durability, Options } from "../../src/options.ts";

/** Every kind of step, a few of each: freezes by size, flushes, compactions, rotated logs, a kill, closing and opening. */
export const LONG_SCRIPT: string =
  "fill 9; put a b; delete a; fill 8; batch c -k1 k2 k3; flush; group d,e f! then g; sync; fill 12; idle; " +
  "delete b k4 k5; compact; fill 20; close; fill 8; kill; fill 10; sync; idle; batch! h i -h; fill 14; flush; " +
  "compact; close; put z";

export const SHORT_SCRIPT: string =
  "fill 9; put a b; delete a; batch c -k1 k2; flush; group d,e f! then g; sync; fill 8; idle; kill; fill 9; " +
  "compact; batch! h i -h; close; put z";

/** The strategies with sizes so small that a script of a hundred writes goes through several compactions. */
export const TINY_STRATEGIES: { readonly [name in CompactionOptions["strategy"]]: CompactionOptions } = {
  none: { strategy: "none" },
  simple: { strategy: "simple", sizeRatioPercent: 200, level0FilesTrigger: 2, maxLevels: 3 },
  tiered: {
    strategy: "tiered",
    tiersTrigger: 3,
    maxSizeAmplificationPercent: 200,
    sizeRatioPercent: 1,
    minMergeWidth: 2,
    maxMergeWidth: undefined,
  },
  leveled: {
    strategy: "leveled",
    level0FilesTrigger: 2,
    maxLevels: 3,
    baseLevelSizeBytes: 2048,
    levelSizeMultiplier: 2,
  },
};

/** A memtable of half a dozen entries, tables of a few blocks, and no cache that would hide a read. */
export function tinyOptions(durability: Durability, strategy: CompactionOptions["strategy"]): Partial<Options> {
  return {
    blockSizeBytes: 128,
    tableSizeBytes: 1024,
    memtableSizeBytes: 1024,
    memtableLimit: 2,
    cacheSizeBytes: 0,
    durability,
    compaction: TINY_STRATEGIES[strategy],
  };
}
