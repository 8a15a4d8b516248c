import type { LookupResult } from "../iterator/storage-iterator.ts";
import type { LsmState } from "../state/lsm-state.ts";
import { findTable } from "../state/sorted-run.ts";

/**
 * Finds the newest version of a key with timestamp ≤ `readTimestamp`; a delete is found too and says so in its kind.
 *
 * Places are asked from newest to oldest and the first that has a visible version decides: for one key, whatever an
 * older place holds is older. `hash` is the key's fingerprint32. Throws CorruptionError or IoError.
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
