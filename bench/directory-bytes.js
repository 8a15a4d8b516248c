import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";

/** Bytes of all files in a directory and below it. @param {string} directory */
export function directoryBytes(directory) {
  return readdirSync(directory, { recursive: true, encoding: "utf8" }).reduce((sum, name) => {
    // A file may be deleted between the two calls.
    const found = statSync(join(directory, name), { throwIfNoEntry: false });
    return sum + (found?.isFile() ? found.size : 0);
  }, 0);
}
