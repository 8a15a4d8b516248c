import type { RangeDeletes } from "../iterator/range-deletes.ts";
import type { LookupResult } from "../iterator/storage-iterator.ts";
import type { LsmState } from "../state/lsm-state.ts";
import { findTable } from "../state/sorted-run.ts";

/**
 * Finds the newest version of a key with timestamp ≤ `readTimestamp`; a delete is found too and says so in its kind, and
 * what a range delete hides is not found.
 *
 * Places are asked from newest to oldest and the first that has a visible version, or a visible range delete over the
 * key, decides: for one key, whatever an older place holds is older. `hash` is the key's fingerprint32. Throws
 * CorruptionError or IoError.
 */
export function lookUp(
  state: LsmState,
  hash: number,
  key: Uint8Array,
  keyStart: number,
  keyEnd: number,
  readTimestamp: number,
  result: LookupResult,
): boolean {
  if (state.hasRangeDeletes || !state.memtable.rangeDeletes.isEmpty) {
    return lookUpUncovered(state, hash, key, keyStart, keyEnd, readTimestamp, result);
  }
  if (state.memtable.get(hash, key, keyStart, keyEnd, readTimestamp, result)) return true;
  for (const memtable of state.immutableMemtables) {
    if (memtable.get(hash, key, keyStart, keyEnd, readTimestamp, result)) return true;
  }
  for (const run of state.level0Runs) {
    const table = findTable(run, key, keyStart, keyEnd);
    if (table?.get(hash, key, keyStart, keyEnd, readTimestamp, result)) return true;
  }
  for (const run of state.levelRuns) {
    const table = findTable(run, key, keyStart, keyEnd);
    if (table?.get(hash, key, keyStart, keyEnd, readTimestamp, result)) return true;
  }
  return false;
}

/** A memtable or a table. */
type Place = {
  readonly rangeDeletes: RangeDeletes;
  get(
    hash: number,
    key: Uint8Array,
    keyStart: number,
    keyEnd: number,
    readTimestamp: number,
    result: LookupResult,
  ): boolean;
};

/** `lookUp` where there are range deletes. */
function lookUpUncovered(
  state: LsmState,
  hash: number,
  key: Uint8Array,
  keyStart: number,
  keyEnd: number,
  readTimestamp: number,
  result: LookupResult,
): boolean {
  const inMemtable = decide(state.memtable, hash, key, keyStart, keyEnd, readTimestamp, result);
  if (inMemtable !== undefined) return inMemtable;
  for (const memtable of state.immutableMemtables) {
    const isFound = decide(memtable, hash, key, keyStart, keyEnd, readTimestamp, result);
    if (isFound !== undefined) return isFound;
  }
  for (const runs of [state.level0Runs, state.levelRuns]) {
    for (const run of runs) {
      const table = findTable(run, key, keyStart, keyEnd);
      const isFound = table && decide(table, hash, key, keyStart, keyEnd, readTimestamp, result);
      if (isFound !== undefined) return isFound;
    }
  }
  return false;
}

/** Whether the key has a version that is seen; undefined when the place says nothing about it. */
function decide(
  place: Place,
  hash: number,
  key: Uint8Array,
  keyStart: number,
  keyEnd: number,
  readTimestamp: number,
  result: LookupResult,
): boolean | undefined {
  const deletedAt = place.rangeDeletes.newestOver(key, keyStart, keyEnd, readTimestamp);
  if (place.get(hash, key, keyStart, keyEnd, readTimestamp, result)) return result.timestamp >= deletedAt;
  return deletedAt > 0 ? false : undefined;
}
