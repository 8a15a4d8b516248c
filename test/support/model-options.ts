import type { DatabaseFormat } from "../../src/options.ts";
import type { OpenOptions } from "./engine-database.ts";
import { REFERENCE_STRATEGIES } from "./engine-golden.ts";

/** Those given, so that every run is the same; ENGINE_MODEL_SEED may name another one, or ask for a `new` one. */
export function modelSeeds(fixed: readonly number[]): readonly number[] {
  const given = process.env.ENGINE_MODEL_SEED;
  if (given === undefined) return fixed;
  return [given === "new" ? Date.now() % 2 ** 31 : Number(given)];
}

const TINY: OpenOptions = { blockSizeBytes: 128, memtableSizeBytes: 1024, tableSizeBytes: 2048, memtableLimit: 1 };

/** What the runs vary: where entries are found depends on all of it. */
const VARIANTS: Readonly<Record<string, OpenOptions>> = {
  "defaults with small memtables": { memtableSizeBytes: 16 << 10 },
  "tiny blocks and tiny memtables": { blockSizeBytes: 16, memtableSizeBytes: 1024, tableSizeBytes: 1024 },
  "no cache and four descriptors": { cacheSizeBytes: 0, maxOpenFiles: 4, memtableSizeBytes: 4096, blockSizeBytes: 64 },
  "a stall at every freeze": { memtableLimit: 1, memtableStop: 1, memtableSizeBytes: 2048, tableSizeBytes: 4096 },
  "the simple strategy": { ...TINY, compaction: REFERENCE_STRATEGIES.simple },
  "the tiered strategy": { ...TINY, compaction: REFERENCE_STRATEGIES.tiered },
  "the leveled strategy": {
    ...TINY,
    compaction: { ...REFERENCE_STRATEGIES.leveled, baseLevelSizeBytes: 4096 },
  },
  "a log that survives a kill": { ...TINY, durability: "process" },
  "a log that survives a power cut": { memtableSizeBytes: 8 << 10, durability: "power" },
  "a log under the leveled strategy": {
    ...TINY,
    durability: "process",
    compaction: { ...REFERENCE_STRATEGIES.leveled, baseLevelSizeBytes: 4096 },
  },
  "many frozen memtables": { memtableLimit: 30, memtableStop: 40, memtableSizeBytes: 1024, cacheSizeBytes: 4096 },
};

/** Every format in every variant. */
export const MODEL_OPTIONS: Readonly<Record<string, OpenOptions>> = Object.fromEntries(
  (["plain", "mvcc", "native"] as const satisfies readonly DatabaseFormat[]).flatMap((format) =>
    Object.entries(VARIANTS).map(([name, options]) => [`${format}, ${name}`, { ...options, format }] as const),
  ),
);
