import { assert, IoError } from "../errors.ts";
import type { File, OpenMode } from "./file-system.ts";
import type { FileContent } from "./memory-content.ts";
import type { MemoryDisk } from "./memory-disk.ts";
import { orIoError } from "./or-io-error.ts";

/** An open file in memory. */
export class MemoryFile implements File {
  readonly path: string;
  readonly #disk: MemoryDisk;
  readonly #content: FileContent;
  readonly #mode: OpenMode;
  #sizeBytes: number;
  #open = true;

  constructor(path: string, mode: OpenMode, content: FileContent, disk: MemoryDisk) {
    this.path = path;
    this.#mode = mode;
    this.#content = content;
    this.#disk = disk;
    this.#sizeBytes = content.sizeBytes;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  read(target: Uint8Array, targetStart: number, length: number, position: number): number {
    assert(this.#open, "a closed file is not read");
    this.#disk.enter("read", this.path);
    const bytes = this.#content.visible.subarray(position, position + length);
    target.set(bytes, targetStart);
    return bytes.length;
  }

  /** Done before it returns, so that a test decides what comes after what. */
  readInBackground(
    target: Uint8Array,
    targetStart: number,
    length: number,
    position: number,
    done: (read: number | Error) => void,
  ): void {
    done(orIoError(() => this.read(target, targetStart, length, position)));
  }

  append(bytes: Uint8Array, start: number, end: number): void {
    this.#beforeWrite("append to");
    assert(this.#sizeBytes === this.#content.sizeBytes, "one file has one writing handle");
    const length = end - start;
    const allowed = this.#disk.enter("append", this.path);
    const written = this.#disk.take(Math.min(length, allowed));
    if (written > 0) this.#content.append(bytes.subarray(start, start + written));
    this.#sizeBytes += written;
    if (written < length) throw new IoError("append to", this.path, "ENOSPC");
  }

  truncate(sizeBytes: number): void {
    this.#beforeWrite("truncate");
    assert(sizeBytes <= this.#sizeBytes, "a truncate never makes a file longer");
    this.#disk.enter("truncate", this.path);
    this.#disk.giveBack(this.#sizeBytes - sizeBytes);
    this.#content.truncate(sizeBytes);
    this.#sizeBytes = sizeBytes;
  }

  sync(): void {
    assert(this.#open, "a closed file is not synced");
    try {
      this.#disk.enter("sync", this.path);
    } catch (error) {
      if (error instanceof IoError) this.#content.failSync();
      throw error;
    }
    if (!this.#disk.lyingSync) this.#content.sync();
  }

  /** Done before it returns, so that a test decides what comes after what. */
  syncInBackground(done: (error: Error | undefined) => void): void {
    try {
      this.sync();
    } catch (error) {
      if (!(error instanceof IoError)) throw error;
      done(error);
      return;
    }
    done(undefined);
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#disk.closed(this.#content);
  }

  #beforeWrite(operation: string): void {
    assert(this.#open, "a closed file is not written");
    if (this.#mode === "read") throw new IoError(operation, this.path, "EBADF");
  }
}
