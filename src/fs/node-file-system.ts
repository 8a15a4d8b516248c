import * as fs from "node:fs";
import { dirname, resolve } from "node:path";
import { IoError } from "../errors.ts";
import { copyNodeFile } from "./copy-node-file.ts";
import type { FileStatus, FileSystem } from "./file-system.ts";
import { openNodeFile, openNodeFileInBackground } from "./node-file.ts";
import { systemCodeOf, toIoError } from "./system-error.ts";

/** The files of this machine. */
export const nodeFileSystem: FileSystem = {
  open: openNodeFile,
  openInBackground: openNodeFileInBackground,
  list,
  stat,
  makeDirectory,
  remove(path) {
    attempt("remove", path, () => fs.unlinkSync(path));
  },
  removeInBackground(path, done) {
    fs.unlink(path, (error) => done(error === null ? undefined : (toIoError("remove", path, error) as Error)));
  },
  removeDirectory(path) {
    attempt("remove the directory", path, () => fs.rmdirSync(path));
  },
  rename(from, to) {
    attempt(`rename ${from} to`, to, () => fs.renameSync(from, to));
  },
  link(from, to) {
    attempt(`link ${from} to`, to, () => fs.linkSync(from, to));
  },
  copyInBackground: copyNodeFile,
  syncDirectory,
};

function list(directory: string): string[] {
  refuseOtherThanDirectory("list the directory", directory);
  return attempt("list the directory", directory, () => fs.readdirSync(directory));
}

function stat(path: string): FileStatus | undefined {
  try {
    const status = fs.lstatSync(path);
    return { kind: kindOf(status), sizeBytes: status.size, device: status.dev, inode: status.ino };
  } catch (error) {
    // ENOTDIR: a file stands where a parent should, so nothing can stand here.
    const code = systemCodeOf(error);
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw toIoError("look at", path, error);
  }
}

function kindOf(status: fs.Stats): FileStatus["kind"] {
  if (status.isFile()) return "file";
  if (status.isDirectory()) return "directory";
  return status.isSymbolicLink() ? "link" : "other";
}

function makeDirectory(path: string): void {
  const absolute = resolve(path);
  const missing: string[] = [];
  for (let parent = absolute; !isThere(parent); parent = dirname(parent)) missing.push(parent);

  for (const directory of missing.reverse()) {
    makeOneDirectory(directory);
    syncDirectory(dirname(directory));
  }
  refuseOtherThanDirectory("make the directory", absolute);
}

/** The root of every path is there, so a walk up the parents ends. */
function isThere(path: string): boolean {
  return stat(path) !== undefined || dirname(path) === path;
}

function makeOneDirectory(path: string): void {
  try {
    fs.mkdirSync(path, 0o700);
  } catch (error) {
    // Another process made it first; what it made is looked at when all are there.
    if (systemCodeOf(error) !== "EEXIST") throw toIoError("make the directory", path, error);
  }
}

function syncDirectory(path: string): void {
  // Windows has no handle on a directory to flush; NTFS journals its names itself.
  if (process.platform === "win32") return;
  const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = fs.constants;
  const flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;
  const descriptor = attempt("sync the directory", path, () => fs.openSync(path, flags));
  try {
    attempt("sync the directory", path, () => fs.fsyncSync(descriptor));
  } finally {
    fs.closeSync(descriptor);
  }
}

function refuseOtherThanDirectory(operation: string, path: string): void {
  const status = stat(path);
  if (status === undefined) throw new IoError(operation, path, "ENOENT");
  if (status.kind !== "directory") throw new IoError(operation, path, "ENOTDIR");
}

function attempt<Result>(operation: string, path: string, call: () => Result): Result {
  try {
    return call();
  } catch (error) {
    throw toIoError(operation, path, error);
  }
}
