import type { MemoryFileSystem } from "../../src/fs/memory-file-system.ts";

/** Lets the syncs in the background of a file system end a turn of the event loop later, and those of its successors. */
export function withSlowSyncs(fs: MemoryFileSystem): MemoryFileSystem {
  const { open, killed } = fs;
  fs.open = (path, mode) => {
    const file = open.call(fs, path, mode);
    const { syncInBackground } = file;
    file.syncInBackground = (done) => {
      setImmediate(() => syncInBackground.call(file, done));
    };
    return file;
  };
  fs.killed = () => withSlowSyncs(killed.call(fs));
  return fs;
}
