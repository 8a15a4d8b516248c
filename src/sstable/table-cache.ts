import { join } from "node:path";
import { assert } from "../errors.ts";
import { tableFileName } from "../fs/file-names.ts";
import type { FileSystem } from "../fs/file-system.ts";
import { ReadQueue } from "./read-queue.ts";
import { type DescriptorHost, TableFile } from "./table-file.ts";

/** Enough to keep any disk busy; Node has 4 threads for them unless told otherwise. */
const READS_AT_ONCE_MAX = 64;

/**
 * Descriptors of a directory's tables, at most `maxOpenFiles` at a time. A table whose descriptor was given up is
 * opened again by name at its next read; which one goes is decided by CLOCK, as in the block cache, among those that nobody
 * is reading from. With a descriptor goes what its owner keeps of the file, so that the one bound holds for both.
 */
export class TableCache implements DescriptorHost {
  readonly maxOpenFiles: number;
  readonly fs: FileSystem;
  readonly reads: ReadQueue;
  readonly deliver: (answer: () => void) => void;
  readonly #directory: string;
  /** Tables with a descriptor, in no order. */
  readonly #open: TableFile[] = [];
  #hand = 0;

  /** `deliver` hands over what was read in the background; at once unless given. */
  constructor(
    fs: FileSystem,
    directory: string,
    maxOpenFiles: number,
    deliver: (answer: () => void) => void = (answer) => answer(),
  ) {
    assert(maxOpenFiles > 0, "a table cache has room for one descriptor");
    this.fs = fs;
    this.#directory = directory;
    this.maxOpenFiles = maxOpenFiles;
    this.deliver = deliver;
    // One less than all, so that a descriptor can always be given up.
    this.reads = new ReadQueue(Math.max(Math.min(READS_AT_ONCE_MAX, maxOpenFiles - 1), 1));
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

  /** Gives up every descriptor, and refuses reads in the background with this error; `done` is called once when the last of them has ended. */
  end(error: Error, done: () => void): void {
    this.closeAll();
    this.reads.end(error, done);
  }

  admit(table: TableFile): void {
    if (this.#open.length >= this.maxOpenFiles) this.giveUpOneBut(undefined);
    table.slot = this.#open.push(table) - 1;
  }

  released(table: TableFile): void {
    const last = this.#open.pop();
    if (last === undefined || last === table) return;
    this.#open[table.slot] = last;
    last.slot = table.slot;
  }

  /** Gives up the descriptor of another table than this one, from which nobody is reading; false when there is none. */
  giveUpOneBut(kept: TableFile | undefined): boolean {
    // Two rounds: the first unmarks every table it passes.
    for (let left = this.#open.length * 2; left > 0; left--) {
      this.#hand = this.#hand + 1 < this.#open.length ? this.#hand + 1 : 0;
      const table = this.#open[this.#hand]!;
      if (table === kept || table.isBusy) continue;
      if (!table.isMarked) {
        table.close();
        return true;
      }
      table.isMarked = false;
    }
    return false;
  }
}
