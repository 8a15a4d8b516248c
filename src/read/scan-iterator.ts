import { MergeIterator } from "../iterator/merge-iterator.ts";
import type { Direction } from "../iterator/merge-order.ts";
import type { BidirectionalIterator, StorageIterator } from "../iterator/storage-iterator.ts";
import { ENTRY_KIND } from "../key.ts";
import type { FeedGate } from "../sstable/run-feed.ts";
import type { LsmState } from "../state/lsm-state.ts";
import type { KeyRange } from "./key-range.ts";
import type { RangeCover } from "./range-cover.ts";
import type { ScanFeeds } from "./scan-feeds.ts";
import { ScanSources } from "./scan-sources.ts";

/** Sources are sought past a range delete when so many entries in a row were hidden: a seek costs about as much as so many steps. */
const HIDDEN_IN_A_ROW_MAX = 64;

/** Of scans that wait for the disk themselves. */
const NEVER_WAITING: FeedGate = { isWaiting: false };

/**
 * A cursor over the live entries of a range as of one timestamp, in key order or its reverse: one entry per key, deletes
 * hidden.
 *
 * Each source yields at most one visible version per key, so the merge need only compare user keys and let the newer
 * source win. What range deletes hide is passed entry by entry at first, and then, as far as it lies in older places, by
 * seeks to their ends. A move that throws leaves the cursor invalid for good.
 */
export class ScanIterator {
  /** The cursor whose lent fields are this cursor's entry while `valid`; another one after a seek. */
  source: StorageIterator;
  valid: boolean;
  readonly #sources: ScanSources;
  readonly #feeds: ScanFeeds | undefined;
  readonly #gate: FeedGate;
  readonly #direction: Direction;
  /** The source, where it is not a merge and is moved backward. */
  #backward: BidirectionalIterator | undefined = undefined;

  /** With feeds it waits for no disk, and stands nowhere while `isWaiting`. */
  constructor(
    state: LsmState,
    range: KeyRange,
    readTimestamp: number,
    direction: Direction = "ascending",
    feeds?: ScanFeeds,
  ) {
    this.valid = false;
    this.#direction = direction;
    this.#feeds = feeds;
    this.#gate = feeds ?? NEVER_WAITING;
    this.#sources = new ScanSources(state, range, readTimestamp, direction, feeds);
    this.#sources.placeAtStart();
    this.source = this.#join();
    this.#settle();
  }

  /**
   * Moves to the first live entry at the key or, in the direction of the scan, past it. A key before the range stands for
   * the range's beginning. Works also when invalid, except after an error.
   */
  seek(key: Uint8Array): void {
    this.valid = false;
    this.#feeds?.restart();
    this.#sources.placeAtKey(key);
    this.source = this.#join();
    this.#settle();
  }

  /** Moves to the next live entry in the direction of the scan. Does nothing when invalid. */
  next(): void {
    if (!this.valid) return;
    this.valid = false;
    this.#move();
    this.#settle();
  }

  /** Whether something must be loaded before it is known where it stands: then `ScanFeeds.load`, and `resume`. */
  get isWaiting(): boolean {
    return this.#gate.isWaiting;
  }

  /** Goes on after what was missing was loaded. It may have to wait again. */
  resume(): void {
    this.valid = false;
    this.#sources.resume();
    this.source = this.#join();
    this.#settle();
  }

  get activeIterators(): number {
    return this.#sources.activeIterators;
  }

  /** The placed sources as one. */
  #join(): StorageIterator {
    const { live } = this.#sources;
    const [only] = live;
    this.#backward = undefined;
    if (live.length !== 1 || only === undefined) return new MergeIterator(live, "user", this.#direction);
    if (this.#direction === "descending") this.#backward = only;
    return only;
  }

  #move(): void {
    const backward = this.#backward;
    if (backward === undefined) this.source.next();
    else backward.previous();
  }

  #settle(): void {
    if (this.#sources.cover !== undefined) {
      this.#settleUncovered(this.#sources.cover);
      return;
    }
    const source = this.source;
    const gate = this.#gate;
    while (!gate.isWaiting && source.valid && !this.#sources.isPastEnd(source)) {
      if (source.kind !== ENTRY_KIND.delete) {
        this.valid = true;
        return;
      }
      this.#move();
    }
  }

  /** `#settle` where there are range deletes. */
  #settleUncovered(cover: RangeCover): void {
    let hiddenInARow = 0;
    while (!this.#gate.isWaiting && this.source.valid && !this.#sources.isPastEnd(this.source)) {
      if (!cover.hides(this.source)) {
        if (this.source.kind !== ENTRY_KIND.delete) {
          this.valid = true;
          return;
        }
      } else if (++hiddenInARow % HIDDEN_IN_A_ROW_MAX === 0 && this.#skip(cover)) {
        continue;
      }
      this.#move();
    }
  }

  /** False when there is nothing to skip. */
  #skip(cover: RangeCover): boolean {
    const { place, end } = cover.reach(this.#direction);
    if (!this.#sources.skip(place, end)) return false;
    this.source = this.#join();
    return true;
  }
}
