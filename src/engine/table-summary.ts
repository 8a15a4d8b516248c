import type { SSTable } from "../sstable/sstable.ts";
import type { TableInfo } from "../state/tree.ts";

/** What is known of a table without reading it. Sizes in bytes; keys are user keys, in memory of the caller's own. */
export type TableSummary = TableInfo & {
  /** Versions of keys, deletes included; undefined in `plain` and `mvcc`, whose tables do not say. */
  readonly entries: number | undefined;
  readonly deletes: number | undefined;
  /** Pieces into which range deletes are cut. */
  readonly rangeDeletes: number;
};

/** @internal */
export function summaryOf(table: SSTable): TableSummary {
  const { id, sizeBytes, firstKey, lastKey, entryCount, deleteCount, rangeDeleteCount } = table;
  return {
    id,
    sizeBytes,
    firstKey: firstKey.slice(),
    lastKey: lastKey.slice(),
    entries: entryCount,
    deletes: deleteCount,
    rangeDeletes: rangeDeleteCount,
  };
}
