import type { Entry } from "./entries.ts";
import { compareEntries, latin1 } from "./entries.ts";

/** The slow truth about a memtable: all entries in a list per key, everything else computed by sorting. */
export class MemtableModel {
  private readonly versions = new Map<string, Entry[]>();

  put(entry: Entry): void {
    const key = latin1(entry.key);
    const older = (this.versions.get(key) ?? []).filter((version) => version.timestamp !== entry.timestamp);
    this.versions.set(key, [entry, ...older]);
  }

  get(key: Uint8Array, timestamp: number): Entry | undefined {
    return this.versions.get(latin1(key))?.find((version) => version.timestamp <= timestamp);
  }

  /** Per key its newest version at or before `timestamp`, in key order. */
  visible(timestamp: number): Entry[] {
    const found = [...this.versions.values()].map((list) => list.find((version) => version.timestamp <= timestamp));
    return found.filter((entry) => entry !== undefined).sort(compareEntries);
  }

  all(): Entry[] {
    return [...this.versions.values()].flat().sort(compareEntries);
  }
}
