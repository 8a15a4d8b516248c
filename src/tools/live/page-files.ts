import { join } from "node:path";
import type { FileSystem } from "../../fs/file-system.ts";

/** A file of the page, ready to be sent. */
export type PageFile = { readonly type: string; readonly bytes: Uint8Array };

/** By path of the URL. */
export type PageFiles = ReadonlyMap<string, PageFile>;

const NAMES: readonly (readonly [path: string, name: string, type: string])[] = [
  ["/", "index.html", "text/html; charset=utf-8"],
  ["/page.js", "page.js", "text/javascript; charset=utf-8"],
  ["/page.css", "page.css", "text/css; charset=utf-8"],
  ["/icon.svg", "icon.svg", "image/svg+xml"],
];

/** Reads the page as the build put it into a directory. Throws IoError. */
export function readPageFiles(fs: FileSystem, directory: string): PageFiles {
  return new Map(NAMES.map(([path, name, type]) => [path, { type, bytes: readWhole(fs, join(directory, name)) }]));
}

function readWhole(fs: FileSystem, path: string): Uint8Array {
  const file = fs.open(path, "read");
  try {
    const bytes = new Uint8Array(file.sizeBytes);
    return bytes.subarray(0, file.read(bytes, 0, bytes.length, 0));
  } finally {
    file.close();
  }
}
