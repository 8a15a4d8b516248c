import { join } from "node:path";
import { type FileName, parseFileName } from "../fs/file-names.ts";
import type { FileSystem } from "../fs/file-system.ts";

/** The files that hold what a database holds. */
const DATA: ReadonlySet<FileName["kind"]> = new Set(["manifest", "table", "log"]);

/** Of all files of a database together, in bytes. */
export function sizeOnDisk(fs: FileSystem, directory: string): number {
  const names = fs.list(directory).filter((name) => DATA.has(parseFileName(name).kind));
  return names.reduce((sum, name) => sum + (fs.stat(join(directory, name))?.sizeBytes ?? 0), 0);
}
