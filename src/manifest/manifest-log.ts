import type { File, FileSystem } from "../fs/file-system.ts";
import type { Edit } from "./edit.ts";
import { decodeFrames, encodeFrame, type ManifestRecord } from "./manifest-frame.ts";

/** What a manifest said, from its oldest record to its newest. */
export type ManifestContents = {
  readonly records: readonly ManifestRecord[];
  /** Bytes after the last whole record: a torn tail, the mark of a crash in mid-append. 0 for a whole manifest. */
  readonly tornBytes: number;
  /** One sentence for `warning` events about the torn tail; undefined when there is none. */
  readonly warning: string | undefined;
};

/**
 * The log of edits that says which tables and memtables a database consists of. A record that was appended is durable.
 *
 * An append that did not get into the file whole, as on a full disk, is cut off again and the log goes on. A cut or a
 * sync that fails ends the log's use: what is on disk is unknown from then on, so every later append throws the first
 * error and writes nothing. Only opening the manifest again tells which record was the last.
 */
export class Manifest {
  readonly #file: File;
  #failure: Error | undefined;

  private constructor(file: File) {
    this.#file = file;
  }

  /** Makes an empty manifest; an existing file is an IoError. The caller syncs the directory. */
  static create(fs: FileSystem, path: string): Manifest {
    return new Manifest(fs.open(path, "createNew"));
  }

  /**
   * Reads the manifest, cuts a torn tail off the file, and goes on behind it. What it has read is durable: a killed
   * process may have left its last record to the operating system, and files are deleted on its word. Throws
   * CorruptionError and leaves the file as it is.
   */
  static open(fs: FileSystem, path: string): { readonly manifest: Manifest; readonly contents: ManifestContents } {
    const file = fs.open(path, "append");
    try {
      const contents = readContents(file);
      if (contents.tornBytes > 0) file.truncate(file.sizeBytes - contents.tornBytes);
      file.sync();
      return { manifest: new Manifest(file), contents };
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /** Returns once the edit is durable: the commit point of whatever it records. */
  append(edit: Edit): void {
    if (this.#failure !== undefined) throw this.#failure;
    const frame = encodeFrame(edit);
    const sizeBefore = this.#file.sizeBytes;
    try {
      this.#file.append(frame, 0, frame.length);
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

  /** The error that ended the log's use; undefined while it takes records. */
  get failure(): Error | undefined {
    return this.#failure;
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

  close(): void {
    this.#file.close();
  }
}

/** Reads a manifest without writing to it: a torn tail is reported and stays. */
export function readManifest(fs: FileSystem, path: string): ManifestContents {
  const file = fs.open(path, "read");
  try {
    return readContents(file);
  } finally {
    file.close();
  }
}

function readContents(file: File): ManifestContents {
  const buffer = new Uint8Array(file.sizeBytes);
  const bytes = buffer.subarray(0, file.read(buffer, 0, buffer.length, 0));
  const { records, sizeBytes } = decodeFrames(bytes, file.path);
  const tornBytes = bytes.length - sizeBytes;
  const warning =
    tornBytes === 0
      ? undefined
      : `ignoring incomplete manifest frame at byte offset ${sizeBytes} of ${file.path}: ${tornBytes} bytes up to the end of the file, left by an append that did not finish`;
  return { records, tornBytes, warning };
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
