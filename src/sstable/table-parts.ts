import { compareKeys } from "../codec/bytes.ts";
import type { RangeDeletes } from "../iterator/range-deletes.ts";
import type { BloomFilter } from "./bloom.ts";
import { indexKeyEnd, type TableIndex } from "./format.ts";
import { lastKeyBefore } from "./range-deletes-block.ts";

/** What a table's file holds besides its blocks, checked. */
export type TableParts = {
  readonly index: TableIndex;
  readonly bloom: BloomFilter;
  readonly rangeDeletes: RangeDeletes;
  readonly maxTimestamp: number;
  /** undefined where the format does not write it down. */
  readonly entryCount: number | undefined;
  readonly deleteCount: number | undefined;
};

/** The least key that the table says anything about, in memory of its own. */
export function firstKeyOf({ index, rangeDeletes }: TableParts): Uint8Array {
  const start = index.firstKeyStarts[0];
  const entryKey = start === undefined ? undefined : index.bytes.slice(start, indexKeyEnd(index.bytes, start));
  const from = rangeDeletes.fragments[0]?.from;
  if (from === undefined || entryKey === undefined) return entryKey ?? from ?? new Uint8Array(0);
  return compareKeys(entryKey, from) <= 0 ? entryKey : from;
}

/** The greatest key that the table says anything about, or for a range delete one that lies right behind it. */
export function lastKeyOf({ index, rangeDeletes }: TableParts): Uint8Array {
  const hasEntries = index.firstKeyStarts.length > 0;
  const entryKey = hasEntries ? index.bytes.slice(index.lastKeyStart, index.lastKeyEnd) : undefined;
  const to = rangeDeletes.fragments.at(-1)?.to;
  const before = to === undefined ? undefined : lastKeyBefore(to);
  if (before === undefined || entryKey === undefined) return entryKey ?? before ?? new Uint8Array(0);
  return compareKeys(entryKey, before) >= 0 ? entryKey : before;
}
