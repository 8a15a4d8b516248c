import { assert, CorruptionError } from "../errors.ts";
import type { File, FileSystem } from "../fs/file-system.ts";
import type { LogBatch } from "./log-batch.ts";
import { headerChecksum } from "./native-record.ts";

const NO_HEADER: Uint8Array = new Uint8Array(0);

/**
 * The write-ahead log of one memtable. Appended records are in the operating system's hands and survive a killed process;
 * synced ones survive a power cut (design D11).
 *
 * An append that did not get into the file whole, as on a full disk, is cut off again and the log goes on. A cut or a
 * sync that fails ends the log's use: what is on disk is unknown from then on, so every later append and sync throws the
 * first error and writes nothing.
 */
export class Wal {
  readonly #file: File;
  readonly #headerChecksum: number;
  #syncedBytes = 0;
  #failure: Error | undefined;
  #syncsRunning = 0;
  #isClosed = false;

  private constructor(file: File, header: Uint8Array) {
    this.#file = file;
    this.#headerChecksum = headerChecksum(header);
  }

  /**
   * Makes a log without records; `header` is that of a `native` one. It is in the operating system's hands like a record,
   * and becomes durable with the first. The caller syncs the directory.
   *
   * A file of that name is taken over when it holds no more than a header, or what a power cut left of one: a crash before
   * the log was announced left it. Any other is a CorruptionError. After an error the file is as it was, as far as possible.
   */
  static create(fs: FileSystem, path: string, header: Uint8Array = NO_HEADER): Wal {
    const isNew = fs.stat(path) === undefined;
    const file = fs.open(path, isNew ? "createNew" : "append");
    try {
      if (file.sizeBytes > 0) emptyLeftover(file, header);
      if (header.length > 0) file.append(header, 0, header.length);
      return new Wal(file, header);
    } catch (error) {
      file.close();
      if (isNew) removeIfPossible(fs, path);
      throw error;
    }
  }

  get path(): string {
    return this.#file.path;
  }

  get sizeBytes(): number {
    return this.#file.sizeBytes;
  }

  /** So many bytes from the start of the file are known to be durable. */
  get syncedBytes(): number {
    return this.#syncedBytes;
  }

  /** The error that ended the log's use; undefined while it takes records. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** Adds the batches that were ended. After an error none of them is in the log. */
  append(batch: LogBatch): void {
    this.#refuseAfterEnd();
    const sizeBefore = this.#file.sizeBytes;
    try {
      batch.appendTo(this.#file, this.#syncedBytes, this.#headerChecksum);
    } catch (error) {
      this.#cutBack(sizeBefore, error);
      throw error;
    }
  }

  /** Returns once all that was appended is durable. */
  sync(): void {
    this.#refuseAfterEnd();
    try {
      this.#file.sync();
    } catch (error) {
      this.#failure = asError(error);
      throw error;
    }
    this.#syncedBytes = this.#file.sizeBytes;
  }

  /**
   * `sync` of what was appended before the call, without waiting for it. `done` is called once, perhaps before this
   * returns, with the log's failure if it has one by then.
   */
  syncInBackground(done: (error: Error | undefined) => void): void {
    assert(!this.#isClosed, "a closed log is not synced");
    if (this.#failure !== undefined) {
      done(this.#failure);
      return;
    }
    this.#syncsRunning++;
    const { sizeBytes } = this.#file;
    this.#file.syncInBackground((error) => {
      this.#syncsRunning--;
      // The system reports a lost write to one of several syncs: whichever failed speaks for all.
      this.#failure ??= error;
      if (this.#failure === undefined) this.#syncedBytes = Math.max(this.#syncedBytes, sizeBytes);
      try {
        if (this.#isClosed) this.#closeWhenIdle();
      } catch (closeError) {
        this.#failure ??= asError(closeError);
      }
      done(this.#failure);
    });
  }

  /** The log takes no more calls. Its file stays open until the syncs in the background have ended. */
  close(): void {
    this.#isClosed = true;
    this.#closeWhenIdle();
  }

  #closeWhenIdle(): void {
    // A descriptor that is closed under a running sync may by then belong to another file.
    if (this.#syncsRunning === 0) this.#file.close();
  }

  #refuseAfterEnd(): void {
    assert(!this.#isClosed, "a closed log is not written");
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Takes unfinished records away again, for good: a refused write must not come back after a crash. */
  #cutBack(sizeBytes: number, error: unknown): void {
    try {
      this.#file.truncate(sizeBytes);
      this.#file.sync();
      this.#syncedBytes = sizeBytes;
    } catch {
      this.#failure = asError(error);
    }
  }
}

/** Throws CorruptionError unless the file holds nothing but bytes of the header, and zeros where such a byte was lost. */
function emptyLeftover(file: File, header: Uint8Array): void {
  const bytes = new Uint8Array(Math.min(file.sizeBytes, header.length));
  file.read(bytes, 0, bytes.length, 0);
  const isLeftover = bytes.every((byte, index) => byte === 0 || byte === header[index]);
  if (file.sizeBytes > header.length || !isLeftover) {
    throw new CorruptionError(file.path, 0, `a log of ${file.sizeBytes} bytes that the manifest does not announce`);
  }
  file.truncate(0);
}

function removeIfPossible(fs: FileSystem, path: string): void {
  try {
    fs.remove(path);
  } catch {
    // The error that led here is the one to report; the next clean open removes the file.
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
