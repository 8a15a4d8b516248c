import { compareKeys } from "../codec/bytes.ts";
import { pushFragment, type RangeDeleteFragment, timestampsFrom } from "../iterator/range-delete-fragment.ts";
import type { RangeDeletes } from "../iterator/range-deletes.ts";
import type { MergeRules } from "./merge-rules.ts";

/** Takes the range deletes of a table, in key order; timestamps descend. `SSTableBuilder` is one. */
export interface RangeDeleteTarget {
  addRangeDelete(from: Uint8Array, to: Uint8Array, timestamps: readonly number[]): void;
}

/**
 * The range deletes that a merge still needs, given out to its tables from left to right.
 *
 *   entries    a    c    e  |  g    i  |  k           tables end behind e and behind i
 *   fragment      [b ─────────────────────── l)
 *   tables        [b ─── e\0)[e\0 ── i\0)[i\0 l)
 *
 * A table takes what lies before it and between its entries, the last one also what lies behind. So its key range begins
 * behind that of the table before.
 */
export class RangeDeleteOutput {
  readonly #fragments: readonly RangeDeleteFragment[];
  #next = 0;
  /** Where the next fragment begins if a cut has gone through it. */
  #cut: Uint8Array | undefined;

  /** `rangeDeletes`: all of the inputs. */
  constructor(rangeDeletes: RangeDeletes, rules: MergeRules) {
    this.#fragments = stillNeeded(rangeDeletes, rules);
  }

  /** Whether everything was given out. */
  get isAtEnd(): boolean {
    return this.#next === this.#fragments.length;
  }

  /** Gives the table what lies up to its last key, that key included. */
  giveUpTo(key: Uint8Array, table: RangeDeleteTarget): void {
    const successor = successorOf(key);
    for (let fragment = this.#head(); fragment !== undefined; fragment = this.#head()) {
      const { from, to, timestamps } = fragment;
      if (compareKeys(from, key) > 0) return;
      if (compareKeys(to, successor) > 0) {
        table.addRangeDelete(from, successor, timestamps);
        this.#cut = successor;
        return;
      }
      this.#give(fragment, table);
    }
  }

  /** Gives the table all that is left. */
  giveRest(table: RangeDeleteTarget): void {
    for (let fragment = this.#head(); fragment !== undefined; fragment = this.#head()) this.#give(fragment, table);
  }

  #head(): RangeDeleteFragment | undefined {
    const fragment = this.#fragments[this.#next];
    return fragment === undefined || this.#cut === undefined ? fragment : { ...fragment, from: this.#cut };
  }

  #give({ from, to, timestamps }: RangeDeleteFragment, table: RangeDeleteTarget): void {
    table.addRangeDelete(from, to, timestamps);
    this.#cut = undefined;
    this.#next++;
  }
}

/** What is at or below the watermark was done in the merge; the newest of it goes on hiding what lies below, if anything can. */
function stillNeeded(rangeDeletes: RangeDeletes, { watermark, reachesBottom }: MergeRules): RangeDeleteFragment[] {
  const needed: RangeDeleteFragment[] = [];
  for (const { from, to, timestamps } of rangeDeletes.fragments) {
    const left = reachesBottom
      ? timestamps.filter((timestamp) => timestamp > watermark)
      : timestampsFrom(watermark, timestamps);
    if (left.length > 0) pushFragment(needed, from, to, left);
  }
  return needed;
}

/** The least key behind this one. */
function successorOf(key: Uint8Array): Uint8Array {
  const successor = new Uint8Array(key.length + 1);
  successor.set(key);
  return successor;
}
