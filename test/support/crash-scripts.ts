import type { CompactionOptions, DatabaseFormat, Durability, Options } from "../../src/options.ts";

/**
 * Every kind of step, a few of each: freezes by size, flushes, compactions, rotated logs, a kill, closing and opening;
 * snapshots and transactions that live through some of them, and deletes of ranges of what is in memory and in tables.
 */
const LONG_SCRIPT =
  "fill 9; snapshot early; put a b; begin t; in t -k20 t1 t2 ?a; delete a; fill 8; range b:d k1:k12; " +
  "batch c -k1 k2 ~k3:k4 k3 k2; flush; begin lost; in lost c k8; put c; conflict lost; group d,~k16:k19,e f! then g; " +
  "commit t; snapshot late; sync; fill 12; idle; checkpoint; release early; delete b k4 k5; begin s serializable; in s ?k9 s1 ?c; " +
  "put t1; compact; commit! s; begin phantom serializable; in phantom ? p; put q; conflict phantom; fill 20; " +
  "begin open; in open lost1; close; snapshot third; fill 8; range k2:k6; kill; fill 10; sync; idle; " +
  "batch! h i -h ~s:t; begin r; in r lost2 -a ?; fill 14; flush; snapshot last; release r; range a:k9; merge a:k5; " +
  "release last; put z; compact; close; put z";

const SHORT_SCRIPT =
  "fill 9; put a b; snapshot s; begin t; in t t1 -k20; delete a; batch c -k1 k2 ~k3:k6; flush; commit t; " +
  "range k1:k12; group d,~d:e,e f! then g; sync; fill 8; begin lost serializable; in lost ?k1 k2; put k1; idle; " +
  "conflict lost; kill; fill 9; snapshot s; compact; begin t; in t lost1; batch! h i -h; range a:k7; release s; " +
  "merge a:k9; close; put z";

/** The script with the steps that the format knows: `plain` has neither snapshots nor transactions, only `native` deletes ranges. */
export function scriptFor(format: DatabaseFormat, length: "short" | "long"): string {
  const steps = (length === "short" ? SHORT_SCRIPT : LONG_SCRIPT).split("; ");
  return steps
    .filter((step) => format !== "plain" || !VERSION_STEPS.test(step))
    .filter((step) => format === "native" || !step.startsWith("range"))
    .map((step) => (format === "native" ? step : step.replaceAll(/( |,)~\S+?(?=,| |$)/g, "")))
    .join("; ");
}

const VERSION_STEPS = /^(snapshot|begin|release|in|commit!?|conflict) /;

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
export function tinyOptions(
  format: DatabaseFormat,
  durability: Durability,
  strategy: CompactionOptions["strategy"],
): Partial<Options> {
  return {
    format,
    blockSizeBytes: 128,
    tableSizeBytes: 1024,
    memtableSizeBytes: 1024,
    memtableLimit: 2,
    cacheSizeBytes: 0,
    durability,
    compaction: TINY_STRATEGIES[strategy],
  };
}
