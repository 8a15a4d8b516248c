import { compareKeys } from "../codec/bytes.ts";
import { type KeyRange, overlaps } from "../read/key-range.ts";
import type { SSTable } from "../sstable/sstable.ts";
import type { LsmState } from "../state/lsm-state.ts";
import type { Core } from "./core.ts";
import { areHeld } from "./late-reads.ts";
import { endOf, startOf } from "./range.ts";

/** So many tables have their indexes in memory at one time for this. */
const TABLES_AT_ONCE = 16;

type Span = { readonly from: Uint8Array; readonly to: Uint8Array | undefined };

/**
 * About how many bytes of the directory belong to keys of a range, as LevelDB's GetApproximateSizes, and in addition what
 * is in memory and logs alone. A table that lies within it counts whole; of one that reaches beyond it the blocks, by
 * its index, which is loaded without holding the thread. Rejects with CorruptionError, IoError, and what `refuse` throws.
 */
export async function sizeOfRange(core: Core, range: KeyRange, refuse: () => void): Promise<number> {
  refuse();
  const span = { from: startOf(range), to: endOf(range) };
  if (span.to !== undefined && compareKeys(span.from, span.to) >= 0) return 0;
  const { states } = core;
  const state = states.pin();
  try {
    let sizeBytes = sizeInMemory(state, span);
    const cut: SSTable[] = [];
    for (const table of state.tables.values()) {
      if (!overlaps(range, table.firstKey, table.lastKey)) continue;
      if (isWithin(table, span)) sizeBytes += table.sizeBytes;
      else cut.push(table);
    }
    for (let start = 0; start < cut.length; start += TABLES_AT_ONCE) {
      sizeBytes += await sizeOfBlocks(cut.slice(start, start + TABLES_AT_ONCE), span, refuse);
    }
    return sizeBytes;
  } finally {
    states.unpin(state);
  }
}

function sizeInMemory({ memtable, immutableMemtables }: LsmState, { from, to }: Span): number {
  return [memtable, ...immutableMemtables].reduce((sum, each) => sum + each.sizeBytesWithin(from, to), 0);
}

function isWithin({ firstKey, lastKey }: SSTable, { from, to }: Span): boolean {
  return compareKeys(from, firstKey) <= 0 && (to === undefined || compareKeys(lastKey, to) < 0);
}

/** What cannot be loaded in the background is tried again at once, for the error that says why. */
async function sizeOfBlocks(tables: readonly SSTable[], { from, to }: Span, refuse: () => void): Promise<number> {
  try {
    await areHeld(tables);
    refuse();
    return tables.reduce((sum, table) => sum + (table.loadedContent ?? table.content).sizeBytesWithin(from, to), 0);
  } finally {
    for (const table of tables) table.release();
  }
}
