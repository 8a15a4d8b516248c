import { compareKeys } from "../codec/bytes.ts";
import { newestAt } from "../iterator/range-delete-fragment.ts";
import type { RangeDeletes } from "../iterator/range-deletes.ts";

/** What decides whether a table's entries are worth reading. Keys are user keys. */
type TableRange = { readonly firstKey: Uint8Array; readonly lastKey: Uint8Array; readonly maxTimestamp: number };

/**
 * Whether range deletes up to the watermark hide all of a table's entries: a merge then need not read them. So what a
 * `clear` has left is gone as fast as its files are.
 */
export function isHidden(table: TableRange, rangeDeletes: RangeDeletes, watermark: number): boolean {
  const { firstKey, lastKey, maxTimestamp } = table;
  const { fragments } = rangeDeletes;
  let at = firstKey;
  for (let index = rangeDeletes.firstEndingBehind(firstKey, 0, firstKey.length); ; index++) {
    const fragment = fragments[index];
    if (fragment === undefined || compareKeys(fragment.from, at) > 0) return false;
    if (newestAt(fragment.timestamps, watermark) <= maxTimestamp) return false;
    if (compareKeys(lastKey, fragment.to) < 0) return true;
    at = fragment.to;
  }
}
