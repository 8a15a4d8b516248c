import { assert } from "../errors.ts";

/**
 * The timestamps at which somebody reads, and the smallest of them: the watermark, below which versions that a newer one
 * covers are seen by nobody any more.
 *
 * Readers begin at the newest timestamp, or share one at which somebody reads already. So the map, which keeps the order
 * of insertion, is in ascending order, and the smallest timestamp is its first.
 */
export class ActiveReaders {
  /** How many readers there are at each timestamp, ascending. */
  readonly #counts = new Map<number, number>();
  #newest = 0;

  /** How many different timestamps are read at. */
  get timestampCount(): number {
    return this.#counts.size;
  }

  /** At which timestamps somebody reads, ascending. */
  get timestamps(): readonly number[] {
    return [...this.#counts.keys()];
  }

  register(timestamp: number): void {
    const count = this.#counts.get(timestamp) ?? 0;
    assert(count > 0 || timestamp >= this.#newest, "a reader begins at the newest timestamp, or shares an older one");
    this.#newest = Math.max(timestamp, this.#newest);
    this.#counts.set(timestamp, count + 1);
  }

  /** Undoes one `register` of this timestamp. */
  release(timestamp: number): void {
    const count = this.#counts.get(timestamp) ?? 0;
    assert(count > 0, "a reader is released as often as it was registered");
    if (count > 1) this.#counts.set(timestamp, count - 1);
    else this.#counts.delete(timestamp);
  }

  /** The smallest timestamp read at; `latest`, at which the next reader will begin, when there is no reader. */
  watermark(latest: number): number {
    const [smallest] = this.#counts.keys();
    return smallest ?? latest;
  }
}
