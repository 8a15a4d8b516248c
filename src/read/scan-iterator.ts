import { MergeIterator } from "../iterator/merge-iterator.ts";
import type { Direction } from "../iterator/merge-order.ts";
import type { BidirectionalIterator, StorageIterator } from "../iterator/storage-iterator.ts";
import { ENTRY_KIND } from "../key.ts";
import type { LsmState } from "../state/lsm-state.ts";
import type { KeyRange } from "./key-range.ts";
import { ScanSources } from "./scan-sources.ts";

/**
 * A cursor over the live entries of a range as of one timestamp, in key order or its reverse: one entry per key, deletes
 * hidden.
 *
 * Each source yields at most one visible version per key, so the merge need only compare user keys and let the newer
 * source win. A move that throws leaves the cursor invalid for good.
 */
export class ScanIterator {
  /** The cursor whose lent fields are this cursor's entry while `valid`; another one after a seek. */
  source: StorageIterator;
  valid: boolean;
  readonly #sources: ScanSources;
  readonly #direction: Direction;
  /** The source, where it is not a merge and is moved backward. */
  #backward: BidirectionalIterator | undefined = undefined;

  constructor(state: LsmState, range: KeyRange, readTimestamp: number, direction: Direction = "ascending") {
    this.valid = false;
    this.#direction = direction;
    this.#sources = new ScanSources(state, range, readTimestamp, direction);
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
    const source = this.source;
    while (source.valid && !this.#sources.isPastEnd(source)) {
      if (source.kind !== ENTRY_KIND.delete) {
        this.valid = true;
        return;
      }
      this.#move();
    }
  }
}
