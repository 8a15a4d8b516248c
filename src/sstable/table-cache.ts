import { join } from "node:path";
import { assert, CorruptionError } from "../errors.ts";
import { tableFileName } from "../fs/file-names.ts";
import type { File, FileSystem } from "../fs/file-system.ts";

/**
 * Descriptors of a directory's tables, at most `maxOpenFiles` at a time. A table whose descriptor was given up is
 * opened again by name at its next read; which one goes is decided by CLOCK, as in the block cache.
 */
export class TableCache {
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

  /** Opens the table with this id. Throws IoError. */
  open(id: number): TableFile {
    return new TableFile(this, join(this.#directory, tableFileName(id)));
  }

  /** Gives up every descriptor. */
  closeAll(): void {
    for (const table of [...this.#open]) table.close();
  }

  /** For `TableFile`: a descriptor, after one of another table was given up if there are too many. */
  acquire(table: TableFile): File {
    if (this.#open.length >= this.maxOpenFiles) this.#closeOne();
    const file = this.#fs.open(table.path, "read");
    table.slot = this.#open.push(table) - 1;
    return file;
  }

  /** For `TableFile`: it has closed its descriptor. */
  released(table: TableFile): void {
    const last = this.#open.pop();
    if (last === undefined || last === table) return;
    this.#open[table.slot] = last;
    last.slot = table.slot;
  }

  /** Ends after at most two rounds: the first unmarks every table it passes. */
  #closeOne(): void {
    for (;;) {
      this.#hand = this.#hand + 1 < this.#open.length ? this.#hand + 1 : 0;
      const table = this.#open[this.#hand]!;
      if (!table.isMarked) {
        table.close();
        return;
      }
      table.isMarked = false;
    }
  }
}

/** A table's file, read only; its descriptor comes and goes. */
export class TableFile {
  readonly path: string;
  /** As it was when the table was first opened. */
  readonly sizeBytes: number;
  /** For `TableCache`: read since the hand passed. */
  isMarked = false;
  /** For `TableCache`: place among the tables with a descriptor. */
  slot = 0;
  readonly #cache: TableCache;
  #file: File | undefined;

  constructor(cache: TableCache, path: string) {
    this.#cache = cache;
    this.path = path;
    this.#file = cache.acquire(this);
    this.sizeBytes = this.#file.sizeBytes;
  }

  /** The bytes [start, end) of the file, in memory of their own. Throws IoError, and CorruptionError when they are not all there. */
  read(start: number, end: number): Uint8Array {
    const length = end - start;
    if (start < 0 || length < 0 || end > this.sizeBytes) {
      throw new CorruptionError(this.path, start, `the file of ${this.sizeBytes} bytes ends before byte ${end}`);
    }
    const bytes = new Uint8Array(length);
    const read = this.#descriptor().read(bytes, 0, length, start);
    if (read !== length) throw new CorruptionError(this.path, start + read, `the file has lost bytes before ${end}`);
    return bytes;
  }

  /** Gives up the descriptor; the next read opens the file again. */
  close(): void {
    const file = this.#file;
    if (file === undefined) return;
    this.#file = undefined;
    this.#cache.released(this);
    file.close();
  }

  #descriptor(): File {
    this.isMarked = true;
    if (this.#file !== undefined) return this.#file;
    const file = this.#cache.acquire(this);
    this.#file = file;
    const sizeNow = file.sizeBytes;
    if (sizeNow !== this.sizeBytes) {
      this.close();
      const sizes = `the file had ${this.sizeBytes} bytes and now has ${sizeNow}`;
      throw new CorruptionError(this.path, Math.min(this.sizeBytes, sizeNow), sizes);
    }
    return file;
  }
}
