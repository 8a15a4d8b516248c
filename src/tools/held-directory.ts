import { join } from "node:path";
import { LsmError } from "../errors.ts";
import { LOCK_NAME } from "../fs/file-names.ts";
import type { FileSystem } from "../fs/file-system.ts";
import { readStanding } from "../fs/lock-file.ts";
import { describeHolder, isHeld, thisHolder } from "../fs/lock-holder.ts";
import { nodeFileSystem } from "../fs/node-file-system.ts";

/** What a directory holds at an instant: each name with the size and the identity of what it stands for. */
export type DirectoryPrint = ReadonlyMap<string, string>;

/** Throws LsmError LOCKED when the LOCK in a directory says that somebody has it open. Writes nothing, and holds nobody off. */
export function refuseHeld(path: string): void {
  const holder = describeHolderOf(path);
  if (holder !== undefined) throw new LsmError("LOCKED", `${path} ${holder}`);
}

/** Whether the LOCK in a directory says that somebody has it open. */
export function isHeldBySomebody(path: string): boolean {
  return describeHolderOf(path) !== undefined;
}

function describeHolderOf(path: string): string | undefined {
  const standing = readStanding(join(path, LOCK_NAME));
  if (standing?.holder === undefined) return undefined;
  const silentMs = Date.now() - standing.changedMs;
  const { inode } = nodeFileSystem.stat(path) ?? { inode: 0 };
  const self = thisHolder({ token: "", socket: null, directoryInode: String(inode) });
  return isHeld(standing.holder, silentMs, self) ? describeHolder(standing.holder, silentMs, self) : undefined;
}

/** Logs and manifests grow, tables come and go: whoever changes a database changes this. */
export function printOf(fs: FileSystem, directory: string): DirectoryPrint {
  return new Map(
    fs.list(directory).map((name) => {
      const status = fs.stat(join(directory, name));
      return [name, `${status?.sizeBytes} ${status?.inode}`];
    }),
  );
}

/** Throws LsmError LOCKED when the directory is not any more as it was: what was read of it is of two databases. */
export function refuseChanged(fs: FileSystem, directory: string, before: DirectoryPrint): void {
  const after = printOf(fs, directory);
  const changed = [...before, ...after].find(([name]) => before.get(name) !== after.get(name))?.[0];
  if (changed === undefined) return;
  throw new LsmError("LOCKED", `${directory} was changed meanwhile (${changed}): somebody else has it open`);
}
