import { join } from "node:path";
import { logFileName } from "../fs/file-names.ts";
import type { FileSystem } from "../fs/file-system.ts";
import type { LogSize } from "../manifest/edit-log.ts";
import { nativeLogHeader } from "../wal/native-record.ts";
import { Wal } from "../wal/wal.ts";
import { asError } from "./as-error.ts";

/**
 * The logs of a running database: one per memtable, written to only while its memtable is the mutable one.
 *
 * Where one live memtable has a log, all have: recovery takes a missing one for damage only because of this. So even
 * without a log for new writes an empty one is made while older ones are still needed.
 */
export class Logs {
  readonly #fs: FileSystem;
  readonly #directory: string;
  readonly #isWritten: boolean;
  readonly #databaseId: Uint8Array | undefined;
  /** Memtables whose log is on disk. */
  readonly #onDisk: Set<number>;
  /** Of these, the logs that took or take records of this process. */
  readonly #written: Map<number, Wal> = new Map();
  #current: Wal | undefined;
  /** Of the first log that failed; the database takes no writes any more. */
  #failure: Error | undefined;
  /** Logs that take no records any more and whose sync is under way. */
  readonly #retiring = new Set<Wal>();
  #retired: (() => void)[] = [];
  /** One sync of the current log at a time; whoever comes meanwhile shares the next one. */
  #isSyncing = false;
  #unsynced: ((error: Error | undefined) => void)[] = [];

  /**
   * `onDisk`: memtables whose log is there already. Without `isWritten` no log takes records. `databaseId`: that of a
   * `native` database; absent or empty in the other formats, whose logs have no header.
   */
  constructor(
    fs: FileSystem,
    directory: string,
    isWritten: boolean,
    onDisk: ReadonlySet<number>,
    databaseId?: Uint8Array,
  ) {
    this.#fs = fs;
    this.#directory = directory;
    this.#isWritten = isWritten;
    this.#onDisk = new Set(onDisk);
    this.#databaseId = databaseId === undefined || databaseId.length === 0 ? undefined : databaseId;
  }

  /** The log of the mutable memtable; undefined where writes are not logged. */
  get current(): Wal | undefined {
    return this.#current;
  }

  /** Whether a memtable that is not flushed yet has a log on disk. */
  get isNeeded(): boolean {
    return this.#onDisk.size > 0;
  }

  /**
   * How many bytes are known to be durable of each log that was made here and is still on disk: after a `close` all of
   * them. Logs from before are the business of the recovery that settled them.
   */
  get synced(): readonly LogSize[] {
    const sizes = Array.from(this.#written, ([id, log]) => ({ id, sizeBytes: log.syncedBytes }));
    return sizes.filter(({ sizeBytes }) => sizeBytes > 0);
  }

  /** The first failure that ended a log's use. */
  get failure(): Error | undefined {
    return this.#failure ?? this.#current?.failure;
  }

  /** Makes the log of a memtable that is to be announced, and its name durable. It takes records after `switchTo`. */
  create(id: number): Wal | undefined {
    if (!this.#isWritten && !this.isNeeded) return undefined;
    const log = Wal.create(this.#fs, this.#pathOf(id), this.#headerOf(id));
    this.#onDisk.add(id);
    if (this.#isWritten) this.#written.set(id, log);
    try {
      this.#fs.syncDirectory(this.#directory);
    } catch (error) {
      this.takeBack(id, log);
      throw error;
    }
    if (this.#isWritten) return log;
    log.close();
    return undefined;
  }

  /**
   * Undoes `create` of a log that certainly was not announced, so that a freeze that fails again and again leaves neither
   * files nor descriptors. Throws nothing: an empty log that stays is removed by the next clean open.
   */
  takeBack(id: number, log: Wal | undefined): void {
    log?.close();
    this.#written.delete(id);
    if (!this.#onDisk.delete(id)) return;
    try {
      this.#fs.remove(this.#pathOf(id));
    } catch {
      // Left for the next clean open.
    }
  }

  /** From now on `log` takes the records; the one before is made durable in the background and closed. */
  switchTo(log: Wal | undefined): void {
    const before = this.#current;
    this.#current = log;
    if (before === undefined) return;
    this.#retiring.add(before);
    before.syncInBackground((error) => {
      this.#failure ??= error;
      before.close();
      this.#retiring.delete(before);
      if (this.#retiring.size === 0) for (const resolve of this.#retired.splice(0)) resolve();
    });
  }

  /** Deletes the log of a memtable whose flush is recorded. */
  remove(id: number): void {
    this.#written.delete(id);
    if (!this.#onDisk.delete(id)) return;
    this.#fs.remove(this.#pathOf(id));
    this.#fs.syncDirectory(this.#directory);
  }

  /**
   * `sync` that waits for the disk here. The logs before count as well: what a write was made after must not be lost where
   * the write is not.
   */
  syncNow(): void {
    try {
      for (const log of this.#retiring) log.sync();
    } catch (error) {
      this.#failure ??= asError(error);
      throw error;
    }
    this.#current?.sync();
  }

  /** Resolves when everything appended before is durable. Rejects with the failure that prevents it. */
  async sync(): Promise<void> {
    if (this.#current !== undefined) {
      await new Promise<void>((resolve, reject) => {
        this.#unsynced.push((error) => (error === undefined ? resolve() : reject(error)));
        if (!this.#isSyncing) this.#syncCurrent();
      });
    }
    if (this.#retiring.size > 0) await new Promise<void>((resolve) => this.#retired.push(resolve));
    if (this.#failure !== undefined) throw this.#failure;
  }

  #syncCurrent(): void {
    const waiting = this.#unsynced.splice(0);
    if (waiting.length === 0) return;
    const done = (error: Error | undefined): void => {
      this.#isSyncing = false;
      for (const settle of waiting) settle(error);
      this.#syncCurrent();
    };
    this.#isSyncing = true;
    if (this.#current === undefined) done(undefined);
    else this.#current.syncInBackground(done);
  }

  /** Makes everything durable and closes. */
  async close(): Promise<void> {
    await this.sync();
    this.#current?.close();
    this.#current = undefined;
  }

  #headerOf(id: number): Uint8Array | undefined {
    return this.#databaseId === undefined ? undefined : nativeLogHeader(this.#databaseId, id);
  }

  #pathOf(id: number): string {
    return join(this.#directory, logFileName(id));
  }
}
