import { randomFillSync } from "node:crypto";
import { SIZE_DATABASE_ID } from "../codec/native-header.ts";
import { LsmError } from "../errors.ts";
import { acquireDirectoryLock, type DirectoryLock } from "../fs/directory-lock.ts";
import type { FileSystem } from "../fs/file-system.ts";
import { nodeFileSystem } from "../fs/node-file-system.ts";
import type { EditLog } from "../manifest/edit-log.ts";
import { ArenaSpares } from "../memtable/arena-spares.ts";
import { ActiveReaders } from "../mvcc/watermark.ts";
import type { Options } from "../options.ts";
import { type Recovered, recover } from "../recovery/recover.ts";
import { buildState } from "../state/lsm-state.ts";
import { backgroundThread } from "./background-thread.ts";
import type { Core } from "./core.ts";
import type { Emitter } from "./emitter.ts";
import { Engine } from "./engine.ts";
import { IdCounter } from "./id-counter.ts";
import { Logs } from "./logs.ts";
import { newMemtable } from "./new-memtable.ts";
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
    return { engine: startEngine(directory, options, fs, emitter, lock), lock };
  } catch (error) {
    await lock?.release();
    throw error;
  }
}

const UNSHARED = { held: true };

/** `openEngine` for a directory that the caller owns; without a lock, for a file system that only this process can see. */
export function startEngine(
  directory: string,
  options: Options,
  fs: FileSystem,
  emitter: Emitter,
  lock?: DirectoryLock,
): Engine {
  prepareDirectory(directory, options, fs);
  const tables = new Tables(fs, directory, options, (message) => emitter.emit("warning", { message }));
  let manifest: EditLog | undefined;
  let logs: Logs | undefined;
  try {
    const recovered = recover({
      fs,
      directory,
      options,
      openTable: (id, format, description) => tables.open(id, format, description),
      newDatabaseId: () => randomFillSync(new Uint8Array(SIZE_DATABASE_ID)),
    });
    const { format, databaseId, memtableId, immutableMemtables, logsOnDisk } = recovered;
    tables.databaseId = databaseId;
    const memtable = newMemtable(memtableId, format);
    const spares = new ArenaSpares();
    manifest = recovered.manifest;
    logs = new Logs(fs, directory, options.durability !== "none", logsOnDisk, databaseId);
    if (manifest !== undefined) {
      logs.switchTo(logs.create(memtableId));
      manifest.append({ kind: "newMemtable", id: memtableId, hasLog: logs.isNeeded });
      fs.syncDirectory(directory);
    }
    const core: Core = {
      fs,
      directory,
      options,
      format,
      databaseId,
      emitter,
      tables,
      states: new StateStore(
        buildState(memtable, immutableMemtables, recovered.tree, recovered.tables),
        (table) => tables.discard(table),
        // What a read lends is read before its turn of the event loop ends, or holds a state.
        (spent) => setImmediate(() => spent.giveMemoryTo(spares)).unref(),
      ),
      spares,
      readers: new ActiveReaders(),
      manifest,
      logs,
      ownership: lock ?? UNSHARED,
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
      firstMemtableId: memtableId,
      ids: IdCounter.startingAt(recovered.nextId),
      thread: options.useThread && fs === nodeFileSystem ? backgroundThread() : undefined,
    };
    if (!recovered.isNew)
      emitter.emit("recovered", { tables: recovered.tables.size, logs: logsReported(options, recovered) });
    for (const message of recovered.warnings) emitter.emit("warning", { message });
    return new Engine(core, recovered.lastTimestamp);
  } catch (error) {
    manifest?.close();
    logs?.current?.close();
    void tables.close();
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

/** Logs are spoken of where there are some, or will be. */
function logsReported(options: Options, recovered: Recovered): number | undefined {
  const count = recovered.immutableMemtables.length;
  return options.durability !== "none" || count > 0 ? count : undefined;
}
