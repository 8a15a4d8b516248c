import * as fs from "node:fs";
import { IoError } from "../errors.ts";
import { systemCodeOf } from "./system-error.ts";

/** Blocks are shared where the file system can (copy on write), and a file that is there is left alone. */
const COPY_MODE: number = fs.constants.COPYFILE_FICLONE | fs.constants.COPYFILE_EXCL;

/** Copies a regular file and makes the copy durable, on the threads of Node; `done` is called once, after this returned. */
export function copyNodeFile(from: string, to: string, done: (error: Error | undefined) => void): void {
  const end = (error: Error | null | undefined): void => {
    done(error == null ? undefined : new IoError(`copy ${from} to`, to, systemCodeOf(error) ?? "EIO", error));
  };
  // `copyFile` would follow a link.
  fs.lstat(from, (error, status) => {
    if (error !== null) end(error);
    else if (!status.isFile()) done(new IoError(`copy ${from} to`, to, status.isDirectory() ? "EISDIR" : "EINVAL"));
    else fs.copyFile(from, to, COPY_MODE, (copyError) => (copyError === null ? syncFile(to, end) : end(copyError)));
  });
}

function syncFile(path: string, end: (error: Error | null) => void): void {
  fs.open(path, "r+", (error, descriptor) => {
    if (error !== null) {
      end(error);
      return;
    }
    fs.fdatasync(descriptor, (syncError) => fs.close(descriptor, (closeError) => end(syncError ?? closeError)));
  });
}
