import { compareBytes } from "../codec/bytes.ts";
import { lowerBound } from "../codec/lower-bound.ts";
import type { Direction } from "../iterator/merge-order.ts";
import { RangeDeletes } from "../iterator/range-deletes.ts";
import { BEHIND_VERSIONS, type BidirectionalIterator } from "../iterator/storage-iterator.ts";
import { TIMESTAMP_MAX } from "../key.ts";
import type { VisibleMemtableIterator } from "../memtable/memtable-iterator.ts";
import { RunIterator } from "../sstable/run-iterator.ts";
import type { SSTable } from "../sstable/sstable.ts";
import { VisibleRunIterator } from "../sstable/visible-run-iterator.ts";
import type { LsmState } from "../state/lsm-state.ts";
import type { SortedRun } from "../state/sorted-run.ts";
import { isPastLower, isPastUpper, type KeyRange, overlaps } from "./key-range.ts";
import { type CoverSource, RangeCover } from "./range-cover.ts";
import type { ScanFeeds } from "./scan-feeds.ts";

type RunSource = { readonly run: SortedRun<SSTable>; readonly iterator: RunIterator };

/** Where sources are placed, as a seek names it. */
type Place = { readonly key: Uint8Array; readonly timestamp: number };

/**
 * What feeds a scan: a cursor over each memtable, and one over each sorted run of which a table overlaps the range; no
 * other is touched. Each shows at most one version of a key.
 *
 * Placed, a source stands on its first entry that the range's near bound allows, in the scan's direction. It may lie past
 * the far bound, for which the scan looks.
 */
export class ScanSources {
  /** What range deletes hide of these sources; undefined when there are none. */
  cover: RangeCover | undefined;
  /** Where sources that may not wait for the disk read from. */
  readonly #feeds: ScanFeeds | undefined;
  /** Works `cover` out, as soon as the range deletes of all tables are there. */
  readonly #makeCover: () => RangeCover | undefined;
  #isCoverWhole = true;
  readonly #range: KeyRange;
  readonly #direction: Direction;
  readonly #memtables: readonly VisibleMemtableIterator[];
  readonly #level0: readonly RunSource[];
  readonly #levels: readonly RunSource[];
  /** Levels of the tree, empty ones included. */
  readonly #levelCount: number;
  /** Newest first. */
  readonly #all: readonly BidirectionalIterator[];

