import type { Counters } from "./core.ts";
import type { Engine } from "./engine.ts";

/** What a database looks like and what it has done since it was opened. Sizes in bytes, times in milliseconds. */
export type Stats = {
  readonly memtableBytes: number;
  readonly immutableMemtables: number;
  readonly tables: number;
  readonly tableBytes: number;
  readonly openFiles: number;
  readonly pinnedStates: number;
  readonly blockCache: { readonly usedBytes: number; readonly hits: number; readonly misses: number };
  readonly counters: Readonly<Counters>;
};

export function statsOf(engine: Engine): Stats {
  const { states, tables, counters } = engine.core;
  const { memtable, immutableMemtables, tables: open } = states.current;
  let tableBytes = 0;
  for (const table of open.values()) tableBytes += table.sizeBytes;
  const { usedBytes, hits, misses } = tables.blocks;
  return {
    memtableBytes: memtable.approximateSizeBytes,
    immutableMemtables: immutableMemtables.length,
    tables: open.size,
    tableBytes,
    openFiles: tables.openFiles,
    pinnedStates: states.pinCount,
    blockCache: { usedBytes, hits, misses },
    counters: { ...counters },
  };
}
