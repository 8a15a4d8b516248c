import type { CompactionOptions } from "../../options.ts";

export type SimulationOptions = {
  readonly compaction: Exclude<CompactionOptions, { readonly strategy: "none" }>;
  /** One iteration flushes one table and compacts until nothing is left to do. */
  readonly iterations: number;
  /** How levels are shown: by the ids of the tables that a compaction copied, by their own ids, or only counted. */
  readonly dump: "origins" | "ids" | "sizes";
  /** Of every table. Only the leveled strategy looks at sizes. */
  readonly tableSizeBytes: number;
  /** Of the key ranges; 64 bits. Only the leveled strategy looks at keys. */
  readonly seed: bigint;
};

export const MIB: number = 1024 * 1024;

/** The reference's defaults. */
export const SIMULATION_DEFAULTS: {
  readonly [strategy in SimulationOptions["compaction"]["strategy"]]: SimulationOptions & {
    readonly compaction: { readonly strategy: strategy };
  };
} = {
  simple: {
    compaction: { strategy: "simple", sizeRatioPercent: 200, level0FilesTrigger: 2, maxLevels: 3 },
    iterations: 50,
    dump: "origins",
    tableSizeBytes: 32 * MIB,
    seed: 42n,
  },
  tiered: {
    compaction: {
      strategy: "tiered",
      tiersTrigger: 8,
      maxSizeAmplificationPercent: 200,
      sizeRatioPercent: 1,
      minMergeWidth: 2,
      maxMergeWidth: undefined,
    },
    iterations: 50,
    dump: "origins",
    tableSizeBytes: 32 * MIB,
    seed: 42n,
  },
  leveled: {
    compaction: {
      strategy: "leveled",
      levelSizeMultiplier: 2,
      level0FilesTrigger: 2,
      maxLevels: 4,
      baseLevelSizeBytes: 128 * MIB,
    },
    iterations: 50,
    dump: "origins",
    tableSizeBytes: 32 * MIB,
    seed: 42n,
  },
};
