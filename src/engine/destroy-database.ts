import { join } from "node:path";
import { LsmError } from "../errors.ts";
import { acquireDirectoryLock } from "../fs/directory-lock.ts";
import { parseFileName } from "../fs/file-names.ts";
import { nodeFileSystem } from "../fs/node-file-system.ts";

/** Names of files: those that are gone, and what else stands in the directory. */
export type Destroyed = { readonly removed: readonly string[]; readonly left: readonly string[] };

/** As `MiniLsm.destroy`. @internal */
export async function destroyDatabase(path: string): Promise<Destroyed> {
  if (nodeFileSystem.stat(path)?.kind !== "directory") {
    throw new LsmError("DATABASE_MISSING", `${path} is not a directory`);
  }
  const lock = await acquireDirectoryLock(path);
  const removed: string[] = [];
  try {
    for (const name of nodeFileSystem.list(path).sort(manifestFirst)) {
      const { kind } = parseFileName(name);
      if (kind === "foreign" || kind === "lock") continue;
      nodeFileSystem.remove(join(path, name));
      removed.push(name);
    }
  } finally {
    await lock.release();
  }
  const left = nodeFileSystem.list(path);
  if (left.length === 0) nodeFileSystem.removeDirectory(path);
  return { removed, left };
}

/** Without a manifest the rest is no database any more, so a crash in between leaves nothing that opens half. */
function manifestFirst(left: string, right: string): number {
  const rank = (name: string) => (parseFileName(name).kind === "manifest" ? 0 : 1);
  return rank(left) - rank(right);
}
