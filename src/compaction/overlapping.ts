import { compareKeys } from "../codec/bytes.ts";
import type { TableLookup } from "../state/tree.ts";

/** What lies between two user keys, both included. */
export type KeySpan = { readonly firstKey: Uint8Array; readonly lastKey: Uint8Array };

/**
 * Of the tables, in their order, those that share a user key with the span, and those that share one with them. In a
 * sound level the latter adds nothing; a level of the reference may hold the versions of one key in neighbouring tables,
 * and these must move together, or an older version comes to lie above a newer one. So must tables of L0.
 */
export function overlapping(tables: readonly number[], span: KeySpan, table: TableLookup): readonly number[] {
  let ids: readonly number[] = [];
  let reach = span;
  for (;;) {
    const found = tables.filter((id) => isOverlapping(table(id), reach));
    if (found.length === ids.length) return found;
    ids = found;
    reach = spanOf([reach, ...found.map(table)]);
  }
}

/** From the first key of all spans to the last. There is a span. */
export function spanOf(spans: readonly KeySpan[]): KeySpan {
  return spans.reduce((hull, { firstKey, lastKey }) => ({
    firstKey: compareKeys(firstKey, hull.firstKey) < 0 ? firstKey : hull.firstKey,
    lastKey: compareKeys(lastKey, hull.lastKey) > 0 ? lastKey : hull.lastKey,
  }));
}

function isOverlapping(a: KeySpan, b: KeySpan): boolean {
  return compareKeys(a.firstKey, b.lastKey) <= 0 && compareKeys(b.firstKey, a.lastKey) <= 0;
}
