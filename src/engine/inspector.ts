import { TIMESTAMP_MAX } from "../key.ts";
import { explainGet, type GetExplanation } from "../read/explain-get.ts";
import { explainScan, type ScanStep } from "../read/explain-scan.ts";
import { runPlaces } from "../read/run-places.ts";
import { type TableCensus, takeCensus } from "../read/table-census.ts";
import type { SSTable } from "../sstable/sstable.ts";
import type { Engine } from "./engine.ts";
import { type Bytes, keyBytes } from "./key-bytes.ts";
import { type Range, resolveRange } from "./range.ts";

/** Where everything lies, from newest to oldest. */
export type Layout = {
  readonly memtables: readonly MemtableLayout[];
  /** As reads go through them: level 0 is one run or several, each other level or tier one. */
  readonly runs: readonly RunLayout[];
};

export type MemtableLayout = {
  readonly id: number;
  /** Versions of keys, deletes included. */
  readonly entries: number;
  readonly rangeDeletes: number;
  readonly sizeBytes: number;
  readonly isFrozen: boolean;
};

export type RunLayout = {
  /** 0, a level's number, or a tier's id. */
  readonly level: number;
  /** In key order, their key ranges disjoint. */
  readonly tables: readonly TableLayout[];
};

/** Keys are user keys, both included, and lent. */
export type TableLayout = {
  readonly id: number;
  readonly sizeBytes: number;
  readonly firstKey: Uint8Array;
  readonly lastKey: Uint8Array;
  /** undefined where the table does not say; `census` counts. */
  readonly entries: number | undefined;
  readonly deletes: number | undefined;
  readonly rangeDeletes: number;
  /** Its index and filter are in memory. */
  readonly isLoaded: boolean;
};

/** As whom to read. */
export type ReadAs = {
  /** That of a snapshot; the newest unless given. */
  readonly timestamp?: number | undefined;
};

/**
 * A look inside an open database, for those who show how it works. It changes nothing, but what it reads of tables goes
 * through the block cache as any read does. After the database was closed every call throws DATABASE_CLOSED; damaged
 * tables throw CORRUPTION.
 */
export class Inspector {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  layout(): Layout {
    const { states } = this.#opened.core;
    const { memtable, immutableMemtables } = states.current;
    return {
      memtables: [memtable, ...immutableMemtables].map((each) => ({
        id: each.id,
        entries: each.entryCount,
        rangeDeletes: each.rangeDeletes.fragmentCount,
        sizeBytes: each.approximateSizeBytes,
        isFrozen: each.isFrozen,
      })),
      runs: runPlaces(states.current).map(({ level, run }) => ({ level, tables: run.map(tableLayout) })),
    };
  }

  /** What a table of the tree holds, counted if need be, which reads all of it; undefined when it is not in the tree any more. */
  census(tableId: number): TableCensus | undefined {
    const table = this.#opened.core.states.current.tables.get(tableId);
    return table && takeCensus(table);
  }

  /** Looks up a key and tells where. */
  explainGet(key: Bytes, { timestamp = TIMESTAMP_MAX }: ReadAs = {}): GetExplanation {
    const { core } = this.#opened;
    const meter = { now: () => performance.now(), cache: core.tables.blocks };
    return explainGet(core.states.current, keyBytes(key, core.format), timestamp, meter);
  }

  /** What a scan of the range would go through. It scans nothing itself. */
  explainScan(range: Range = {}, { timestamp = TIMESTAMP_MAX }: ReadAs = {}): readonly ScanStep[] {
    return explainScan(this.#opened.core.states.current, resolveRange(range), timestamp, () => performance.now());
  }

  get #opened(): Engine {
    this.#engine.refuseIfClosed();
    return this.#engine;
  }
}

function tableLayout(table: SSTable): TableLayout {
  const { id, sizeBytes, firstKey, lastKey, entryCount, deleteCount, rangeDeleteCount, isLoaded } = table;
  return {
    id,
    sizeBytes,
    firstKey,
    lastKey,
    entries: entryCount,
    deletes: deleteCount,
    rangeDeletes: rangeDeleteCount,
    isLoaded,
  };
}
