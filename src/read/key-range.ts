import { compareBytes, compareKeys } from "../codec/bytes.ts";

/** A range of user keys. At most one of `gt`/`gte` and one of `lt`/`lte` counts; none: unbounded on that side. */
export type KeyRange = {
  readonly gt?: Uint8Array | undefined;
  readonly gte?: Uint8Array | undefined;
  readonly lt?: Uint8Array | undefined;
  readonly lte?: Uint8Array | undefined;
};

/** Whether the range and [firstKey, lastKey] have a key in common. */
export function overlaps(range: KeyRange, firstKey: Uint8Array, lastKey: Uint8Array): boolean {
  if (range.lt !== undefined && compareKeys(range.lt, firstKey) <= 0) return false;
  if (range.lte !== undefined && compareKeys(range.lte, firstKey) < 0) return false;
  return !isPastLower(range, lastKey, 0, lastKey.length);
}

/** Whether the key lies before the range's lower bound. */
export function isPastLower(range: KeyRange, key: Uint8Array, keyStart: number, keyEnd: number): boolean {
  if (range.gte !== undefined) return compareBytes(key, keyStart, keyEnd, range.gte, 0, range.gte.length) < 0;
  if (range.gt !== undefined) return compareBytes(key, keyStart, keyEnd, range.gt, 0, range.gt.length) <= 0;
  return false;
}

/** Whether the key lies beyond the range's upper bound. */
export function isPastUpper(range: KeyRange, key: Uint8Array, keyStart: number, keyEnd: number): boolean {
  if (range.lt !== undefined) return compareBytes(key, keyStart, keyEnd, range.lt, 0, range.lt.length) >= 0;
  if (range.lte !== undefined) return compareBytes(key, keyStart, keyEnd, range.lte, 0, range.lte.length) > 0;
  return false;
}
