import type { Stats } from "../../engine/stats.ts";
import type { ShownTable } from "./change.ts";
import { level0Runs } from "./level0-runs.ts";
import type { Scene } from "./scene.ts";

/** How much more is read, written and kept than what was asked for. undefined where nothing was, yet. */
export type Amplification = {
  /** Places where a get that finds nothing may have to look: memtables, and sorted runs of tables. */
  readonly read: number;
  /** Bytes written to tables per byte that was flushed. */
  readonly write: number | undefined;
  /** Bytes of tables per byte of the oldest run, which is about what a full compaction would leave. */
  readonly space: number | undefined;
};

export function amplificationOf({ levels, tableBytes, immutableMemtables, runs, counters }: Stats): Amplification {
  const { flushedBytes, compactedBytesWritten } = counters;
  const oldestRun = levels.findLast((level) => level.tables > 0);
  return {
    read: 1 + immutableMemtables + runs,
    write: flushedBytes === 0 ? undefined : (flushedBytes + compactedBytesWritten) / flushedBytes,
    space: oldestRun === undefined ? undefined : tableBytes / oldestRun.sizeBytes,
  };
}

/** The same of a scene that is over. Sizes may be unknown, so that tables are counted. */
export function amplificationIn(scene: Scene, tables: ReadonlyMap<number, ShownTable>): Omit<Amplification, "space"> {
  const { tree, frozen, totals } = scene;
  const filled = tree.levels.filter((level) => level.tables.length > 0);
  return {
    read: 1 + frozen.length + level0Runs(tree.level0, tables).length + filled.length,
    write: totals.flushes === 0 ? undefined : totals.tablesWritten / totals.flushes,
  };
}

/** A point of the curves over time. Bytes and milliseconds are counted from some beginning: differences matter. */
export type Point = {
  readonly atMs: number;
  /** Keys and values that went into memtables. */
  readonly writtenBytes: number;
  readonly flushedBytes: number;
  readonly compactedBytesRead: number;
  readonly compactedBytesWritten: number;
  readonly stalledMs: number;
  readonly tables: number;
  readonly tableBytes: number;
  readonly amplification: Amplification;
};

export function pointOf(stats: Stats, at: Pick<Point, "atMs" | "writtenBytes">): Point {
  const { flushedBytes, compactedBytesRead, compactedBytesWritten, stalledMs } = stats.counters;
  const { tables, tableBytes } = stats;
  const amplification = amplificationOf(stats);
  return {
    ...at,
    flushedBytes,
    compactedBytesRead,
    compactedBytesWritten,
    stalledMs,
    tables,
    tableBytes,
    amplification,
  };
}
