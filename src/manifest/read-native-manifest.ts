import { NATIVE_MAGIC } from "../codec/native-header.ts";
import { LsmError } from "../errors.ts";
import type { File, FileSystem } from "../fs/file-system.ts";
import { decodeNativeFrames, type NativeFrames } from "./native-frame.ts";

/** What a manifest of `native` said, from its beginning to its newest edit. */
export type NativeManifestContents = NativeFrames & {
  /** One sentence for `warning` events about a torn tail; undefined when there is none. */
  readonly warning: string | undefined;
};

/** A manifest is read in one piece. One of this size describes tens of millions of tables. */
const READ_BYTES_MAX = 0xffff_ffff;

/**
 * Whether the manifest is one of a `native` database, if perhaps a damaged one: most of its first bytes are those of the
 * magic. One of the reference begins with the upper half of a length, which is zeros. Throws IoError.
 */
export function isNativeManifest(fs: FileSystem, path: string): boolean {
  return reading(fs, path, (file) => {
    const bytes = new Uint8Array(NATIVE_MAGIC.length);
    const length = file.read(bytes, 0, bytes.length, 0);
    const alike = NATIVE_MAGIC.filter((byte, index) => index < length && byte === bytes[index]).length;
    return alike > length / 2;
  });
}

/**
 * Reads a manifest without writing to it: a torn tail is reported and stays. Throws CorruptionError for what a crash cannot
 * have left, LsmError UNSUPPORTED for what a newer program wrote, IoError.
 */
export function readNativeManifest(fs: FileSystem, path: string): NativeManifestContents {
  const bytes = reading(fs, path, readBytes);
  const frames = decodeNativeFrames(bytes, path);
  const tornBytes = bytes.length - frames.sizeBytes;
  const warning =
    tornBytes === 0
      ? undefined
      : `ignoring incomplete manifest frame at byte offset ${frames.sizeBytes} of ${path}: ${tornBytes} bytes up to the end of the file, left by an append that did not finish`;
  return { ...frames, warning };
}

function readBytes(file: File): Uint8Array {
  if (file.sizeBytes > READ_BYTES_MAX) {
    throw new LsmError(
      "UNSUPPORTED",
      `${file.path}: a manifest of ${file.sizeBytes} bytes, at most ${READ_BYTES_MAX} are read`,
    );
  }
  const buffer = new Uint8Array(file.sizeBytes);
  return buffer.subarray(0, file.read(buffer, 0, buffer.length, 0));
}

function reading<Result>(fs: FileSystem, path: string, read: (file: File) => Result): Result {
  const file = fs.open(path, "read");
  try {
    return read(file);
  } finally {
    file.close();
  }
}
