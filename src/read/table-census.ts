import { ENTRY_KIND } from "../key.ts";
import type { SSTable } from "../sstable/sstable.ts";
import { SSTableIterator } from "../sstable/sstable-iterator.ts";

/** How many versions of keys a table holds, and how many of them are deletes. */
export type TableCensus = { readonly entries: number; readonly deletes: number };

/** Counts what a table of `plain` or `mvcc` does not say: reads all of it, past the cache. Throws CorruptionError or IoError. */
export function takeCensus(table: SSTable): TableCensus {
  const { entryCount, deleteCount } = table;
  if (entryCount !== undefined && deleteCount !== undefined) return { entries: entryCount, deletes: deleteCount };
  const cursor = new SSTableIterator(table, "once");
  let entries = 0;
  let deletes = 0;
  for (cursor.seekToFirst(); cursor.valid; cursor.next()) {
    entries++;
    if (cursor.kind === ENTRY_KIND.delete) deletes++;
  }
  return { entries, deletes };
}
