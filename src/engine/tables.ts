import { join } from "node:path";
import { LsmError } from "../errors.ts";
import { tableFileName } from "../fs/file-names.ts";
import type { FileSystem } from "../fs/file-system.ts";
import type { DatabaseFormat, Options } from "../options.ts";
import { BlockCache } from "../sstable/block-cache.ts";
import { SSTable, type TableHost } from "../sstable/sstable.ts";
import type { TableDescription } from "../sstable/sstable-builder.ts";
import { TableCache } from "../sstable/table-cache.ts";
import { Deliveries } from "./deliveries.ts";

/** Opens and discards the tables of one directory; they share one block cache and one bound on descriptors. */
export class Tables implements TableHost {
  readonly tables: TableCache;
  readonly blocks: BlockCache;
  /** In `native`: what all files of the database share. To be told before the first table is read. */
  databaseId: Uint8Array | undefined = undefined;
  readonly #fs: FileSystem;
  readonly #directory: string;
  readonly #warn: (message: string) => void;
  /** Deletions under way, and who waits for the last of them. */
  #removals = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(fs: FileSystem, directory: string, options: Options, warn: (message: string) => void) {
    this.#warn = warn;
    this.#fs = fs;
    this.#directory = directory;
    this.blocks = new BlockCache(options.cacheSizeBytes);
    const deliveries = new Deliveries();
    this.tables = new TableCache(fs, directory, options.maxOpenFiles, (answer) => deliveries.deliver(answer));
  }

  /** As `SSTable.open`. */
  open(id: number, format: DatabaseFormat | undefined, description?: TableDescription): SSTable {
    return SSTable.open(this, id, format, description);
  }

  /** Deletes the file of a table that no manifest names and nobody reads. One that stays is removed by the next clean open. */
  discard(table: SSTable): void {
    table.close();
    this.#removals++;
    this.#fs.removeInBackground(join(this.#directory, tableFileName(table.id)), (error) => {
      this.#removals--;
      if (error !== undefined) this.#warn(`table ${table.id} stays although it is not needed: ${error.message}`);
      if (this.#removals === 0) for (const resolve of this.#waiting.splice(0)) resolve();
    });
  }

  get openFiles(): number {
    return this.tables.openFiles;
  }

  /** Resolves when every discarded file is gone, and nothing is read any more. */
  async close(): Promise<void> {
    const closed = new LsmError("DATABASE_CLOSED", `${this.#directory} is closed`);
    await new Promise<void>((resolve) => this.tables.end(closed, resolve));
    if (this.#removals > 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}
