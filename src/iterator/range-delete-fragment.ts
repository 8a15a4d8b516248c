import { compareKeys } from "../codec/bytes.ts";

/** The keys in [from, to) and when they were deleted: descending, at least once. A value: neither it nor its bytes ever change. */
export type RangeDeleteFragment = {
  readonly from: Uint8Array;
  readonly to: Uint8Array;
  readonly timestamps: readonly number[];
};

/** The largest of descending timestamps that is at most `readTimestamp`; 0 when there is none. */
export function newestAt(timestamps: readonly number[], readTimestamp: number): number {
  let low = 0;
  let high = timestamps.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (timestamps[middle]! > readTimestamp) low = middle + 1;
    else high = middle;
  }
  return low < timestamps.length ? timestamps[low]! : 0;
}

/** What readers at the watermark and above can tell apart: the timestamps above it, and the newest that is not. */
export function timestampsFrom(watermark: number, timestamps: readonly number[]): readonly number[] {
  const newestBelow = timestamps.findIndex((timestamp) => timestamp <= watermark);
  return newestBelow < 0 || newestBelow === timestamps.length - 1 ? timestamps : timestamps.slice(0, newestBelow + 1);
}

/**
 * What can be told apart by readers at these timestamps, ascending, and by one at the newest of all: of descending
 * timestamps the first, and each that somebody reads at before the next newer one.
 */
export function timestampsReadBy(readers: readonly number[], timestamps: readonly number[]): readonly number[] {
  let reader = readers.length - 1;
  return timestamps.filter((timestamp, index) => {
    if (index === 0) return true;
    while (reader >= 0 && readers[reader]! >= timestamps[index - 1]!) reader--;
    return reader >= 0 && readers[reader]! >= timestamp;
  });
}

/** All timestamps of both lists, descending, each once. */
export function unionOfTimestamps(a: readonly number[], b: readonly number[]): readonly number[] {
  // The rule: what is newer was added later. Joining lists costs a hundredth of comparing them one by one.
  if (a.at(-1)! > b[0]!) return a.concat(b);
  if (b.at(-1)! > a[0]!) return b.concat(a);
  const union: number[] = [];
  let fromA = 0;
  let fromB = 0;
  while (fromA < a.length && fromB < b.length) {
    const newest = Math.max(a[fromA]!, b[fromB]!);
    union.push(newest);
    if (a[fromA] === newest) fromA++;
    if (b[fromB] === newest) fromB++;
  }
  while (fromA < a.length) union.push(a[fromA++]!);
  while (fromB < b.length) union.push(b[fromB++]!);
  return union;
}

/** Adds [from, to) behind the fragments before it: nothing when it is empty, and as one with the last when both say the same. */
export function pushFragment(
  fragments: RangeDeleteFragment[],
  from: Uint8Array,
  to: Uint8Array,
  timestamps: readonly number[],
): void {
  if (compareKeys(from, to) >= 0) return;
  const last = fragments.at(-1);
  if (last !== undefined && areEqual(last.timestamps, timestamps) && compareKeys(last.to, from) === 0) {
    fragments[fragments.length - 1] = { from: last.from, to, timestamps };
  } else {
    fragments.push({ from, to, timestamps });
  }
}

function areEqual(a: readonly number[], b: readonly number[]): boolean {
  return a === b || (a.length === b.length && a.every((timestamp, index) => timestamp === b[index]));
}
