import { assert, CorruptionError } from "../errors.ts";
import type { File, FileSystem } from "../fs/file-system.ts";
import type { LogBatch } from "./log-batch.ts";

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
  #failure: Error | undefined;
  #syncsRunning = 0;
  #isClosed = false;

  private constructor(file: File) {
    this.#file = file;
  }

  /**
   * Makes an empty log. A file of that name is taken over when it is empty: a crash before the log was announced left
   * it. One with bytes in it is a CorruptionError. The caller syncs the directory.
   */
  static create(fs: FileSystem, path: string): Wal {
    const isNew = fs.stat(path) === undefined;
    const file = fs.open(path, isNew ? "createNew" : "append");
    if (file.sizeBytes > 0) {
      file.close();
      throw new CorruptionError(path, 0, `a log of ${file.sizeBytes} bytes that the manifest does not announce`);
    }
    return new Wal(file);
  }

  get path(): string {
    return this.#file.path;
  }

  get sizeBytes(): number {
    return this.#file.sizeBytes;
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
      batch.appendTo(this.#file);
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
    this.#file.syncInBackground((error) => {
      this.#syncsRunning--;
      // The system reports a lost write to one of several syncs: whichever failed speaks for all.
      this.#failure ??= error;
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
    } catch {
      this.#failure = asError(error);
    }
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
