import { LsmError } from "../errors.ts";
import type { EditLog } from "../manifest/edit-log.ts";
import type { Memtable } from "../memtable/memtable.ts";
import type { DatabaseFormat } from "../options.ts";
import type { SSTable } from "../sstable/sstable.ts";
import type { Tree } from "../state/tree.ts";
import type { RecoveryContext } from "./recovery-context.ts";

/**
 * A database as its files describe it: all of them were found sound, and nothing has been written yet. The formats of the
 * reference and `native` find theirs each in its own way.
 */
export interface FoundDatabase {
  /** That of the files, and where they do not say, as asked for. */
  readonly format: DatabaseFormat;
  /** What all files of a `native` database share. */
  readonly databaseId: Uint8Array | undefined;
  /** In the form of the strategy. */
  readonly tree: Tree;
  readonly tables: ReadonlyMap<number, SSTable>;
  /** What logs held, as frozen memtables, newest first. */
  readonly immutableMemtables: readonly Memtable[];
  /** Memtables that have a log on disk. */
  readonly logsOnDisk: ReadonlySet<number>;
  /** Of the newest entry in tables and logs; 0 when there is none. */
  readonly lastTimestamp: number;
  /** The next id that no record and no file has. */
  readonly nextId: number;
  /** What is to be mended, one sentence each. */
  readonly warnings: readonly string[];
  /**
   * Opens the manifest for more, mends what the warnings tell of, and, where they tell of nothing, deletes what a crash
   * left over. Answers what else is worth saying. Throws IoError, and then nothing stays open.
   */
  takeOver(): { readonly manifest: EditLog; readonly notes: readonly string[] };
}

export function refuseExisting({ directory, options }: RecoveryContext): void {
  if (options.errorIfExists) throw new LsmError("DATABASE_EXISTS", `${directory} holds a database already`);
}
