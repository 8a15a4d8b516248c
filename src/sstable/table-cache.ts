import { join } from "node:path";
import { assert } from "../errors.ts";
import { tableFileName } from "../fs/file-names.ts";
import type { File, FileSystem } from "../fs/file-system.ts";
import { type DescriptorHost, TableFile } from "./table-file.ts";

/**
 * Descriptors of a directory's tables, at most `maxOpenFiles` at a time. A table whose descriptor was given up is
 * opened again by name at its next read; which one goes is decided by CLOCK, as in the block cache. With a descriptor
 * goes what its owner keeps of the file, so that the one bound holds for both.
 */
export class TableCache implements DescriptorHost {
  readonly maxOpenFiles: number;
  readonly #fs: FileSystem;
  readonly #directory: string;
  /** Tables with a descriptor, in no order. */
  readonly #open: TableFile[] = [];
  #hand = 0;

  constructor(fs: FileSystem, directory: string, maxOpenFiles: number) {
    assert(maxOpenFiles > 0, "a table cache has room for one descriptor");
    this.#fs = fs;
    this.#directory = directory;
    this.maxOpenFiles = maxOpenFiles;
  }

  get openFiles(): number {
    return this.#open.length;
  }

  /** The table with this id, which is opened now, or where its size is known at its first read. Throws IoError. */
  open(id: number, sizeBytes?: number): TableFile {
    return new TableFile(this, join(this.#directory, tableFileName(id)), sizeBytes);
  }

  /** Gives up every descriptor. */
  closeAll(): void {
    for (const table of [...this.#open]) table.close();
  }

  acquire(table: TableFile): File {
    if (this.#open.length >= this.maxOpenFiles) this.#closeOneBut(undefined);
    const file = this.#fs.open(table.path, "read");
    table.slot = this.#open.push(table) - 1;
    return file;
  }

  released(table: TableFile): void {
    const last = this.#open.pop();
    if (last === undefined || last === table) return;
    this.#open[table.slot] = last;
    last.slot = table.slot;
  }

  /** Gives up the descriptor of another table than this one; false when there is no other. */
  giveUpOneBut(kept: TableFile): boolean {
    if (!this.#open.some((table) => table !== kept)) return false;
    this.#closeOneBut(kept);
    return true;
  }

  /** Ends after at most two rounds: the first unmarks every table it passes. There must be one that may go. */
  #closeOneBut(kept: TableFile | undefined): void {
    for (;;) {
      this.#hand = this.#hand + 1 < this.#open.length ? this.#hand + 1 : 0;
      const table = this.#open[this.#hand]!;
      if (table === kept) continue;
      if (!table.isMarked) {
        table.close();
        return;
      }
      table.isMarked = false;
    }
  }
}
