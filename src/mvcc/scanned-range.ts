import type { Direction } from "../iterator/merge-order.ts";
import { nextKeyText } from "./key-span.ts";

/** Keys between bounds, as `keyText` makes them. Every bound that is there must hold; none: all keys. */
export type ScannedRange = {
  readonly gt?: string | undefined;
  readonly gte?: string | undefined;
  readonly lt?: string | undefined;
  readonly lte?: string | undefined;
};

export function inRange(range: ScannedRange, key: string): boolean {
  const { gt, gte, lt, lte } = range;
  return (
    (gt === undefined || key > gt) &&
    (gte === undefined || key >= gte) &&
    (lt === undefined || key < lt) &&
    (lte === undefined || key <= lte)
  );
}

/** The first key that the bounds allow, should there be any. */
export function startOf({ gt, gte }: ScannedRange): string {
  return tighter(gte, gt === undefined ? undefined : nextKeyText(gt), isAbove) ?? "";
}

/** The first key behind those that the bounds allow; undefined when there is none. */
export function endOf({ lt, lte }: ScannedRange): string | undefined {
  return tighter(lt, lte === undefined ? undefined : nextKeyText(lte), isBelow);
}

/**
 * What a cursor over a range has seen that went from one key to another, both included: keys in between that it did not
 * show were not there, so they were read too. undefined: from the range's beginning, or to its end.
 */
export function scannedPart(
  range: ScannedRange,
  direction: Direction,
  from: string | undefined,
  to: string | undefined,
): ScannedRange {
  const [low, high] = direction === "ascending" ? [from, to] : [to, from];
  return { ...range, gte: tighter(range.gte, low, isAbove), lte: tighter(range.lte, high, isBelow) };
}

function tighter(
  left: string | undefined,
  right: string | undefined,
  isTighter: (left: string, right: string) => boolean,
): string | undefined {
  if (left === undefined || right === undefined) return left ?? right;
  return isTighter(left, right) ? left : right;
}

function isAbove(left: string, right: string): boolean {
  return left > right;
}

function isBelow(left: string, right: string): boolean {
  return left < right;
}
