import { compareBytes, compareKeys } from "../codec/bytes.ts";
import { assert } from "../errors.ts";
import type { Direction } from "../iterator/merge-order.ts";
import { newestAt } from "../iterator/range-delete-fragment.ts";
import type { RangeDeletes } from "../iterator/range-deletes.ts";

/** The range deletes of one place of a scan. */
export type CoverSource = {
  /** Index of the place among all that feed the scan, newest first. */
  readonly place: number;
  readonly deletes: RangeDeletes;
};

/** An entry, as cursors lend it. */
type Entry = {
  readonly keyBuffer: Uint8Array;
  readonly keyStart: number;
  readonly keyEnd: number;
  readonly timestamp: number;
};

/**
 * What range deletes hide from a reader at one timestamp.
 *
 * For one key a newer place holds the newer range delete, so the newest place that has one over a key decides. The answer
 * holds for all keys between the nearest bounds of fragments, so that a scan looks again only where it passes one. Later
 * range deletes may cut these in pieces; the reader sees none of them, so the answer stays.
 */
export class RangeCover {
  readonly #sources: readonly CoverSource[];
  readonly #readTimestamp: number;
  /** The answer is for the keys in [from, to); undefined: no bound on that side. */
  #from: Uint8Array | undefined;
  #to: Uint8Array | undefined;
  #isPlaced = false;
  /** Of the newest range delete over these keys; 0 when there is none. */
  #timestamp = 0;
  #source: CoverSource | undefined;

  /** `sources` newest first. */
  constructor(sources: readonly CoverSource[], readTimestamp: number) {
    this.#sources = sources;
    this.#readTimestamp = readTimestamp;
  }

  /** Whether a range delete is newer than the entry, which the reader would see otherwise. */
  hides({ keyBuffer, keyStart, keyEnd, timestamp }: Entry): boolean {
    if (!this.#holdsFor(keyBuffer, keyStart, keyEnd)) this.#lookAt(keyBuffer, keyStart, keyEnd);
    return this.#timestamp > timestamp;
  }

  /**
   * After `hides` was true: the place of the range delete, and how far from there, in this direction, older places show
   * nothing: up to the key behind it or, descending, down to the first key.
   */
  reach(direction: Direction): { readonly place: number; readonly end: Uint8Array } {
    assert(
      this.#source !== undefined && this.#from !== undefined && this.#to !== undefined,
      "what hides an entry is a fragment, with both its bounds",
    );
    const { place, deletes } = this.#source;
    const end =
      direction === "ascending" ? this.#ascend(deletes, this.#from, this.#to) : this.#descend(deletes, this.#from);
    return { place, end };
  }

  /** To the end of the fragments that join each other from the one over `from` on. */
  #ascend(deletes: RangeDeletes, from: Uint8Array, to: Uint8Array): Uint8Array {
    const { fragments } = deletes;
    let end = to;
    for (let index = deletes.firstEndingBehind(from, 0, from.length); index < fragments.length; index++) {
      const fragment = fragments[index];
      if (fragment === undefined || compareKeys(fragment.from, end) > 0 || !this.#isSeen(fragment.timestamps)) break;
      end = fragment.to;
    }
    return end;
  }

  #descend(deletes: RangeDeletes, from: Uint8Array): Uint8Array {
    const { fragments } = deletes;
    let end = from;
    for (let index = deletes.firstEndingBehind(from, 0, from.length); index >= 0; index--) {
      const fragment = fragments[index];
      if (fragment === undefined || compareKeys(fragment.to, end) < 0 || !this.#isSeen(fragment.timestamps)) break;
      end = fragment.from;
    }
    return end;
  }

  #isSeen(timestamps: readonly number[]): boolean {
    return newestAt(timestamps, this.#readTimestamp) > 0;
  }

  #holdsFor(key: Uint8Array, start: number, end: number): boolean {
    const from = this.#from;
    const to = this.#to;
    return (
      this.#isPlaced &&
      (to === undefined || compareBytes(key, start, end, to, 0, to.length) < 0) &&
      (from === undefined || compareBytes(key, start, end, from, 0, from.length) >= 0)
    );
  }

  #lookAt(key: Uint8Array, start: number, end: number): void {
    this.#from = undefined;
    this.#to = undefined;
    this.#timestamp = 0;
    this.#source = undefined;
    this.#isPlaced = true;
    for (const source of this.#sources) {
      const timestamp = this.#narrow(source.deletes, key, start, end);
      if (timestamp === 0) continue;
      this.#timestamp = timestamp;
      this.#source = source;
      return;
    }
  }

  /** Narrows the bounds to where one place has the same answer for all keys, and gives it: a timestamp, or 0. */
  #narrow(deletes: RangeDeletes, key: Uint8Array, start: number, end: number): number {
    const { fragments } = deletes;
    const index = deletes.firstEndingBehind(key, start, end);
    const fragment = fragments[index];
    const isCovered =
      fragment !== undefined && compareBytes(fragment.from, 0, fragment.from.length, key, start, end) <= 0;
    const from = isCovered ? fragment.from : fragments[index - 1]?.to;
    const to = isCovered ? fragment.to : fragment?.from;
    if (from !== undefined && (this.#from === undefined || compareKeys(from, this.#from) > 0)) this.#from = from;
    if (to !== undefined && (this.#to === undefined || compareKeys(to, this.#to) < 0)) this.#to = to;
    return isCovered ? newestAt(fragment.timestamps, this.#readTimestamp) : 0;
  }
}
