import { CorruptionError, LsmError } from "../../errors.ts";
import type { File, FileSystem } from "../../fs/file-system.ts";

/** Node 20 has no longer arrays. */
const READ_BYTES_MAX = 0xffff_ffff;

/** A file that is read a range at a time. */
export class FileBytes {
  readonly path: string;
  /** As it was when the file was opened. */
  readonly sizeBytes: number;
  readonly #file: File;

  private constructor(path: string, file: File) {
    this.path = path;
    this.sizeBytes = file.sizeBytes;
    this.#file = file;
  }

  /** Throws IoError. Must be closed. */
  static open(fs: FileSystem, path: string): FileBytes {
    return new FileBytes(path, fs.open(path, "read"));
  }

  /** The bytes [start, end), which the file must have, in memory of their own. Throws CorruptionError, UNSUPPORTED, IoError. */
  read(start: number, end: number): Uint8Array {
    const length = end - start;
    if (start < 0 || length < 0 || end > this.sizeBytes) {
      throw new CorruptionError(this.path, Math.max(start, 0), `the file of ${this.sizeBytes} bytes ends before`);
    }
    if (length > READ_BYTES_MAX) {
      const problem = `${length} bytes in one piece, at most ${READ_BYTES_MAX} are read`;
      throw new LsmError("UNSUPPORTED", `${this.path}: ${problem}`);
    }
    const bytes = new Uint8Array(length);
    const read = this.#file.read(bytes, 0, length, start);
    if (read < length) throw new CorruptionError(this.path, start + read, "the file has lost bytes meanwhile");
    return bytes;
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }
}
