import type { NewTable } from "../sstable/table-output.ts";
import type { Edit } from "./edit.ts";

/**
 * The log of edits that says which tables and memtables a database consists of, open for more of them.
 *
 * After an error that leaves unknown what is on disk every later append throws that error and writes nothing. Only
 * opening the manifest again tells which record was the last.
 */
export interface EditLog {
  /** The error that ended the log's use; undefined while it takes records. */
  readonly failure: Error | undefined;
  /** Returns once the edit is durable: the commit point of whatever it records. */
  append(edit: Edit): void;
  /**
   * Writes the log anew where it has grown far beyond what it has to say. Whatever is thrown, the edits are safe, and the
   * log goes on unless it has a `failure` now. Absent where the format knows no beginning but an empty database.
   */
  rewriteIfGrown?(current: () => CurrentState): void;
  /**
   * The last call before a clean close: says how many bytes of each log are durable, so that damage in one of them, or in
   * the last edit, is never taken for the mark of a crash. Absent where the format has no such record.
   */
  seal?(logs: readonly LogSize[]): void;
  close(): void;
}

/** How much of the log of memtable `id` is durable. */
export type LogSize = { readonly id: number; readonly sizeBytes: number };

/** The tables of a database in their places, each with what is known of it. Newest first, as in a `Tree`. */
export type TableTree = {
  readonly level0: readonly NewTable[];
  readonly levels: readonly { readonly number: number; readonly tables: readonly NewTable[] }[];
};

/** What a running database consists of, as all edits so far made it. */
export type CurrentState = {
  readonly tables: TableTree;
  /** Memtables that hold entries or take them. Others that were announced are empty, and need not be told any more. */
  readonly memtableIds: ReadonlySet<number>;
};
