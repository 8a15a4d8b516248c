import type { File, FileSystem } from "../../src/fs/file-system.ts";

/** How often a file system is called for a file, and for how many bytes. */
export class CountedCalls {
  reads = 0;
  readBytes = 0;
  appends = 0;
  appendedBytes = 0;
  syncs = 0;

  constructor(fs: FileSystem) {
    const { open } = fs;
    fs.open = (path, mode) => this.#counted(open.call(fs, path, mode));
  }

  /** What the calls of a function are, by themselves. */
  during(run: () => void): { readonly reads: number; readonly appends: number; readonly syncs: number } & Bytes {
    const before = { ...this };
    run();
    return {
      reads: this.reads - before.reads,
      readBytes: this.readBytes - before.readBytes,
      appends: this.appends - before.appends,
      appendedBytes: this.appendedBytes - before.appendedBytes,
      syncs: this.syncs - before.syncs,
    };
  }

  #counted(file: File): File {
    const { read, append, sync } = file;
    file.read = (target, targetStart, length, position) => {
      this.reads++;
      const count = read.call(file, target, targetStart, length, position);
      this.readBytes += count;
      return count;
    };
    file.append = (bytes, start, end) => {
      this.appends++;
      this.appendedBytes += end - start;
      append.call(file, bytes, start, end);
    };
    file.sync = () => {
      this.syncs++;
      sync.call(file);
    };
    return file;
  }
}

type Bytes = { readonly readBytes: number; readonly appendedBytes: number };
