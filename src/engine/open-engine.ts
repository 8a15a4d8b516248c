import { LsmError } from "../errors.ts";
import { acquireDirectoryLock, type DirectoryLock } from "../fs/directory-lock.ts";
import type { FileSystem } from "../fs/file-system.ts";
import { nodeFileSystem } from "../fs/node-file-system.ts";
import type { Options } from "../options.ts";
import { recover } from "../recovery/recover.ts";
import { buildState } from "../state/lsm-state.ts";
import { backgroundThread } from "./background-thread.ts";
import type { Core } from "./core.ts";
import type { Emitter } from "./emitter.ts";
import { Engine, newMemtable } from "./engine.ts";
import { IdCounter } from "./id-counter.ts";
import { StateStore } from "./state-store.ts";
import { Tables } from "./tables.ts";

/** Opens or makes the database in a directory, and takes the directory's lock unless it is opened read-only. */
export async function openEngine(
  directory: string,
  options: Options,
  fs: FileSystem,
  emitter: Emitter,
): Promise<{ readonly engine: Engine; readonly lock: DirectoryLock | undefined }> {
  prepareDirectory(directory, options, fs);
  const lock = options.readOnly ? undefined : await acquireDirectoryLock(directory);
  try {
    return { engine: startEngine(directory, options, fs, emitter), lock };
  } catch (error) {
    await lock?.release();
    throw error;
  }
}

/** `openEngine` without the lock: for a file system that only this process can see. */
export function startEngine(directory: string, options: Options, fs: FileSystem, emitter: Emitter): Engine {
  prepareDirectory(directory, options, fs);
  const tables = new Tables(fs, directory, options);
  try {
    const recovered = recover({ fs, directory, options, openTable: (id) => tables.open(id) });
    const memtable = newMemtable(recovered.memtableId, options.format);
    const core: Core = {
      fs,
      directory,
      options,
      emitter,
      tables,
      states: new StateStore(buildState(memtable, [], recovered.tree, recovered.tables), (table) =>
        tables.discard(table),
      ),
      manifest: recovered.manifest,
      counters: {
        freezes: 0,
        flushes: 0,
        flushedBytes: 0,
        compactions: 0,
        compactedBytesRead: 0,
        compactedBytesWritten: 0,
        stalls: 0,
        stalledMs: 0,
      },
      ids: IdCounter.startingAt(recovered.nextId),
      thread: fs === nodeFileSystem ? backgroundThread() : undefined,
    };
    if (!recovered.isNew) emitter.emit("recovered", { tables: recovered.tables.size, logs: undefined });
    for (const message of recovered.warnings) emitter.emit("warning", { message });
    return new Engine(core);
  } catch (error) {
    tables.close();
    throw error;
  }
}

function prepareDirectory(directory: string, options: Options, fs: FileSystem): void {
  const status = fs.stat(directory);
  if (status?.kind === "directory") return;
  if (status !== undefined)
    throw new LsmError("NOT_A_DATABASE", `${directory} is not a directory but a ${status.kind}`);
  if (!options.createIfMissing || options.readOnly) {
    throw new LsmError("DATABASE_MISSING", `${directory} does not exist, and making it was not allowed`);
  }
  fs.makeDirectory(directory);
}
