import { compareBytes } from "../codec/bytes.ts";
import { MergeIterator } from "../iterator/merge-iterator.ts";
import type { SeekableIterator, StorageIterator } from "../iterator/storage-iterator.ts";
import { ENTRY_KIND, TIMESTAMP_MAX } from "../key.ts";
import type { MemtableIterator } from "../memtable/memtable-iterator.ts";
import { RunIterator } from "../sstable/run-iterator.ts";
import type { SSTable } from "../sstable/sstable.ts";
import type { LsmState } from "../state/lsm-state.ts";
import type { SortedRun } from "../state/sorted-run.ts";
import { isPastUpper, type KeyRange, overlaps } from "./key-range.ts";

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
    const live = [...memtables, ...level0, ...levels].filter((source) => source.valid);
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
    const inLevel0 = level0.reduce((count, run) => count + run.tablesLeft, 0);
    const inLevels = levels.filter((run) => run.valid).length;
    return (
      Math.max(inMemory, 1) +
      (level0.length > 0 ? Math.max(inLevel0, 1) : 0) +
      (levelCount > 0 ? Math.max(inLevels, 1) : 0)
    );
  }

  #settle(): void {
    const source = this.source;
    while (source.valid && source.kind === ENTRY_KIND.delete) source.next();
    this.valid = source.valid && !isPastUpper(this.#range, source.keyBuffer, source.keyStart, source.keyEnd);
  }
}

type Sources = {
  readonly memtables: readonly MemtableIterator[];
  readonly level0: readonly RunIterator[];
  readonly levels: readonly RunIterator[];
  /** Levels of the tree, empty ones included. */
  readonly levelCount: number;
};

/** Newest first, each standing on its first entry in range (or past it; the scan checks the upper bound). */
function openSources(state: LsmState, range: KeyRange, readTimestamp: number): Sources {
  const memtables = [state.memtable, ...state.immutableMemtables].map((memtable) =>
    placeAtLower(memtable.visibleIterator(readTimestamp), range),
  );
  const level0 = openRuns(state.level0Runs, range);
  const levels = openRuns(state.levelRuns, range);
  return { memtables, level0, levels, levelCount: state.tree.levels.length };
}

function openRuns(runs: readonly SortedRun<SSTable>[], range: KeyRange): RunIterator[] {
  const opened: RunIterator[] = [];
  for (const run of runs) {
    const tables = run.filter((table) => overlaps(range, table.firstKey, table.lastKey));
    if (tables.length > 0) opened.push(placeAtLower(new RunIterator(tables), range));
  }
  return opened;
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
