import type { Amplification } from "../../engine/amplification.ts";
import type { Stats } from "../../engine/stats.ts";
import type { ShownTable } from "./change.ts";
import { level0Runs } from "./level0-runs.ts";
import type { Scene } from "./scene.ts";

/**
 * Amplification of a scene that is over. Sizes may be unknown, so that tables are counted. `memtables`: how many take
 * writes, which is none in a simulation.
 */
export function amplificationIn(
  scene: Scene,
  tables: ReadonlyMap<number, ShownTable>,
  memtables: number,
): Omit<Amplification, "space"> {
  const { tree, frozen, totals } = scene;
  const filled = tree.levels.filter((level) => level.tables.length > 0);
  return {
    read: memtables + frozen.length + level0Runs(tree.level0, tables).length + filled.length,
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
  const { tables, tableBytes, amplification } = stats;
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
