import { join } from "node:path";
import { decodeNativeHeader, isSameDatabase, SIZE_NATIVE_HEADER } from "../codec/native-header.ts";
import { CorruptionError, LsmError } from "../errors.ts";
import { logFileName, tableFileName } from "../fs/file-names.ts";
import type { FileSystem } from "../fs/file-system.ts";
import type { DirectoryContents } from "./directory-contents.ts";

/** Something under the name of a table or a log that this database cannot have left there. It is kept, and never followed. */
export type Stranger = {
  readonly id: number;
  readonly name: string;
  /** Why it is kept. */
  readonly reason: string;
};

/** No counter of files comes here, so that a made-up name cannot use up the ids. */
const ID_REACHED_MAX: number = 2 ** 50;

/**
 * Which of the tables and logs that `isKnown` does not vouch for are somebody else's: a link, a directory, a file whose header
 * names another database or a newer program. What does not begin as a native file, or not as a whole one, may be half-made and
 * is no stranger. `databaseId` is undefined in the formats of the reference, whose files have no header. Throws IoError for
 * the directory.
 */
export function strangersAmong(
  fs: FileSystem,
  directory: string,
  { tableIds, logIds }: Pick<DirectoryContents, "tableIds" | "logIds">,
  databaseId: Uint8Array | undefined,
): Stranger[] {
  const files = [
    ...tableIds.map((id) => ({ id, name: tableFileName(id) })),
    ...logIds.map((id) => ({ id, name: logFileName(id) })),
  ];
  return files.flatMap(({ id, name }) => {
    const reason = reasonToKeep(fs, join(directory, name), databaseId);
    return reason === undefined ? [] : [{ id, name, reason }];
  });
}

/** One sentence each, for `warning` events. */
export function describeStrangers(directory: string, strangers: readonly Stranger[]): string[] {
  return strangers.map(({ name, reason }) => `${name} in ${directory} is left alone: ${reason}`);
}

/** The first id from `nextId` on under which a new file overwrites none of the strangers. */
export function idBehind(strangers: readonly Stranger[], nextId: number): number {
  return strangers.reduce((next, { id }) => (id < ID_REACHED_MAX ? Math.max(next, id + 1) : next), nextId);
}

function reasonToKeep(fs: FileSystem, path: string, databaseId: Uint8Array | undefined): string | undefined {
  const status = fs.stat(path);
  if (status === undefined) return undefined;
  if (status.kind !== "file") return "it is no regular file";
  try {
    const found = decodeNativeHeader(readHead(fs, path), path).databaseId;
    const isOurs = databaseId !== undefined && isSameDatabase(found, databaseId);
    return isOurs ? undefined : "it belongs to another database";
  } catch (error) {
    if (error instanceof CorruptionError) return undefined;
    if (error instanceof LsmError) return error.message;
    throw error;
  }
}

function readHead(fs: FileSystem, path: string): Uint8Array {
  const file = fs.open(path, "read");
  try {
    const head = new Uint8Array(SIZE_NATIVE_HEADER);
    return head.subarray(0, file.read(head, 0, head.length, 0));
  } finally {
    file.close();
  }
}
