import type { Stats } from "../../engine/stats.ts";
import type { CompactionOptions, DatabaseFormat } from "../../options.ts";
import type { Point } from "./figures.ts";
import type { History } from "./history.ts";

/** What the page shows: a database in use, what a manifest tells of one, or a simulation. */
export type Subject = {
  readonly kind: "live" | "history" | "simulation";
  /** The directory, or the name of a strategy. */
  readonly name: string;
  readonly format: DatabaseFormat | undefined;
  /** undefined where nobody knows it. */
  readonly compaction: CompactionOptions | undefined;
  /** When a memtable is frozen, when frozen ones are flushed, and when writers wait. */
  readonly memtable: { readonly sizeBytes: number; readonly limit: number; readonly stop: number } | undefined;
  readonly takesCommands: boolean;
  /** Whether tables are files that can be looked into. */
  readonly hasFiles: boolean;
  /** What is to be said about it, one sentence each. */
  readonly notes: readonly string[];
};

/** Where the page's content comes from. It changes in place; whoever follows it remembers how far he has read. */
export interface LiveSource {
  readonly subject: Subject;
  readonly history: History;
  /** Oldest first. */
  readonly points: readonly Point[];
  /** As they were at the last look, the same object until the next; undefined where nothing runs. */
  readonly figures: Figures | undefined;
}

export type Figures = {
  readonly atMs: number;
  readonly stats: Stats;
  /** Keys and values that went into memtables since the watching began. */
  readonly writtenBytes: number;
};
