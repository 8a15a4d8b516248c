import { CorruptionError } from "../errors.ts";
import type { File, FileSystem } from "../fs/file-system.ts";

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

  /** Adds whole records, bytes[start, end). After an error none of them is in the log. */
  append(bytes: Uint8Array, start: number, end: number): void {
    if (this.#failure !== undefined) throw this.#failure;
    const sizeBefore = this.#file.sizeBytes;
    try {
      this.#file.append(bytes, start, end);
    } catch (error) {
      this.#cutBack(sizeBefore, error);
      throw error;
    }
  }

  /** Returns once all that was appended is durable. */
  sync(): void {
    if (this.#failure !== undefined) throw this.#failure;
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

  /** Takes unfinished records away again, so that a full disk ends nothing but this append. */
  #cutBack(sizeBytes: number, error: unknown): void {
    try {
      this.#file.truncate(sizeBytes);
    } catch {
      this.#failure = asError(error);
    }
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
