import * as fs from "node:fs";
import { assert, IoError } from "../errors.ts";
import type { File, OpenMode } from "./file-system.ts";
import { toIoError } from "./system-error.ts";

/** Node refuses lengths of 2 GiB and more, and Linux moves at most 2 GiB less a page per call. */
const CALL_BYTES_MAX = 1 << 30;

/** Windows knows neither flag. */
const NO_FOLLOW: number = fs.constants.O_NOFOLLOW ?? 0;
/** Without it, opening a named pipe would wait for its other end; a regular file does not notice. */
const NON_BLOCKING: number = fs.constants.O_NONBLOCK ?? 0;

/** No O_APPEND: Linux would then ignore the position of a write, and the handle's own size decides where bytes go. */
const FLAGS: Readonly<Record<OpenMode, number>> = {
  read: fs.constants.O_RDONLY,
  append: fs.constants.O_RDWR,
  create: fs.constants.O_RDWR | fs.constants.O_CREAT | fs.constants.O_TRUNC,
  createNew: fs.constants.O_RDWR | fs.constants.O_CREAT | fs.constants.O_EXCL,
};

/** Opens a regular file; a link, a directory, a pipe or a device is refused. */
export function openNodeFile(path: string, mode: OpenMode): File {
  if (NO_FOLLOW === 0) refuseLink(path);
  const descriptor = openDescriptor(path, FLAGS[mode] | NO_FOLLOW | NON_BLOCKING);
  try {
    const status = fs.fstatSync(descriptor);
    if (status.isFile()) return new NodeFile(path, descriptor, status.size);
    throw notAFile(path, status);
  } catch (error) {
    fs.closeSync(descriptor);
    throw toIoError("open", path, error);
  }
}

/** `openNodeFile` for reading, by callbacks of the system's threads. */
export function openNodeFileInBackground(path: string, done: (opened: File | Error) => void): void {
  const openIt = (): void => {
    fs.open(path, FLAGS.read | NO_FOLLOW | NON_BLOCKING, (openError, descriptor) => {
      if (openError !== null) {
        done(ioErrorOf("open", path, openError));
        return;
      }
      fs.fstat(descriptor, (statError, status) => {
        if (statError === null && status.isFile()) {
          done(new NodeFile(path, descriptor, status.size));
          return;
        }
        const refusal = statError === null ? notAFile(path, status) : ioErrorOf("open", path, statError);
        fs.close(descriptor, () => done(refusal));
      });
    });
  };
  if (NO_FOLLOW !== 0) {
    openIt();
    return;
  }
  fs.lstat(path, (error, status) => {
    if (error === null && status.isSymbolicLink()) done(new IoError("open", path, "ELOOP"));
    else openIt();
  });
}

function ioErrorOf(operation: string, path: string, error: NodeJS.ErrnoException): IoError {
  return new IoError(operation, path, error.code ?? "EIO", error);
}

function notAFile(path: string, status: fs.Stats): IoError {
  return new IoError("use as a file", path, status.isDirectory() ? "EISDIR" : "EINVAL");
}

function openDescriptor(path: string, flags: number): number {
  try {
    return fs.openSync(path, flags, 0o600);
  } catch (error) {
    throw toIoError("open", path, error);
  }
}

function refuseLink(path: string): void {
  const isLink = fs.lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
  if (isLink) throw new IoError("open", path, "ELOOP");
}

class NodeFile implements File {
  readonly path: string;
  #descriptor: number;
  #sizeBytes: number;

  constructor(path: string, descriptor: number, sizeBytes: number) {
    this.path = path;
    this.#descriptor = descriptor;
    this.#sizeBytes = sizeBytes;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  read(target: Uint8Array, targetStart: number, length: number, position: number): number {
    assert(this.#descriptor >= 0, "a closed file is not read");
    let done = 0;
    try {
      while (done < length) {
        const wanted = Math.min(length - done, CALL_BYTES_MAX);
        const count = fs.readSync(this.#descriptor, target, targetStart + done, wanted, position + done);
        if (count === 0) break;
        done += count;
      }
    } catch (error) {
      throw toIoError("read", this.path, error);
    }
    return done;
  }

  readInBackground(
    target: Uint8Array,
    targetStart: number,
    length: number,
    position: number,
    done: (read: number | Error) => void,
  ): void {
    assert(this.#descriptor >= 0, "a closed file is not read");
    const descriptor = this.#descriptor;
    let read = 0;
    const readOn = (): void => {
      const wanted = Math.min(length - read, CALL_BYTES_MAX);
      fs.read(descriptor, target, targetStart + read, wanted, position + read, (error, count) => {
        read += count;
        if (error !== null) done(ioErrorOf("read", this.path, error));
        else if (count === 0 || read === length) done(read);
        else readOn();
      });
    };
    readOn();
  }

  append(bytes: Uint8Array, start: number, end: number): void {
    assert(this.#descriptor >= 0, "a closed file is not written");
    let from = start;
    try {
      while (from < end) {
        const wanted = Math.min(end - from, CALL_BYTES_MAX);
        const count = fs.writeSync(this.#descriptor, bytes, from, wanted, this.#sizeBytes);
        // A system that takes nothing and gives no reason would keep this loop for ever.
        if (count === 0) throw new IoError("append to", this.path, "EIO");
        from += count;
        this.#sizeBytes += count;
      }
    } catch (error) {
      throw toIoError("append to", this.path, error);
    }
  }

  truncate(sizeBytes: number): void {
    assert(this.#descriptor >= 0, "a closed file is not truncated");
    assert(sizeBytes <= this.#sizeBytes, "a truncate never makes a file longer");
    try {
      fs.ftruncateSync(this.#descriptor, sizeBytes);
    } catch (error) {
      throw toIoError("truncate", this.path, error);
    }
    this.#sizeBytes = sizeBytes;
  }

  /**
   * fdatasync: it flushes the bytes and whatever is needed to read them back, a changed size included, and leaves out
   * the times, which would cost a second write of the journal for every log record. Where a system has no such call
   * Node falls back to fsync (F_FULLFSYNC on macOS).
   */
  sync(): void {
    assert(this.#descriptor >= 0, "a closed file is not synced");
    try {
      fs.fdatasyncSync(this.#descriptor);
    } catch (error) {
      throw toIoError("sync", this.path, error);
    }
  }

  syncInBackground(done: (error: Error | undefined) => void): void {
    assert(this.#descriptor >= 0, "a closed file is not synced");
    fs.fdatasync(this.#descriptor, (error) => {
      done(error === null ? undefined : ioErrorOf("sync", this.path, error));
    });
  }

  close(): void {
    if (this.#descriptor < 0) return;
    const descriptor = this.#descriptor;
    // Whatever close answers, the descriptor is gone and its number may belong to another file.
    this.#descriptor = -1;
    try {
      fs.closeSync(descriptor);
    } catch (error) {
      throw toIoError("close", this.path, error);
    }
  }
}
