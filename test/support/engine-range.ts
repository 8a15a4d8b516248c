import type { KeyRange } from "../../src/read/key-range.ts";

/**
 * A range of keys as mathematicians write it: `[a, c)` has a and not c, `(a, )` everything after a, `(, )` everything.
 * One character is one byte.
 */
export function rangeOf(notation: string): KeyRange {
  const [, opening, lower, upper, closing] = /^([[(])(.*), ?(.*)([\])])$/s.exec(notation) ?? [];
  if (lower === undefined || upper === undefined) throw new Error(`not a range: ${notation}`);
  return {
    ...(lower !== "" && { [opening === "[" ? "gte" : "gt"]: Buffer.from(lower, "latin1") }),
    ...(upper !== "" && { [closing === "]" ? "lte" : "lt"]: Buffer.from(upper, "latin1") }),
  };
}
