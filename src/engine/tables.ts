import { join } from "node:path";
import { tableFileName } from "../fs/file-names.ts";
import type { FileSystem } from "../fs/file-system.ts";
import type { Options } from "../options.ts";
import { BlockCache } from "../sstable/block-cache.ts";
import { SSTable } from "../sstable/sstable.ts";
import { TableCache } from "../sstable/table-cache.ts";

/** Opens and discards the tables of one directory; they share one block cache and one bound on descriptors. */
export class Tables {
  readonly blocks: BlockCache;
  readonly #fs: FileSystem;
  readonly #directory: string;
  readonly #options: Options;
  readonly #descriptors: TableCache;

  constructor(fs: FileSystem, directory: string, options: Options) {
    this.#fs = fs;
    this.#directory = directory;
    this.#options = options;
    this.blocks = new BlockCache(options.cacheSizeBytes);
    this.#descriptors = new TableCache(fs, directory, options.maxOpenFiles);
  }

  /** Throws CorruptionError or IoError. */
  open(id: number): SSTable {
    return SSTable.open({ tables: this.#descriptors, blocks: this.blocks }, id, this.#options.format);
  }

  /** Deletes the file of a table that no manifest names and nobody reads. Throws IoError. */
  discard(table: SSTable): void {
    table.close();
    this.#fs.remove(join(this.#directory, tableFileName(table.id)));
  }

  get openFiles(): number {
    return this.#descriptors.openFiles;
  }

  close(): void {
    this.#descriptors.closeAll();
  }
}
