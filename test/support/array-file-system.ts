import { IoError } from "../../src/errors.ts";
import type { File, FileStatus, FileSystem, OpenMode } from "../../src/fs/file-system.ts";
import { orIoError } from "../../src/fs/or-io-error.ts";

/** A file system in memory: `files` maps a whole path to its bytes, and tests may read and replace them at will. */
export class ArrayFileSystem implements FileSystem {
  readonly files: Map<string, Uint8Array> = new Map();
  /** Descriptors that are open now, and how often one was opened. */
  openNow = 0;
  opened = 0;
  /** Calls of `read`, so that a test can tell what came from a cache. */
  reads = 0;

  open(path: string, mode: OpenMode): File {
    const exists = this.files.has(path);
    if (mode === "createNew" && exists) throw new IoError("open", path, "EEXIST");
    if ((mode === "read" || mode === "append") && !exists) throw new IoError("open", path, "ENOENT");
    if (mode === "create" || mode === "createNew") this.files.set(path, new Uint8Array(0));
    this.openNow++;
    this.opened++;
    return new ArrayFile(this, path);
  }

  openInBackground(path: string, done: (opened: File | Error) => void): void {
    done(orIoError(() => this.open(path, "read")));
  }

  list(directory: string): string[] {
    const prefix = `${directory}/`;
    return [...this.files.keys()].filter((path) => path.startsWith(prefix)).map((path) => path.slice(prefix.length));
  }

  stat(path: string): FileStatus | undefined {
    const bytes = this.files.get(path);
    return bytes === undefined ? undefined : { kind: "file", sizeBytes: bytes.length, device: 0, inode: 0 };
  }

  makeDirectory(): void {}

  remove(path: string): void {
    if (!this.files.delete(path)) throw new IoError("remove", path, "ENOENT");
  }

  removeInBackground(path: string, done: (error: Error | undefined) => void): void {
    this.remove(path);
    done(undefined);
  }

  removeDirectory(): void {}

  rename(from: string, to: string): void {
    const bytes = this.files.get(from);
    if (bytes === undefined) throw new IoError("rename", from, "ENOENT");
    this.files.delete(from);
    this.files.set(to, bytes);
  }

  link(from: string, to: string): void {
    const bytes = this.files.get(from);
    if (bytes === undefined) throw new IoError("link", from, "ENOENT");
    this.files.set(to, bytes);
  }

  copyInBackground(from: string, to: string, done: (error: Error | undefined) => void): void {
    this.link(from, to);
    done(undefined);
  }

  syncDirectory(): void {}
}

class ArrayFile implements File {
  readonly path: string;
  readonly #fs: ArrayFileSystem;
  #isClosed = false;

  constructor(fs: ArrayFileSystem, path: string) {
    this.#fs = fs;
    this.path = path;
  }

  get sizeBytes(): number {
    return this.#bytes().length;
  }

  read(target: Uint8Array, targetStart: number, length: number, position: number): number {
    this.#fs.reads++;
    const found = this.#bytes().subarray(position, position + length);
    target.set(found, targetStart);
    return found.length;
  }

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
    const before = this.#bytes();
    const after = new Uint8Array(before.length + end - start);
    after.set(before);
    after.set(bytes.subarray(start, end), before.length);
    this.#fs.files.set(this.path, after);
  }

  truncate(sizeBytes: number): void {
    this.#fs.files.set(this.path, this.#bytes().slice(0, sizeBytes));
  }

  sync(): void {}

  syncInBackground(done: (error: Error | undefined) => void): void {
    done(undefined);
  }

  close(): void {
    if (this.#isClosed) throw new IoError("close", this.path, "EBADF");
    this.#isClosed = true;
    this.#fs.openNow--;
  }

  #bytes(): Uint8Array {
    const bytes = this.#fs.files.get(this.path);
    if (this.#isClosed || bytes === undefined) throw new IoError("use", this.path, "EBADF");
    return bytes;
  }
}
