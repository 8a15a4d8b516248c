import type { File } from "../fs/file-system.ts";

/**
 * A file of records, each durable once its append returned.
 *
 * An append that did not get into the file whole, as on a full disk, is cut off again and the file goes on. A cut or a
 * sync that fails ends the file's use: what is on disk is unknown from then on, so every later append throws the first
 * error and writes nothing.
 */
export class SyncedFile {
  readonly #file: File;
  #failure: Error | undefined;

  constructor(file: File) {
    this.#file = file;
  }

  get sizeBytes(): number {
    return this.#file.sizeBytes;
  }

  /** The error that ended the file's use; undefined while it takes records. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  append(record: Uint8Array): void {
    if (this.#failure !== undefined) throw this.#failure;
    const sizeBefore = this.#file.sizeBytes;
    try {
      this.#file.append(record, 0, record.length);
    } catch (error) {
      this.#cutBack(sizeBefore, error);
      throw error;
    }
    try {
      this.#file.sync();
    } catch (error) {
      this.#failure = asError(error);
      throw error;
    }
  }

  close(): void {
    this.#file.close();
  }

  /** Takes an unfinished record away again, for good: a refused record must not come back after a crash. */
  #cutBack(sizeBytes: number, error: unknown): void {
    try {
      this.#file.truncate(sizeBytes);
      this.#file.sync();
    } catch {
      this.#failure = asError(error);
    }
  }
}

export function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
