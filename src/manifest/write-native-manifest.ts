import { dirname } from "node:path";
import { IoError } from "../errors.ts";
import { temporaryFileName } from "../fs/file-names.ts";
import type { FileSystem } from "../fs/file-system.ts";
import { encodeBeginning, type NativeFrames } from "./native-frame.ts";
import type { StateRecord } from "./native-state.ts";

/** What whoever appends to a manifest must know of its beginning: where it ends, and its checksum. */
export type ManifestBeginning = Pick<NativeFrames, "stateEnd" | "checksum">;

/**
 * Makes a manifest, or puts a new one in the place of the old one, so that whenever a crash comes one of the two is there,
 * whole. Throws IoError.
 */
export function writeNativeManifest(
  fs: FileSystem,
  path: string,
  databaseId: Uint8Array,
  state: StateRecord,
): ManifestBeginning {
  const beginning = prepareNativeManifest(fs, path, databaseId, state);
  fs.rename(temporaryFileName(path), path);
  fs.syncDirectory(dirname(path));
  return beginning;
}

/** The first half of `writeNativeManifest`: the new manifest is durable under its temporary name. An error leaves no file. */
export function prepareNativeManifest(
  fs: FileSystem,
  path: string,
  databaseId: Uint8Array,
  state: StateRecord,
): ManifestBeginning {
  const { bytes, checksum } = encodeBeginning(databaseId, state);
  const file = fs.open(temporaryFileName(path), "create");
  try {
    try {
      file.append(bytes, 0, bytes.length);
      // Before the rename: a crash in between must not leave the final name on empty bytes.
      file.sync();
    } finally {
      file.close();
    }
  } catch (error) {
    removeTemporary(fs, path);
    throw error;
  }
  return { stateEnd: bytes.length, checksum };
}

/** Throws nothing: a temporary file that stays is removed by the next clean open. */
export function removeTemporary(fs: FileSystem, path: string): void {
  try {
    fs.remove(temporaryFileName(path));
  } catch (error) {
    if (!(error instanceof IoError)) throw error;
  }
}
