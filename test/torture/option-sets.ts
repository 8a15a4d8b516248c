import type { Random } from "../../src/fs/crash-states.ts";
import type { CompactionOptions, DatabaseFormat, Durability } from "../../src/options.ts";
import { TINY_STRATEGIES } from "../support/crash-scripts.ts";
import type { OpenOptions } from "../support/engine-database.ts";

const KIB = 1024;

/** Everything that must not change an answer. */
export function randomOptionSet(random: Random, format: DatabaseFormat): OpenOptions {
  const pick = <Value>(values: readonly Value[]): Value => values[random(values.length)] as Value;
  const memtableLimit = pick([1, 2, 4, 20]);
  return {
    format,
    durability: pick<Durability>(["none", "process", "power"]),
    compaction: pick<CompactionOptions>(Object.values(TINY_STRATEGIES)),
    blockSizeBytes: pick([16, 64, 512, 4 * KIB, 64 * KIB]),
    tableSizeBytes: pick([KIB, 4 * KIB, 64 * KIB, 4096 * KIB]),
    memtableSizeBytes: pick([KIB, 4 * KIB, 64 * KIB, 4096 * KIB]),
    memtableLimit,
    memtableStop: memtableLimit + random(4),
    level0Stop: pick([1, 4, 36]),
    cacheSizeBytes: pick([0, 4 * KIB, 8192 * KIB]),
    maxOpenFiles: pick([4, 512]),
  };
}
