import { fingerprint32 } from "../codec/fingerprint32.ts";
import type { RangeDeletes } from "../iterator/range-deletes.ts";
import type { LookupResult } from "../iterator/storage-iterator.ts";
import { ENTRY_KIND } from "../key.ts";
import type { SSTable } from "../sstable/sstable.ts";
import type { LsmState } from "../state/lsm-state.ts";
import { findTable, type SortedRun } from "../state/sorted-run.ts";
import type { Meter } from "./meter.ts";
import { type RunPlace, runPlaces } from "./run-places.ts";

/** One version of the key, or its delete. */
export type FoundVersion = {
  readonly kind: "put" | "delete";
  readonly timestamp: number;
  readonly valueBytes: number;
};

/** What a place said of the key. */
type Finding = {
  /** The newest version that the reader may see; undefined: there is none here. */
  readonly found: FoundVersion | undefined;
  /** Timestamp of the newest range delete over the key that the reader sees; 0 when there is none. */
  readonly rangeDeletedAt: number;
  readonly elapsedMs: number;
};

/** How a table was looked into. */
export type TableLook = {
  readonly id: number;
  readonly sizeBytes: number;
  /** The filter says that the key is certainly not there: no block was read. */
  readonly isRuledOut: boolean;
  /** Which block the index names for the key, from 0; undefined where none was looked into. */
  readonly block: number | undefined;
  readonly blocks: number;
  readonly blocksFromCache: number;
  readonly blocksFromFile: number;
};

export type GetStep =
  | ({
      readonly place: "memtable";
      readonly id: number;
      readonly isFrozen: boolean;
      readonly entries: number;
    } & Finding)
  /** `look` is undefined where no table of the run has the key in its range. */
  | ({ readonly place: "run"; readonly look: TableLook | undefined } & RunPlace & Finding);

/** Where a look-up looks, from newest to oldest, and what it finds there. */
export type GetExplanation = {
  readonly key: Uint8Array;
  readonly steps: readonly GetStep[];
  /** Places after the one that decided. Nobody looks there. */
  readonly placesLeft: number;
  readonly outcome: "value" | "deleted" | "rangeDeleted" | "missing";
};

/**
 * Looks up a key as `lookUp` does and tells how. It reads, and warms the cache, as a look-up would. `readTimestamp` as
 * there. Throws CorruptionError or IoError.
 */
export function explainGet(state: LsmState, key: Uint8Array, readTimestamp: number, meter: Meter): GetExplanation {
  const steps: GetStep[] = [];
  const runs = runPlaces(state);
  const memtables = [state.memtable, ...state.immutableMemtables];
  const placesLeft = (): number => memtables.length + runs.length - steps.length;
  for (const memtable of memtables) {
    const { id, entryCount: entries } = memtable;
    const isFrozen = memtable !== state.memtable;
    const step: GetStep = { place: "memtable", id, isFrozen, entries, ...ask(memtable, key, readTimestamp, meter) };
    steps.push(step);
    const outcome = outcomeOf(step);
    if (outcome !== undefined) return { key, steps, placesLeft: placesLeft(), outcome };
  }
  for (const place of runs) {
    const step = lookInRun(place.run, place, key, readTimestamp, meter);
    steps.push(step);
    const outcome = outcomeOf(step);
    if (outcome !== undefined) return { key, steps, placesLeft: placesLeft(), outcome };
  }
  return { key, steps, placesLeft: 0, outcome: "missing" };
}

/** What the place decides; undefined when it says nothing of the key. */
function outcomeOf({ found, rangeDeletedAt }: Finding): GetExplanation["outcome"] | undefined {
  if (found === undefined) return rangeDeletedAt > 0 ? "rangeDeleted" : undefined;
  if (found.timestamp < rangeDeletedAt) return "rangeDeleted";
  return found.kind === "put" ? "value" : "deleted";
}

function lookInRun(
  run: SortedRun<SSTable>,
  { level, tables }: RunPlace,
  key: Uint8Array,
  readTimestamp: number,
  meter: Meter,
): GetStep {
  const table = findTable(run, key, 0, key.length);
  if (table === undefined) {
    return { place: "run", level, tables, look: undefined, found: undefined, rangeDeletedAt: 0, elapsedMs: 0 };
  }
  const { hits, misses } = meter.cache;
  const { refusals } = meter.cache.filters;
  const finding = ask(table, key, readTimestamp, meter);
  const isRuledOut = meter.cache.filters.refusals > refusals;
  const blocksFromCache = meter.cache.hits - hits;
  const blocksFromFile = meter.cache.misses - misses;
  const isRead = blocksFromCache + blocksFromFile > 0;
  const look: TableLook = {
    id: table.id,
    sizeBytes: table.sizeBytes,
    isRuledOut,
    block: isRead ? table.content.search.blockOf(key, 0, key.length, readTimestamp) : undefined,
    blocks: table.blockCount,
    blocksFromCache,
    blocksFromFile,
  };
  return { place: "run", level, tables, look, ...finding };
}

/** A memtable or a table. */
type Place = {
  readonly rangeDeletes: RangeDeletes;
  get(
    hash: number,
    key: Uint8Array,
    keyStart: number,
    keyEnd: number,
    readTimestamp: number,
    result: LookupResult,
  ): boolean;
};

function ask(place: Place, key: Uint8Array, readTimestamp: number, { now }: Meter): Finding {
  const result: LookupResult = { timestamp: 0, kind: 0, valueBuffer: key, valueStart: 0, valueEnd: 0 };
  const hash = fingerprint32(key, 0, key.length);
  const startedMs = now();
  const rangeDeletedAt = place.rangeDeletes.newestOver(key, 0, key.length, readTimestamp);
  const isFound = place.get(hash, key, 0, key.length, readTimestamp, result);
  const elapsedMs = now() - startedMs;
  return { found: isFound ? versionOf(result) : undefined, rangeDeletedAt, elapsedMs };
}

function versionOf({ kind, timestamp, valueStart, valueEnd }: LookupResult): FoundVersion {
  return { kind: kind === ENTRY_KIND.put ? "put" : "delete", timestamp, valueBytes: valueEnd - valueStart };
}
