import type { SSTable } from "../sstable/sstable.ts";
import { tableOf } from "../state/lsm-state.ts";
import { type Amplification, amplificationOf } from "./amplification.ts";
import type { Counters } from "./core.ts";
import type { Engine } from "./engine.ts";
import type { OldestReader } from "./holds.ts";

/**
 * What a database looks like and what it has done since it was opened. Sizes in bytes, times in milliseconds. It costs
 * a look at every table's description, and reads no file.
 */
export type Stats = {
  /** Keys and values put into the memtable that takes the writes, counted until it is frozen. */
  readonly memtableBytes: number;
  /** Frozen memtables that wait for their flush. */
  readonly immutableMemtables: number;
  /** Memory that all memtables have taken, spare room included. */
  readonly memtableMemoryBytes: number;
  /** Memory, about, that asynchronous writes take until they are applied: at the end of their turn, or when there is room. */
  readonly waitingWriteBytes: number;
  /** Background work that has begun and not ended. */
  readonly underWay: { readonly flush: boolean; readonly compaction: boolean };
  readonly tables: number;
  readonly tableBytes: number;
  /** Sorted runs of tables: in how many places on disk a read may have to look. */
  readonly runs: number;
  readonly amplification: Amplification;
  /** Level 0 first, then levels or tiers as they lie in the tree, from the newest to the oldest; empty ones too. */
  readonly levels: readonly LevelStats[];
  /** Descriptors of tables. */
  readonly openFiles: number;
  /** States that cursors and compactions hold, one each. */
  readonly pinnedStates: number;
  /** The cursor, snapshot or transaction that has been open for longest; undefined when none is. Its age counts from the end of the turn of the event loop in which it began. */
  readonly oldestReader: OldestReader | undefined;
  /** Blocks looked for and found or read, and memory for them; in `native` for filters and indexes as well. */
  readonly blockCache: { readonly usedBytes: number; readonly hits: number; readonly misses: number };
  /** Look-ups in tables that the bloom filter refused, those that it let pass, and those of them that found the key. */
  readonly filters: { readonly refusals: number; readonly passes: number; readonly findings: number };
  readonly counters: Readonly<Counters> & {
    /** Written, not read from logs. */
    readonly rangeDeletes: number;
  };
};

export type LevelStats = {
  /** 0, a level's number, or a tier's id. */
  readonly level: number;
  readonly tables: number;
  readonly sizeBytes: number;
  /** Versions of keys, deletes included; undefined in `plain` and `mvcc`, whose tables do not say. */
  readonly entries: number | undefined;
  /** Pieces into which range deletes are cut. */
  readonly rangeDeletes: number;
};

/** @internal */
export function statsOf(engine: Engine): Stats {
  const { states, tables, counters } = engine.core;
  const { memtable, immutableMemtables, tree, tables: open, level0Runs, levelRuns } = states.current;
  const levels = [{ number: 0, tables: tree.level0 }, ...tree.levels].map((level): LevelStats => {
    return levelOf(
      level.number,
      level.tables.map((id) => tableOf(open, id)),
    );
  });
  const runSizesBytes = [...level0Runs, ...levelRuns].map((run) => sumOf(run, ({ sizeBytes }) => sizeBytes));
  const { usedBytes, hits, misses } = tables.blocks;
  return {
    memtableBytes: memtable.approximateSizeBytes,
    immutableMemtables: immutableMemtables.length,
    memtableMemoryBytes: sumOf([memtable, ...immutableMemtables], ({ memoryBytes }) => memoryBytes),
    waitingWriteBytes: engine.writer.waitingBytes,
    underWay: engine.underWay,
    tables: open.size,
    tableBytes: sumOf(levels, ({ sizeBytes }) => sizeBytes),
    runs: runSizesBytes.length,
    amplification: amplificationOf({ memtables: 1 + immutableMemtables.length, runSizesBytes, counters }),
    levels,
    openFiles: tables.openFiles,
    pinnedStates: states.pinCount,
    oldestReader: engine.holds.oldest,
    blockCache: { usedBytes, hits, misses },
    filters: { ...tables.blocks.filters },
    counters: { ...counters, rangeDeletes: engine.writer.rangeDeleteCount },
  };
}

function levelOf(level: number, tables: readonly SSTable[]): LevelStats {
  const isCounted = tables.every(({ entryCount }) => entryCount !== undefined);
  return {
    level,
    tables: tables.length,
    sizeBytes: sumOf(tables, ({ sizeBytes }) => sizeBytes),
    entries: isCounted ? sumOf(tables, ({ entryCount = 0 }) => entryCount) : undefined,
    rangeDeletes: sumOf(tables, ({ rangeDeleteCount }) => rangeDeleteCount),
  };
}

function sumOf<Item>(items: readonly Item[], sizeOf: (item: Item) => number): number {
  return items.reduce((sum, item) => sum + sizeOf(item), 0);
}
