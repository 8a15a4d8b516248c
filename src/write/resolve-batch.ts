import { compareKeys } from "../codec/bytes.ts";
import { RangeDeletes } from "../iterator/range-deletes.ts";
import { ENTRY_KIND } from "../key.ts";
import type { CheckedWrite } from "./checked-write.ts";

/** All writes of a batch have one timestamp; any stands for it here. */
const TIMESTAMP = 1;

/**
 * The batch without what a later range delete of it covers, in its order; also without range deletes of no key. In one
 * batch order counts, but its writes share one timestamp, and a range delete hides only what is older. A batch without
 * range deletes is answered as it is.
 */
export function resolveBatch(writes: readonly CheckedWrite[]): readonly CheckedWrite[] {
  if (!writes.some(({ kind }) => kind === ENTRY_KIND.rangeDelete)) return writes;
  const later = new RangeDeletes();
  const kept: CheckedWrite[] = [];
  for (const write of writes.toReversed()) if (isKept(write, later)) kept.push(write);
  return kept.reverse();
}

function isKept({ kind, key, value }: CheckedWrite, later: RangeDeletes): boolean {
  if (kind !== ENTRY_KIND.rangeDelete) return later.fragmentOver(key, 0, key.length) === undefined;
  later.add(key, value, TIMESTAMP);
  return compareKeys(key, value) < 0;
}
