import { dirname } from "node:path";
import { IoError } from "../errors.ts";
import { temporaryFileName } from "../fs/file-names.ts";
import type { FileSystem } from "../fs/file-system.ts";

/**
 * Makes a file, or puts a new one in the place of the old one, so that whenever a crash comes one of the two is there,
 * whole. Throws IoError.
 */
export function replaceFile(fs: FileSystem, path: string, bytes: Uint8Array): void {
  prepareFile(fs, path, bytes);
  fs.rename(temporaryFileName(path), path);
  fs.syncDirectory(dirname(path));
}

/** The first half of `replaceFile`: the new file is durable under its temporary name. An error leaves none. */
export function prepareFile(fs: FileSystem, path: string, bytes: Uint8Array): void {
  const file = fs.open(temporaryFileName(path), "create");
  try {
    try {
      file.append(bytes, 0, bytes.length);
      // Before the rename: a crash in between must not leave the final name on empty bytes.
      file.sync();
    } finally {
      file.close();
    }
  } catch (error) {
    removeTemporary(fs, path);
    throw error;
  }
}

/** Throws nothing that the system says: a temporary file that stays is removed by the next clean open. */
export function removeTemporary(fs: FileSystem, path: string): void {
  try {
    fs.remove(temporaryFileName(path));
  } catch (error) {
    if (!(error instanceof IoError)) throw error;
  }
}
