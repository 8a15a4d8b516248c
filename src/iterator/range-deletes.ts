/**
 * The range deletes of one memtable, table or merge, cut at each other's bounds.
 *
 *   range deletes  |----- 3 -----|              fragments  |-- 3 --|- 7 3 -|-- 7 --|
 *                          |----- 7 -----|
 *
 * So one binary search finds all that covers a key. A fragment is never changed but replaced: one that was lent stays
 * true for the timestamps it knows.
 */
import { compareBytes, compareKeys } from "../codec/bytes.ts";
import { assert } from "../errors.ts";
import {
  newestAt,
  pushFragment,
  type RangeDeleteFragment,
  timestampsReadBy,
  unionOfTimestamps,
} from "./range-delete-fragment.ts";

const NO_KEY: Uint8Array = new Uint8Array(0);
const SIZE_TIMESTAMP = 8;
/** Arguments lie on the stack, which has an end. */
const SPLICED_MAX = 1024;

export class RangeDeletes {
  /** No range deletes, for all who have none; takes none. */
  static readonly none: RangeDeletes = new RangeDeletes();

  private list: RangeDeleteFragment[] = [];
  private bytes = 0;

  /** The fragments of a table: disjoint, in key order, each with descending timestamps. They are lent for good. */
  static over(fragments: readonly RangeDeleteFragment[]): RangeDeletes {
    if (fragments.length === 0) return RangeDeletes.none;
    const deletes = new RangeDeletes();
    deletes.list = [...fragments];
    deletes.bytes = sizeBytesOf(fragments);
    return deletes;
  }

  /** All range deletes of the lists, in linear time. The fragments are shared with them where nothing is cut. */
  static merged(lists: readonly RangeDeletes[]): RangeDeletes {
    return RangeDeletes.over(mergeLists(lists.filter((deletes) => !deletes.isEmpty).map((deletes) => deletes.list)));
  }

  get isEmpty(): boolean {
    return this.list.length === 0;
  }

  get fragmentCount(): number {
    return this.list.length;
  }

  /** Disjoint and in key order. The list changes with the next `add`. */
  get fragments(): readonly RangeDeleteFragment[] {
    return this.list;
  }

  /** Of all fragments' bounds and timestamps. */
  get sizeBytes(): number {
    return this.bytes;
  }

  /**
   * Deletes what is older than `timestamp` in [from, to), which may be empty. The bytes are copied. Costs as many steps
   * as fragments lie in the range.
   *
   * `readers`: at which timestamps somebody reads, ascending, when whoever comes later reads at `timestamp` or above. What
   * none of them could tell apart is then forgotten in the range: ranges that are deleted again and again, or grow, stay
   * one fragment with few timestamps. Without it nothing is forgotten.
   */
  add(from: Uint8Array, to: Uint8Array, timestamp: number, readers?: readonly number[]): void {
    assert(this !== RangeDeletes.none, "the shared list stays empty");
    if (compareKeys(from, to) >= 0) return;
    // With the neighbours that only touch the range: they may become one with it.
    const first = this.firstReaching(from, 0, from.length);
    const last = this.lastReachedBy(to, first);
    const replaced = this.list.slice(first, last);
    const pieces = addTo(replaced, new Uint8Array(from), new Uint8Array(to), [timestamp], readers);
    this.bytes += sizeBytesOf(pieces) - sizeBytesOf(replaced);
    if (pieces.length <= SPLICED_MAX) this.list.splice(first, last - first, ...pieces);
    else this.list = this.list.slice(0, first).concat(pieces, this.list.slice(last));
  }

  /** The largest timestamp ≤ `readTimestamp` of a range delete over key[start, end); 0 when there is none. */
  newestOver(key: Uint8Array, start: number, end: number, readTimestamp: number): number {
    if (this.list.length === 0) return 0;
    const fragment = this.fragmentOver(key, start, end);
    return fragment === undefined ? 0 : newestAt(fragment.timestamps, readTimestamp);
  }

  /** The fragment that key[start, end) lies in. */
  fragmentOver(key: Uint8Array, start: number, end: number): RangeDeleteFragment | undefined {
    const index = this.firstEndingBehind(key, start, end);
    if (index === this.list.length) return undefined;
    const fragment = this.list[index]!;
    return compareBytes(fragment.from, 0, fragment.from.length, key, start, end) <= 0 ? fragment : undefined;
  }

