import type { File, FileSystem } from "../fs/file-system.ts";
import type { Edit } from "./edit.ts";
import type { EditLog } from "./edit-log.ts";
import { decodeFrames, encodeFrame, type ManifestRecord } from "./manifest-frame.ts";
import { SyncedFile } from "./synced-file.ts";

/** What a manifest said, from its oldest record to its newest. */
export type ManifestContents = {
  readonly records: readonly ManifestRecord[];
  /** Bytes after the last whole record: a torn tail, the mark of a crash in mid-append. 0 for a whole manifest. */
  readonly tornBytes: number;
  /** One sentence for `warning` events about the torn tail; undefined when there is none. */
  readonly warning: string | undefined;
};

/** The manifest of `plain` and `mvcc`: edits from the first byte on, as the reference writes them. */
export class Manifest implements EditLog {
  readonly #file: SyncedFile;

  private constructor(file: File) {
    this.#file = new SyncedFile(file);
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

  append(edit: Edit): void {
    this.#file.append(encodeFrame(edit));
  }

  get failure(): Error | undefined {
    return this.#file.failure;
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
