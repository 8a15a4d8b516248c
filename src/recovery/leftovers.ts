import { join } from "node:path";
import { IoError } from "../errors.ts";
import type { FileSystem } from "../fs/file-system.ts";

/**
 * Deletes files that no record can name any more (design D14). Only after a replay in which nothing was mended. A file
 * that cannot be deleted is in nobody's way: it is answered as a warning, and tried again at the next opening.
 */
export function removeLeftovers(fs: FileSystem, directory: string, names: readonly string[]): string[] {
  return names.flatMap((name) => {
    try {
      fs.remove(join(directory, name));
      return [];
    } catch (error) {
      if (!(error instanceof IoError)) throw error;
      return [`${name} stays although it is not needed: ${error.message}`];
    }
  });
}