  /** Index of the first fragment that ends behind key[start, end): the one over it, or the next; `fragmentCount` when there is none. */
  firstEndingBehind(key: Uint8Array, start: number, end: number): number {
    const list = this.list;
    let low = 0;
    let high = list.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const { to } = list[middle]!;
      if (compareBytes(to, 0, to.length, key, start, end) <= 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Index of the first fragment that ends at the key or behind it. */
  private firstReaching(key: Uint8Array, start: number, end: number): number {
    const index = this.firstEndingBehind(key, start, end);
    const before = this.list[index - 1];
    return before !== undefined && compareBytes(before.to, 0, before.to.length, key, start, end) === 0
      ? index - 1
      : index;
  }

  /** Index behind the last fragment, from `first` on, that begins at the key or before it. */
  private lastReachedBy(key: Uint8Array, first: number): number {
    let last = first;
    while (last < this.list.length && compareKeys(this.list[last]!.from, key) <= 0) last++;
    return last;
  }
}

/** What `fragments`, which at least touch [from, to), become when it is deleted too. */
function addTo(
  fragments: readonly RangeDeleteFragment[],
  from: Uint8Array,
  to: Uint8Array,
  timestamps: readonly number[],
  readers: readonly number[] | undefined,
): RangeDeleteFragment[] {
  const pieces: RangeDeleteFragment[] = [];
  let at = from;
  for (const fragment of fragments) {
    pushFragment(pieces, fragment.from, smallerOf(at, fragment.to), fragment.timestamps);
    pushFragment(pieces, at, smallerOf(fragment.from, to), timestamps);
    at = largerOf(at, fragment.from);
    const end = smallerOf(fragment.to, to);
    const all = unionOfTimestamps(timestamps, fragment.timestamps);
    pushFragment(pieces, at, end, readers === undefined ? all : timestampsReadBy(readers, all));
    pushFragment(pieces, largerOf(to, fragment.from), fragment.to, fragment.timestamps);
    at = largerOf(at, end);
  }
  pushFragment(pieces, at, to, timestamps);
  return pieces;
}

/** By halves, so that each fragment takes part in as few merges as there are doublings of the number of lists. */
function mergeLists(lists: readonly (readonly RangeDeleteFragment[])[]): readonly RangeDeleteFragment[] {
  if (lists.length <= 1) return lists[0] ?? [];
  const middle = lists.length >>> 1;
  return mergeTwo(mergeLists(lists.slice(0, middle)), mergeLists(lists.slice(middle)));
}

function mergeTwo(a: readonly RangeDeleteFragment[], b: readonly RangeDeleteFragment[]): RangeDeleteFragment[] {
  const merged: RangeDeleteFragment[] = [];
  let at: Uint8Array = NO_KEY;
  let indexA = 0;
  let indexB = 0;
  while (indexA < a.length || indexB < b.length) {
    const headA = a[indexA];
    const headB = b[indexB];
    const fromA = headA && largerOf(headA.from, at);
    const fromB = headB && largerOf(headB.from, at);
    const order = fromA === undefined ? 1 : fromB === undefined ? -1 : compareKeys(fromA, fromB);
    // Up to where the same fragments lie over the keys: the nearer end, or the beginning of the other.
    if (order < 0 && headA && fromA) {
      const end = fromB === undefined ? headA.to : smallerOf(headA.to, fromB);
      pushFragment(merged, fromA, end, headA.timestamps);
      at = end;
    } else if (order > 0 && headB && fromB) {
      const end = fromA === undefined ? headB.to : smallerOf(headB.to, fromA);
      pushFragment(merged, fromB, end, headB.timestamps);
      at = end;
    } else if (headA && headB && fromA) {
      const end = smallerOf(headA.to, headB.to);
      pushFragment(merged, fromA, end, unionOfTimestamps(headA.timestamps, headB.timestamps));
      at = end;
    }
    if (headA && compareKeys(headA.to, at) <= 0) indexA++;
    if (headB && compareKeys(headB.to, at) <= 0) indexB++;
  }
  return merged;
}

function smallerOf(a: Uint8Array, b: Uint8Array): Uint8Array {
  return compareKeys(a, b) <= 0 ? a : b;
}

function largerOf(a: Uint8Array, b: Uint8Array): Uint8Array {
  return compareKeys(a, b) >= 0 ? a : b;
}

function sizeBytesOf(fragments: readonly RangeDeleteFragment[]): number {
  return fragments.reduce(
    (sum, { from, to, timestamps }) => sum + from.length + to.length + timestamps.length * SIZE_TIMESTAMP,
    0,
  );
}
