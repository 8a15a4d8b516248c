import type { Direction } from "../iterator/merge-order.ts";
import type { RangeDeletes } from "../iterator/range-deletes.ts";
import { BEHIND_VERSIONS } from "../iterator/storage-iterator.ts";
import { TIMESTAMP_MAX } from "../key.ts";
import { type FeedGate, type FeedRange, RunFeed } from "../sstable/run-feed.ts";
import type { SSTable } from "../sstable/sstable.ts";
import type { SortedRun } from "../state/sorted-run.ts";
import type { KeyRange } from "./key-range.ts";

/**
 * What the sources of one scan read from when it may not wait for the disk: a feed for each run, and the range deletes of
 * tables. `isWaiting` is set as soon as something is missing, and the scan stands nowhere until it was loaded.
 */
export class ScanFeeds implements FeedGate {
  isWaiting = false;
  readonly #feeds: RunFeed[] = [];
  /** Read for this scan alone. Made when needed: most scans are short, and need none. */
  #rangeDeletes: Map<SSTable, RangeDeletes> | undefined;
  /** Tables whose range deletes are missing. */
  #unread: Set<SSTable> | undefined;
  /** Ends the load under way. */
  #done: ((error: Error | undefined) => void) | undefined;

  open(run: SortedRun<SSTable>, range: KeyRange, direction: Direction): RunFeed {
    const feed = new RunFeed(run, { direction, end: farEndOf(range, direction) }, this);
    this.#feeds.push(feed);
    return feed;
  }

  /** undefined while they are missing. */
  rangeDeletesOf(table: SSTable): RangeDeletes | undefined {
    const known = this.#rangeDeletes?.get(table) ?? table.loadedContent?.rangeDeletes;
    if (known !== undefined) return known;
    this.#unread ??= new Set();
    this.#unread.add(table);
    this.isWaiting = true;
    return undefined;
  }

  /** The scan goes on somewhere else. */
  restart(): void {
    for (const feed of this.#feeds) feed.restart();
  }

  /**
   * Loads all that is missing. `done` is called once, perhaps before this returns, with what prevents it, or at once when
   * the feeds are closed. One load at a time.
   */
  load(done: (error: Error | undefined) => void): void {
    const waiting = this.#feeds.filter((feed) => feed.isWaiting);
    const unread = [...(this.#unread ?? [])];
    let left = waiting.length + unread.length + 1;
    let failure: Error | undefined;
    const ended = (error: Error | undefined): void => {
      failure ??= error;
      if (--left === 0) this.#end(failure);
    };
    this.#done = done;
    for (const feed of waiting) feed.load(ended);
    for (const table of unread) this.#readRangeDeletes(table, ended);
    ended(undefined);
  }

  /** Lets go of what was loaded; nobody asks any more. */
  close(): void {
    for (const feed of this.#feeds) feed.close();
    this.#rangeDeletes = undefined;
    this.#unread = undefined;
    this.#end(undefined);
  }

  #end(error: Error | undefined): void {
    const done = this.#done;
    this.#done = undefined;
    done?.(error);
  }

  /** The rest of the content is not kept: many tables may have range deletes. */
  #readRangeDeletes(table: SSTable, ended: (error: Error | undefined) => void): void {
    table.hold((error) => {
      const deletes = table.loadedContent?.rangeDeletes;
      if (deletes !== undefined && this.#unread?.delete(table) === true) {
        this.#rangeDeletes ??= new Map();
        this.#rangeDeletes.set(table, deletes);
      }
      ended(error);
      table.release();
    });
  }
}

/** The bound at which a scan in this direction ends, as seeks name places. */
function farEndOf({ gt, gte, lt, lte }: KeyRange, direction: Direction): FeedRange["end"] {
  const before = direction === "ascending" ? lt : gte;
  const behind = direction === "ascending" ? lte : gt;
  if (before !== undefined) return { key: before, timestamp: TIMESTAMP_MAX };
  return behind === undefined ? undefined : { key: behind, timestamp: BEHIND_VERSIONS };
}
