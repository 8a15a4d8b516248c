import { LsmError } from "../errors.ts";
import type { FileSystem } from "../fs/file-system.ts";

/** A log is read in one piece, and Node 20 has no longer arrays. */
const READ_BYTES_MAX = 0xffff_ffff;

/** All bytes of a log. Throws LsmError UNSUPPORTED for more than 4 GiB, IoError. */
export function readLogBytes(fs: FileSystem, path: string): Uint8Array {
  const file = fs.open(path, "read");
  try {
    if (file.sizeBytes > READ_BYTES_MAX) {
      throw new LsmError(
        "UNSUPPORTED",
        `${path}: a log of ${file.sizeBytes} bytes, at most ${READ_BYTES_MAX} are read`,
      );
    }
    const buffer = new Uint8Array(file.sizeBytes);
    return buffer.subarray(0, file.read(buffer, 0, buffer.length, 0));
  } finally {
    file.close();
  }
}
