import { compareKeys } from "../codec/bytes.ts";
import { newestAt } from "../iterator/range-delete-fragment.ts";
import type { RangeDeletes } from "../iterator/range-deletes.ts";
import { BEHIND_VERSIONS } from "../iterator/storage-iterator.ts";
import { TIMESTAMP_MAX } from "../key.ts";
import type { Memtable } from "../memtable/memtable.ts";
import type { SSTable } from "../sstable/sstable.ts";
import type { LsmState } from "../state/lsm-state.ts";
import { isPastUpper, type KeyRange, overlaps } from "./key-range.ts";
import type { Meter } from "./meter.ts";
import { type RunPlace, runPlaces } from "./run-places.ts";

/** Of a run no more tables are told apart: each costs a look into its index, which may have to be read. */
const TABLES_TOLD_MAX = 16;

/** A table that a scan goes through. Blocks are numbered from 0. */
export type ScannedTable = {
  readonly id: number;
  readonly sizeBytes: number;
  readonly blocks: number;
  /** The blocks that reach into the range; undefined when none does. */
  readonly firstBlock: number | undefined;
  readonly lastBlock: number | undefined;
  /** How many of these are in the cache. */
  readonly blocksCached: number;
  /** A range delete hides all that the reader could see of it. */
  readonly isHidden: boolean;
};

/** What finding the range in the place took. Indexes that are not in memory are read for it, blocks are not. */
type Timed = { readonly elapsedMs: number };

export type ScanStep = Timed &
  (
    | {
        readonly place: "memtable";
        readonly id: number;
        readonly isFrozen: boolean;
        readonly entries: number;
        /** Whether any of its entries, deletes among them, lies in the range. */
        readonly isInRange: boolean;
      }
    | (RunPlace & {
        readonly place: "run";
        /** Tables whose key range and the scan's have no key in common. They are not opened. */
        readonly tablesSkipped: number;
        /** The others in key order, the first of them told in full. */
        readonly scanned: readonly ScannedTable[];
        readonly tablesScanned: number;
      })
  );

/**
 * What would feed a scan, from newest to oldest. It reads indexes, and no block. `now` is a clock, in milliseconds. Throws
 * CorruptionError or IoError.
 */
export function explainScan(state: LsmState, range: KeyRange, readTimestamp: number, now: Meter["now"]): ScanStep[] {
  const memtables = [state.memtable, ...state.immutableMemtables];
  const deletes = memtables.map(({ rangeDeletes }) => rangeDeletes);
  const memtableSteps = memtables.map((memtable): ScanStep => {
    const { id, entryCount: entries } = memtable;
    const isFrozen = memtable !== state.memtable;
    const startedMs = now();
    const isInRange = reachesInto(memtable, range, readTimestamp);
    return { place: "memtable", id, isFrozen, entries, isInRange, elapsedMs: now() - startedMs };
  });
  const runs = runPlaces(state).map(({ level, tables, run }) => {
    const startedMs = now();
    const inRange = run.filter(({ firstKey, lastKey }) => overlaps(range, firstKey, lastKey));
    const told = inRange.slice(0, TABLES_TOLD_MAX).map((table) => {
      deletes.push(table.rangeDeletes);
      return { table, scanned: scannedTable(table, range) };
    });
    return { level, tables, tablesScanned: inRange.length, told, elapsedMs: now() - startedMs };
  });
  // What hides a table may lie in any place, so all are known first.
  const runSteps = runs.map(
    ({ level, tables, tablesScanned, told, elapsedMs }): ScanStep => ({
      place: "run",
      level,
      tables,
      tablesSkipped: tables - tablesScanned,
      tablesScanned,
      scanned: told.map(({ table, scanned }) => ({ ...scanned, isHidden: isHidden(table, deletes, readTimestamp) })),
      elapsedMs,
    }),
  );
  return [...memtableSteps, ...runSteps];
}

function reachesInto(memtable: Memtable, range: KeyRange, readTimestamp: number): boolean {
  const cursor = memtable.visibleIterator(readTimestamp);
  const start = range.gte ?? range.gt;
  if (start === undefined) cursor.seekToFirst();
  else cursor.seek(start, 0, start.length, range.gte === undefined ? BEHIND_VERSIONS : TIMESTAMP_MAX);
  return cursor.valid && !isPastUpper(range, cursor.keyBuffer, cursor.keyStart, cursor.keyEnd);
}

function scannedTable(table: SSTable, range: KeyRange): Omit<ScannedTable, "isHidden"> {
  const { content, id, sizeBytes, blockCount: blocks } = table;
  const start = range.gte ?? range.gt;
  const end = range.lte ?? range.lt;
  const none = { id, sizeBytes, blocks, firstBlock: undefined, lastBlock: undefined, blocksCached: 0 };
  if (blocks === 0) return none;
  const firstBlock = start === undefined ? 0 : content.blockFrom(start, 0, start.length, TIMESTAMP_MAX);
  const lastBlock = end === undefined ? blocks - 1 : content.search.blockOf(end, 0, end.length, BEHIND_VERSIONS);
  if (firstBlock > lastBlock) return none;
  return { ...none, firstBlock, lastBlock, blocksCached: content.cachedCount(firstBlock, lastBlock) };
}

function isHidden(
  { firstKey, lastKey, maxTimestamp }: SSTable,
  deletes: readonly RangeDeletes[],
  readTimestamp: number,
) {
  return deletes.some((list) => {
    const fragment = list.fragmentOver(firstKey, 0, firstKey.length);
    if (fragment === undefined || compareKeys(fragment.to, lastKey) <= 0) return false;
    return newestAt(fragment.timestamps, readTimestamp) > maxTimestamp;
  });
}
