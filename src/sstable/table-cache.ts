import { join } from "node:path";
import { assert, CorruptionError } from "../errors.ts";
import { tableFileName } from "../fs/file-names.ts";
import type { File, FileSystem } from "../fs/file-system.ts";

/** More than any part of a table takes. A length beyond it was made up, and would only ask for memory. */
const READ_MAX: number = 2 ** 32;

/** Learns when the descriptor of its file is given up. */
export interface FileOwner {
  letGo(): void;
}

/**
 * Descriptors of a directory's tables, at most `maxOpenFiles` at a time. A table whose descriptor was given up is
 * opened again by name at its next read; which one goes is decided by CLOCK, as in the block cache. With a descriptor
 * goes what its owner keeps of the file, so that the one bound holds for both.
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

  /** The table with this id, which is opened now, or where its size is known at its first read. Throws IoError. */
  open(id: number, sizeBytes?: number): TableFile {
    return new TableFile(this, join(this.#directory, tableFileName(id)), sizeBytes);
  }

  /** Gives up every descriptor. */
  closeAll(): void {
    for (const table of [...this.#open]) table.close();
  }

  /** For `TableFile`: a descriptor, after one of another table was given up if there are too many. */
  acquire(table: TableFile): File {
    if (this.#open.length >= this.maxOpenFiles) this.#closeOneBut(undefined);
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

/** A table's file, read only; its descriptor comes and goes. */
export class TableFile {
  readonly path: string;
  /** As it was told, or else as it was when the table was first opened. */
  readonly sizeBytes: number;
  /** Told when the descriptor goes. */
  owner: FileOwner | undefined = undefined;
  /** For `TableCache`: read since the hand passed. */
  isMarked = false;
  /** For `TableCache`: place among the tables with a descriptor. */
  slot = 0;
  readonly #cache: TableCache;
  #file: File | undefined;

  constructor(cache: TableCache, path: string, sizeBytes: number | undefined) {
    this.#cache = cache;
    this.path = path;
    this.#file = sizeBytes === undefined ? cache.acquire(this) : undefined;
    this.sizeBytes = sizeBytes ?? this.#file?.sizeBytes ?? 0;
  }

  /** The bytes [start, end) of the file, in memory of their own. Throws IoError, and CorruptionError when they are not all there. */
  read(start: number, end: number): Uint8Array {
    const length = end - start;
    if (start < 0 || length < 0 || end > this.sizeBytes) {
      throw new CorruptionError(this.path, start, `the file of ${this.sizeBytes} bytes ends before byte ${end}`);
    }
    if (length > READ_MAX) throw new CorruptionError(this.path, start, `no part of a table has ${length} bytes`);
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
    this.owner?.letGo();
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
