/**
 * What the engine asks of an operating system's files: all of it synchronous, all of it replaceable in tests.
 *
 * Every method throws `IoError` when the system refuses. Nothing here retries, and nothing follows a symbolic link in
 * the last component of a path. New files are made with mode 0600, new directories with 0700, both less the umask.
 */
export interface FileSystem {
  /**
   * - `read`: existing file, reading only.
   * - `append`: existing file, reading and appending.
   * - `create`: makes the file, or empties the one that is there; reading and appending.
   * - `createNew`: makes the file; an existing one is an error (systemCode EEXIST).
   */
  open(path: string, mode: OpenMode): File;
  /** `open` of an existing file for reading, without waiting: `done` is called once, perhaps before this returns, with the file or with the IoError. */
  openInBackground(path: string, done: (opened: File | Error) => void): void;
  /** Names in a directory, in no order, without `.` and `..`. */
  list(directory: string): string[];
  /** What stands at the path itself (a link is reported as one), or undefined when nothing does. */
  stat(path: string): FileStatus | undefined;
  /** Makes the directory and its missing parents; an existing directory is fine. Makes the new names durable. */
  makeDirectory(path: string): void;
  remove(path: string): void;
  /** `remove` without waiting: deleting a large file takes milliseconds. `done` is called once, perhaps before this returns. */
  removeInBackground(path: string, done: (error: Error | undefined) => void): void;
  removeDirectory(path: string): void;
  /** Replaces `to` when it exists. */
  rename(from: string, to: string): void;
  /**
   * Gives the file `from` a second name, which stands for the same bytes; each name goes by itself. An existing `to` is an
   * error (EEXIST). Not every system, and no two file systems, can do that (systemCode EPERM, EXDEV, …): then copy.
   */
  link(from: string, to: string): void;
  /**
   * Makes `to`, which must not exist (EEXIST), a file of the same bytes, and those durable, without waiting for it: `done`
   * is called once, perhaps before this returns. After an error a part of the file may stand at `to`.
   */
  copyInBackground(from: string, to: string, done: (error: Error | undefined) => void): void;
  /** Makes created, linked, renamed and removed names in the directory durable. Does nothing where the system has no such call. */
  syncDirectory(path: string): void;
}

export type OpenMode = "read" | "append" | "create" | "createNew";

export type FileStatus = {
  readonly kind: "file" | "directory" | "link" | "other";
  readonly sizeBytes: number;
  readonly device: number;
  readonly inode: number;
};

/** An open file. Appends go to the end that this handle knows; one file has one writing handle. */
export interface File {
  readonly path: string;
  readonly sizeBytes: number;
  /** Reads up to `length` bytes at `position` into `target` from `targetStart`; answers how many there were: fewer only at the end of the file. */
  read(target: Uint8Array, targetStart: number, length: number, position: number): number;
  /**
   * `read` without waiting: `done` is called once, perhaps before this returns, with how many bytes there were or with the
   * IoError. Until then the file must stay open, and `target` belongs to the call.
   */
  readInBackground(
    target: Uint8Array,
    targetStart: number,
    length: number,
    position: number,
    done: (read: number | Error) => void,
  ): void;
  /**
   * Writes bytes[start, end) at the end of the file, all of them. After an error any part of them may be in the file
   * and `sizeBytes` counts what got there; the caller cuts with `truncate`.
   */
  append(bytes: Uint8Array, start: number, end: number): void;
  truncate(sizeBytes: number): void;
  /** Makes the bytes and the size durable. After a failure nothing is known about any earlier unsynced write. */
  sync(): void;
  /**
   * `sync` of what was appended before the call, without waiting for it: `done` is called once, with the IoError when
   * it failed, and not necessarily after this returns. Until then the file must stay open.
   */
  syncInBackground(done: (error: Error | undefined) => void): void;
  close(): void;
}
