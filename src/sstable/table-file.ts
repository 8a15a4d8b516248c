import { CorruptionError } from "../errors.ts";
import type { File } from "../fs/file-system.ts";

/** More than any part of a table takes. A length beyond it was made up, and would only ask for memory. */
const READ_MAX: number = 2 ** 32;

/** Learns when the descriptor of its file is given up. */
export interface FileOwner {
  letGo(): void;
}

/** Where descriptors come from, and who bounds them: `TableCache`. */
export interface DescriptorHost {
  /** A descriptor, after one of another table was given up if there are too many. Throws IoError. */
  acquire(table: TableFile): File;
  /** The table has closed its descriptor. */
  released(table: TableFile): void;
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
  readonly #host: DescriptorHost;
  #file: File | undefined;

  constructor(host: DescriptorHost, path: string, sizeBytes: number | undefined) {
    this.#host = host;
    this.path = path;
    this.#file = sizeBytes === undefined ? host.acquire(this) : undefined;
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
    this.#host.released(this);
    this.owner?.letGo();
    file.close();
  }

  #descriptor(): File {
    this.isMarked = true;
    if (this.#file !== undefined) return this.#file;
    const file = this.#host.acquire(this);
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
