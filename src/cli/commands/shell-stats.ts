import type { MemtableLayout } from "../../engine/inspector.ts";
import type { Stats } from "../../engine/stats.ts";
import type { LatencySummary } from "./latencies.ts";

/** What `stats` shows. Sizes in bytes, times in milliseconds; what is counted is counted since the database was opened. */
export type ShellStats = Pick<
  Stats,
  "memtableMemoryBytes" | "amplification" | "openFiles" | "pinnedStates" | "oldestReader" | "filters"
> & {
  /** The one that takes writes first, then frozen ones from newest to oldest. */
  readonly memtables: readonly MemtableLayout[];
  readonly levels: readonly LevelSummary[];
  readonly tables: number;
  readonly tableBytes: number;
  readonly blockCache: Stats["blockCache"];
  readonly counters: Stats["counters"];
  /** Of the commands of this session. */
  readonly latencies: readonly LatencySummary[];
};

export type LevelSummary = {
  /** 0, a level's number, or a tier's id. */
  readonly level: number;
  readonly files: number;
  readonly sizeBytes: number;
  /** Versions of keys, deletes included; undefined where not all tables could be counted yet. */
  readonly entries: number | undefined;
  readonly deletes: number | undefined;
  readonly rangeDeletes: number;
};
