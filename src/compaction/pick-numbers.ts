/** Numbers as the reference prints them in its compaction messages. */

/** A ratio: no decimal point for whole numbers, "inf" for infinity. */
export function showRatio(value: number): string {
  return value === Number.POSITIVE_INFINITY ? "inf" : String(value);
}

/** A priority: like a ratio, but whole numbers end in ".0". */
export function showPriority(value: number): string {
  return Number.isInteger(value) ? `${value}.0` : showRatio(value);
}

/** Three decimals, rounded half to even; `toFixed` rounds halves up. */
export function showThousandths(value: number): string {
  const sixteenths = value * 16;
  // m/2000 is a binary fraction only where 125 divides m: halves of a thousandth are the odd sixteenths, and exact.
  const isHalf = Number.isInteger(sixteenths) && sixteenths % 2 !== 0;
  if (!isHalf) return value.toFixed(3);
  const lower = Math.floor(value * 1000);
  return ((lower % 2 === 0 ? lower : lower + 1) / 1000).toFixed(3);
}
