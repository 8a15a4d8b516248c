import type { FileSystem } from "../fs/file-system.ts";
import type { DatabaseFormat, Options } from "../options.ts";
import type { SSTable } from "../sstable/sstable.ts";
import type { TableDescription } from "../sstable/sstable-builder.ts";

/** What recovery is given. The caller owns the directory, which exists. */
export type RecoveryContext = {
  readonly fs: FileSystem;
  readonly directory: string;
  readonly options: Options;
  /**
   * The table with this id. With a description it is not read yet; without one it is, and finds out its format when none
   * is told. Throws CorruptionError or IoError.
   */
  readonly openTable: (id: number, format: DatabaseFormat | undefined, description?: TableDescription) => SSTable;
  /** Random bytes for a new `native` database, `SIZE_DATABASE_ID` of them. */
  readonly newDatabaseId: () => Uint8Array;
};
