import type { CommittedWrites } from "./committed-writes.ts";
import { isWithin } from "./key-span.ts";
import type { ReadSet } from "./read-set.ts";

/**
 * What a transaction is protected from.
 *
 * `snapshot`: of two that write the same key at the same time the first to commit wins, so no update is lost; two that
 * write different keys after reading each other's may both commit (write skew). `serializable`: the outcome is that of
 * some order of the transactions one after the other, namely that of their commits. `none`: the last to commit wins.
 */
export type Isolation = "snapshot" | "serializable" | "none";

export const ISOLATIONS: readonly Isolation[] = ["snapshot", "serializable", "none"];

/** What a transaction that asks to commit did. Keys are as `keyText` makes them. @internal */
export type Footprint = {
  readonly isolation: Isolation;
  readonly readTimestamp: number;
  readonly reads: ReadSet;
  readonly writes: readonly string[];
};

/**
 * A key that somebody else wrote, or deleted with a range, since the transaction began and that it may not ignore;
 * undefined when it may commit. A range counts as a write of each of its keys, those that were not there included.
 *
 * Who writes nothing is as if done at its read timestamp, and may always commit. Serializable checks what was read by
 * backward validation (Kung and Robinson 1981, §4): all of it is then as it would be if the transaction began now, and
 * keys written without being read need no check. Snapshot checks what is written (Berenson et al. 1995, §4.2).
 *
 * @internal
 */
export function conflictOf(footprint: Footprint, committed: CommittedWrites): string | undefined {
  const { isolation, readTimestamp, reads, writes } = footprint;
  if (isolation === "none" || writes.length === 0) return undefined;
  const deleted = committed.spansDeletedSince(readTimestamp);
  if (isolation === "snapshot") {
    return writes.find((key) => committed.isNewer(key, readTimestamp) || isWithin(deleted, key));
  }
  return (
    conflictingRead(reads, readTimestamp, committed) ?? (deleted.length > 0 ? reads.keyWithin(deleted) : undefined)
  );
}

function conflictingRead(reads: ReadSet, readTimestamp: number, committed: CommittedWrites): string | undefined {
  // Of the two sets the smaller one is walked, unless ranges make it necessary to see every key that was written.
  if (!reads.hasRanges && reads.keys.size < committed.keyCount) {
    for (const key of reads.keys) if (committed.isNewer(key, readTimestamp)) return key;
    return undefined;
  }
  for (const key of committed.keysSince(readTimestamp)) if (reads.has(key)) return key;
  return undefined;
}
