import { compareBytes } from "../codec/bytes.ts";
import { newestAt } from "../iterator/range-delete-fragment.ts";
import type { RangeDeletes } from "../iterator/range-deletes.ts";
import type { StorageIterator } from "../iterator/storage-iterator.ts";
import type { MergePolicy } from "./merge-policy.ts";

/**
 * Drops what a range delete of the inputs hides from every reader, and asks another policy about the rest. A range
 * delete above the watermark drops nothing: a reader may come before it.
 *
 * Entries come in key order, so the range deletes are walked along with them.
 */
export class RangeDeletePolicy implements MergePolicy {
  readonly #rangeDeletes: RangeDeletes;
  readonly #watermark: number;
  readonly #rest: MergePolicy;
  /** The first fragment that ends behind the last entry. */
  #index = 0;

  constructor(rangeDeletes: RangeDeletes, watermark: number, rest: MergePolicy) {
    this.#rangeDeletes = rangeDeletes;
    this.#watermark = watermark;
    this.#rest = rest;
  }

  get mayBeginTable(): boolean {
    return this.#rest.mayBeginTable;
  }

  keeps(entry: StorageIterator): boolean {
    return !this.#hides(entry) && this.#rest.keeps(entry);
  }

  #hides({ keyBuffer, keyStart, keyEnd, timestamp }: StorageIterator): boolean {
    const { fragments } = this.#rangeDeletes;
    for (; this.#index < fragments.length; this.#index++) {
      const { from, to, timestamps } = fragments[this.#index] as (typeof fragments)[number];
      if (compareBytes(to, 0, to.length, keyBuffer, keyStart, keyEnd) <= 0) continue;
      if (compareBytes(from, 0, from.length, keyBuffer, keyStart, keyEnd) > 0) return false;
      return timestamp < newestAt(timestamps, this.#watermark);
    }
    return false;
  }
}