  constructor(state: LsmState, range: KeyRange, readTimestamp: number, direction: Direction, feeds?: ScanFeeds) {
    this.#feeds = feeds;
    this.#range = range;
    this.#direction = direction;
    this.#memtables = [state.memtable, ...state.immutableMemtables].map((memtable) =>
      memtable.visibleIterator(readTimestamp),
    );
    this.#level0 = this.#openRuns(state.level0Runs, readTimestamp);
    this.#levels = this.#openRuns(state.levelRuns, readTimestamp);
    this.#levelCount = state.tree.levels.length;
    const all: BidirectionalIterator[] = [...this.#memtables];
    for (const { iterator } of this.#level0) all.push(iterator);
    for (const { iterator } of this.#levels) all.push(iterator);
    this.#all = all;
    const hasRangeDeletes = state.hasRangeDeletes || !state.memtable.rangeDeletes.isEmpty;
    this.#makeCover = () => (hasRangeDeletes ? this.#coverOf(state, readTimestamp) : undefined);
    this.cover = this.#makeCover();
  }

  /** Those that stand on an entry, newest first. */
  get live(): BidirectionalIterator[] {
    return this.#all.filter((source) => source.valid);
  }

  /** The reference's count (its engine rules, "Iterators"): memtables and levels count one even when they hold nothing in range. */
  get activeIterators(): number {
    const inMemory = this.#memtables.filter((source) => source.valid && !this.isPastEnd(source)).length;
    const inLevel0 = this.#level0.reduce((count, source) => count + this.#tablesLeft(source), 0);
    const inLevels = this.#levels.filter((source) => this.#tablesLeft(source) > 0).length;
    return (
      Math.max(inMemory, 1) +
      (this.#level0.length > 0 ? Math.max(inLevel0, 1) : 0) +
      (this.#levelCount > 0 ? Math.max(inLevels, 1) : 0)
    );
  }

  /** Places every source at the range's beginning in the scan's direction. */
  placeAtStart(): void {
    this.#placeAt(this.#start);
  }

  /** Places every source at a key, or at the range's beginning when the key lies before that. */
  placeAtKey(key: Uint8Array): void {
    const isForward = this.#direction === "ascending";
    this.#beginAnew();
    const isBeforeStart = (isForward ? isPastLower : isPastUpper)(this.#range, key, 0, key.length);
    this.#placeAt(isBeforeStart ? this.#start : { key, timestamp: isForward ? TIMESTAMP_MAX : BEHIND_VERSIONS });
  }

  /** Goes on, after what was missing was loaded, with what stood still for it. More may be missing then. */
  resume(): void {
    this.#beginAnew();
    for (const { iterator } of this.#level0) iterator.resume();
    for (const { iterator } of this.#levels) iterator.resume();
  }

  /** Takes sources behind `place`, so far as they have not passed it, to where the range deletes there end. False when none moved. */
  skip(place: number, end: Uint8Array): boolean {
    const isForward = this.#direction === "ascending";
    let hasMoved = false;
    for (const source of this.#all.slice(place + 1)) {
      if (!source.valid) continue;
      const difference = compareBytes(source.keyBuffer, source.keyStart, source.keyEnd, end, 0, end.length);
      if (isForward ? difference >= 0 : difference < 0) continue;
      if (isForward) source.seek(end, 0, end.length, TIMESTAMP_MAX);
      else source.seekBackward(end, 0, end.length, TIMESTAMP_MAX);
      hasMoved = true;
    }
    return hasMoved;
  }

  /** Whether the entry a source stands on lies past the range's end in the scan's direction. */
  isPastEnd(source: { keyBuffer: Uint8Array; keyStart: number; keyEnd: number }): boolean {
    const { keyBuffer, keyStart, keyEnd } = source;
    return this.#direction === "ascending"
      ? isPastUpper(this.#range, keyBuffer, keyStart, keyEnd)
      : isPastLower(this.#range, keyBuffer, keyStart, keyEnd);
  }

  /** Throws CorruptionError or IoError: tables are read for it. */
  #coverOf(state: LsmState, readTimestamp: number): RangeCover | undefined {
    this.#isCoverWhole = true;
    const deletes = [state.memtable, ...state.immutableMemtables].map((memtable) => memtable.rangeDeletes);
    for (const { run } of [...this.#level0, ...this.#levels]) deletes.push(this.#rangeDeletesOf(run));
    const sources: CoverSource[] = [];
    for (const [place, each] of deletes.entries()) if (!each.isEmpty) sources.push({ place, deletes: each });
    return sources.length === 0 ? undefined : new RangeCover(sources, readTimestamp);
  }

  /** Nobody waits any more, except for range deletes that are still missing. */
  #beginAnew(): void {
    if (this.#feeds !== undefined) this.#feeds.isWaiting = false;
    if (!this.#isCoverWhole) this.cover = this.#makeCover();
  }

  /** The near bound; undefined when there is none. */
  get #start(): Place | undefined {
    const isForward = this.#direction === "ascending";
    const before = isForward ? this.#range.gte : this.#range.lt;
    const behind = isForward ? this.#range.gt : this.#range.lte;
    if (before !== undefined) return { key: before, timestamp: TIMESTAMP_MAX };
    return behind === undefined ? undefined : { key: behind, timestamp: BEHIND_VERSIONS };
  }

  #placeAt(place: Place | undefined): void {
    const isForward = this.#direction === "ascending";
    for (const source of this.#all) {
      if (place === undefined) {
        if (isForward) source.seekToFirst();
        else source.seekToLast();
      } else {
        const { key, timestamp } = place;
        if (isForward) source.seek(key, 0, key.length, timestamp);
        else source.seekBackward(key, 0, key.length, timestamp);
      }
    }
  }

  #openRuns(runs: readonly SortedRun<SSTable>[], readTimestamp: number): RunSource[] {
    const range = this.#range;
    const opened: RunSource[] = [];
    for (const run of runs) {
      const first = run[firstNotBelow(run, range)];
      if (first === undefined || !overlaps(range, first.firstKey, first.lastKey)) continue;
      const access = this.#feeds?.open(run, range, this.#direction) ?? "cached";
      // A `plain` table holds one version of a key, which is older than any reader.
      const isPlain = first.format === "plain";
      const iterator = isPlain ? new RunIterator(run, access) : new VisibleRunIterator(run, readTimestamp, access);
      opened.push({ run, iterator });
    }
    return opened;
  }

  /** Those of the tables that reach into the range. */
  #rangeDeletesOf(run: SortedRun<SSTable>): RangeDeletes {
    const tables = run.slice(firstNotBelow(run, this.#range), firstPastUpper(run, this.#range));
    const found: RangeDeletes[] = [];
    for (const table of tables) {
      if (table.rangeDeleteCount === 0) continue;
      const deletes = this.#feeds === undefined ? table.rangeDeletes : this.#feeds.rangeDeletesOf(table);
      if (deletes === undefined) this.#isCoverWhole = false;
      else found.push(deletes);
    }
    const [only, ...others] = found;
    if (only === undefined) return RangeDeletes.none;
    return others.length === 0 ? only : RangeDeletes.over(found.flatMap(({ fragments }) => fragments));
  }

  /** How many tables in range a source has still to give, the one it stands in included. */
  #tablesLeft({ run, iterator }: RunSource): number {
    if (!iterator.valid) return 0;
    const { tablePosition } = iterator;
    if (this.#direction === "descending") return Math.max(tablePosition - firstNotBelow(run, this.#range) + 1, 0);
    return Math.max(firstPastUpper(run, this.#range) - tablePosition, 0);
  }
}

/** Position of the first table that does not end below the range. */
function firstNotBelow(run: SortedRun<SSTable>, range: KeyRange): number {
  return lowerBound(run.length, (position) => {
    const { lastKey } = run[position] as SSTable;
    return isPastLower(range, lastKey, 0, lastKey.length);
  });
}

/** Position of the first table that begins above the range. */
function firstPastUpper(run: SortedRun<SSTable>, range: KeyRange): number {
  return lowerBound(run.length, (position) => {
    const { firstKey } = run[position] as SSTable;
    return !isPastUpper(range, firstKey, 0, firstKey.length);
  });
}
