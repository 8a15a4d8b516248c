import type { CompactionTask } from "../manifest/edit.ts";
import type { Tree } from "../state/tree.ts";

/** What the engine tells whoever listens (design D12). The engine itself never prints. Times are in milliseconds, sizes in bytes. */
export type EngineEvents = {
  /** A database that existed was opened. `logs` counts the logs that held records; undefined when there is no log. */
  recovered: { readonly tables: number; readonly logs: number | undefined };
  /** The mutable memtable became immutable. */
  freeze: { readonly id: number; readonly sizeBytes: number };
  /** A memtable became the newest table. */
  flush: { readonly id: number; readonly sizeBytes: number; readonly entries: number };
  /** A compaction starts. `reason` is the picker's, undefined for a full compaction on request; `tree` is the shape before. */
  compactionBegin: { readonly task: CompactionTask; readonly reason: string | undefined; readonly tree: Tree };
  compactionEnd: {
    readonly task: CompactionTask;
    readonly removed: readonly number[];
    readonly outputs: readonly number[];
  };
  /** Writers wait because background work is behind. Emitted when the wait ends. */
  stall: { readonly cause: "memtables" | "level0"; readonly waitedMs: number };
  /** Something was mended or left out; the database is usable. One sentence, with the file and the byte offset where there is one. */
  warning: { readonly message: string };
  /** Background work failed; it is tried again, or refused for good when the error is fatal. */
  backgroundError: { readonly activity: "flush" | "compaction"; readonly error: Error };
};
