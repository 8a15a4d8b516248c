import { compareBytes } from "../codec/bytes.ts";
import { lowerBound } from "../codec/lower-bound.ts";
import { MergeIterator } from "../iterator/merge-iterator.ts";
import type { SeekableIterator, StorageIterator } from "../iterator/storage-iterator.ts";
import { ENTRY_KIND, TIMESTAMP_MAX } from "../key.ts";
import type { MemtableIterator } from "../memtable/memtable-iterator.ts";
import { RunIterator } from "../sstable/run-iterator.ts";
import type { SSTable } from "../sstable/sstable.ts";
import { VisibleRunIterator } from "../sstable/visible-run-iterator.ts";
import type { LsmState } from "../state/lsm-state.ts";
import type { SortedRun } from "../state/sorted-run.ts";
import { isBelow, isPastUpper, type KeyRange, overlaps } from "./key-range.ts";

/**
 * A cursor over the live entries of a range as of one timestamp, in key order: one entry per key, deletes hidden.
 *
 * Each source yields at most one visible version per key, so the merge need only compare user keys and let the newer
 * source win. A move that throws leaves the cursor invalid for good.
 */
export class ScanIterator {
  /** The merged cursor whose lent fields are this cursor's entry while `valid`. */
  readonly source: StorageIterator;
  valid: boolean;
  readonly #range: KeyRange;
  readonly #sources: Sources;

  constructor(state: LsmState, range: KeyRange, readTimestamp: number) {
    this.valid = false;
    this.#range = range;
    this.#sources = openSources(state, range, readTimestamp);
    const { memtables, level0, levels } = this.#sources;
    const live: StorageIterator[] = memtables.filter((source) => source.valid);
    for (const { iterator } of level0) if (iterator.valid) live.push(iterator);
    for (const { iterator } of levels) if (iterator.valid) live.push(iterator);
    const [only] = live;
    this.source = live.length === 1 && only !== undefined ? only : new MergeIterator(live, "user");
    this.#settle();
  }

  /** Moves to the next live entry. Does nothing when invalid. */
  next(): void {
    if (!this.valid) return;
    this.valid = false;
    this.source.next();
    this.#settle();
  }

  /** The reference's count (its engine rules, "Iterators"): memtables and levels count one even when they hold nothing in range. */
  get activeIterators(): number {
    const { memtables, level0, levels, levelCount } = this.#sources;
    const inMemory = memtables.filter(
      (source) => source.valid && !isPastUpper(this.#range, source.keyBuffer, source.keyStart, source.keyEnd),
    ).length;
    const inLevel0 = level0.reduce((count, source) => count + tablesLeft(source, this.#range), 0);
    const inLevels = levels.filter((source) => tablesLeft(source, this.#range) > 0).length;
    return (
      Math.max(inMemory, 1) +
      (level0.length > 0 ? Math.max(inLevel0, 1) : 0) +
      (levelCount > 0 ? Math.max(inLevels, 1) : 0)
    );
  }

  #settle(): void {
    const source = this.source;
    while (source.valid && !isPastUpper(this.#range, source.keyBuffer, source.keyStart, source.keyEnd)) {
      if (source.kind !== ENTRY_KIND.delete) {
        this.valid = true;
        return;
      }
      source.next();
    }
  }
}

type Sources = {
  readonly memtables: readonly MemtableIterator[];
  readonly level0: readonly RunSource[];
  readonly levels: readonly RunSource[];
  /** Levels of the tree, empty ones included. */
  readonly levelCount: number;
};

type RunSource = { readonly run: SortedRun<SSTable>; readonly iterator: RunIterator };

/** Newest first, each standing on its first entry in range (or past it; the scan checks the upper bound). */
function openSources(state: LsmState, range: KeyRange, readTimestamp: number): Sources {
  const memtables = [state.memtable, ...state.immutableMemtables].map((memtable) =>
    placeAtLower(memtable.visibleIterator(readTimestamp), range),
  );
  const level0 = openRuns(state.level0Runs, range, readTimestamp);
  const levels = openRuns(state.levelRuns, range, readTimestamp);
  return { memtables, level0, levels, levelCount: state.tree.levels.length };
}

/** Only runs of which a table overlaps the range; no other is touched. */
function openRuns(runs: readonly SortedRun<SSTable>[], range: KeyRange, readTimestamp: number): RunSource[] {
  const opened: RunSource[] = [];
  for (const run of runs) {
    const first = run[firstNotBelow(run, range)];
    if (first === undefined || !overlaps(range, first.firstKey, first.lastKey)) continue;
    // A `plain` table holds one version of a key, which is older than any reader.
    const iterator = first.format === "plain" ? new RunIterator(run) : new VisibleRunIterator(run, readTimestamp);
    opened.push({ run, iterator: placeAtLower(iterator, range) });
  }
  return opened;
}

/** Position of the first table that does not end below the range. */
function firstNotBelow(run: SortedRun<SSTable>, range: KeyRange): number {
  return lowerBound(run.length, (position) => isBelow(range, (run[position] as SSTable).lastKey));
}

/** How many tables in range a source has still to give, the one it stands in included. */
function tablesLeft({ run, iterator }: RunSource, range: KeyRange): number {
  if (!iterator.valid) return 0;
  const end = lowerBound(run.length, (position) => {
    const { firstKey } = run[position] as SSTable;
    return !isPastUpper(range, firstKey, 0, firstKey.length);
  });
  return Math.max(end - iterator.tablePosition, 0);
}

function placeAtLower<Iterator extends SeekableIterator>(iterator: Iterator, range: KeyRange): Iterator {
  const lower = range.gte ?? range.gt;
  if (lower === undefined) {
    iterator.seekToFirst();
    return iterator;
  }
  iterator.seek(lower, 0, lower.length, TIMESTAMP_MAX);
  if (range.gte === undefined) skipKey(iterator, lower);
  return iterator;
}

/** Leaves every version of the key behind. */
function skipKey(iterator: StorageIterator, key: Uint8Array): void {
  while (
    iterator.valid &&
    compareBytes(iterator.keyBuffer, iterator.keyStart, iterator.keyEnd, key, 0, key.length) === 0
  ) {
    iterator.next();
  }
}
