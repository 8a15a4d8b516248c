import { compareKeys } from "../codec/bytes.ts";
import { TIMESTAMP_MAX } from "../key.ts";
import type { Memtable } from "../memtable/memtable.ts";
import type { LsmState } from "../state/lsm-state.ts";

/**
 * A key behind which there is no version of any key; deletes count, and so does what hides. undefined: there is none at
 * all. Lent while the state is held.
 */
export function largestKey(state: LsmState): Uint8Array | undefined {
  const candidates = [state.memtable, ...state.immutableMemtables].map(lastKeyOf);
  for (const run of [...state.level0Runs, ...state.levelRuns]) candidates.push(run.at(-1)?.lastKey);
  let largest: Uint8Array | undefined;
  for (const key of candidates) {
    if (key !== undefined && (largest === undefined || compareKeys(key, largest) > 0)) largest = key;
  }
  return largest;
}

function lastKeyOf(memtable: Memtable): Uint8Array | undefined {
  const cursor = memtable.visibleIterator(TIMESTAMP_MAX);
  cursor.seekToLast();
  return cursor.valid ? cursor.keyBuffer.subarray(cursor.keyStart, cursor.keyEnd) : undefined;
}
