import { LsmError } from "../errors.ts";
import { acquireDirectoryLock, type DirectoryLock } from "../fs/directory-lock.ts";
import { nodeFileSystem } from "../fs/node-file-system.ts";
import type { LookupResult } from "../iterator/storage-iterator.ts";
import { ENTRY_KIND, TIMESTAMP_MAX } from "../key.ts";
import { type Options, resolveOptions } from "../options.ts";
import type { Tree } from "../state/tree.ts";
import type { CheckedWrite } from "../write/checked-write.ts";
import { resolveBatch } from "../write/resolve-batch.ts";
import { AsyncCursor } from "./async-cursor.ts";
import { type BatchHost, checkedBatch, type Write } from "./batch.ts";
import { batchHostOf } from "./batch-host.ts";
import { Cursor } from "./cursor.ts";
import { type Destroyed, destroyDatabase } from "./destroy-database.ts";
import { Emitter, type EngineEventName, type EngineListener } from "./emitter.ts";
import type { Engine } from "./engine.ts";
import { Inspector } from "./inspector.ts";
import { type Bytes, boundBytes, keyBytes, valueBytes } from "./key-bytes.ts";
import { openEngine } from "./open-engine.ts";
import { type Bounds, type Range, resolveBounds, resolveRange } from "./range.ts";
import { Reads } from "./reads.ts";
import { Snapshot } from "./snapshot.ts";
import { type Stats, statsOf } from "./stats.ts";
import { summaryOf, type TableSummary } from "./table-summary.ts";
import { type TransactOptions, transact } from "./transact.ts";
import { Transaction, type TransactionOptions } from "./transaction.ts";
import { mustSync, type WriteOptions } from "./write-options.ts";

const NO_BYTES = new Uint8Array(0);

/**
 * An open database: an ordered map from keys to values, kept in one directory.
 *
 * Reads and writes are synchronous; what waits for the disk answers with a promise. Keys and values go in as strings
 * (their UTF-8 bytes) or Uint8Array, and come out as Uint8Array that belongs to the caller. Every failure is an
 * LsmError with a `code`; after `close` every call throws DATABASE_CLOSED.
 */
export class MiniLsm extends Reads {
  readonly path: string;
  readonly options: Options;
  readonly #engine: Engine;
  readonly #emitter: Emitter;
  readonly #lock: DirectoryLock | undefined;
  readonly #batchHost: BatchHost;

  private constructor(
    path: string,
    options: Options,
    engine: Engine,
    emitter: Emitter,
    lock: DirectoryLock | undefined,
  ) {
    super(engine);
    this.path = path;
    this.options = options;
    this.#engine = engine;
    this.#emitter = emitter;
    this.#lock = lock;
    this.#batchHost = batchHostOf(engine);
  }

  /**
   * Opens the database in a directory, or makes one there. `listen` hears the events of opening itself.
   * Rejects with LsmError: LOCKED, CORRUPTION, DATABASE_MISSING, DATABASE_EXISTS, FORMAT_MISMATCH, NOT_A_DATABASE,
   * INVALID_OPTION, IO_ERROR.
   */
  static async open(
    path: string,
    options: Partial<Options> = {},
    listen: (events: Pick<MiniLsm, "on">) => void = () => {},
  ): Promise<MiniLsm> {
    refuseOtherThanPath(path);
    const resolved = resolveOptions(options);
    const emitter = new Emitter();
    listen({ on: (name, listener) => emitter.on(name, listener) });
    const { engine, lock } = await openEngine(path, resolved, nodeFileSystem, emitter);
    return new MiniLsm(path, resolved, engine, emitter, lock);
  }

  /**
   * Deletes a closed database: its own files and nothing else, and the directory when that leaves it empty. `left`
   * names what else stands there. Rejects with LOCKED while somebody has it open.
   */
  static destroy(path: string): Promise<Destroyed> {
    return destroyDatabase(path);
  }

  put(key: Bytes, value: Bytes): void {
    this.#put(keyBytes(key, this.format), valueBytes(value, this.format));
  }

  /** Removes the key; one that was not there is fine. */
  delete(key: Bytes): void {
    this.#delete(keyBytes(key, this.format));
  }

  /**
   * Removes every key within the bounds, at the cost of one write however many there are; without bounds every key. What
   * it takes away leaves the disk with later compactions. Throws UNSUPPORTED except in a `native` database.
   */
  deleteRange(bounds: Bounds = {}): void {
    this.write([{ type: "deleteRange", ...resolveBounds(bounds) }]);
  }

  /** Applies the writes in order. All of them are checked before the first is applied. */
  write(batch: readonly Write[], options: WriteOptions = {}): void {
    this.#engine.writer.writeBatch(this.#checked(batch), mustSync(options, this.options.durability));
  }

  /**
   * `write` that lets others of the same turn share its append to the log and its sync (group commit). Resolves when
   * the batch is visible and survives what the durability says. Where there is no room in memory it waits by its promise;
   * only whoever lets very much wait so, without waiting for any answer, waits in the call.
   */
  writeAsync(batch: readonly Write[], options: WriteOptions = {}): Promise<void> {
    try {
      return this.#engine.writer.writeGrouped(this.#checked(batch), mustSync(options, this.options.durability));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Resolves when everything written before survives a power cut, as far as the database has a log. */
  async sync(): Promise<void> {
    await this.#engine.writer.sync();
  }

  /** A cursor over the range as of now, lending its bytes. */
  override cursor(range: Range = {}): Cursor {
    this.#engine.refuseIfClosed();
    return new Cursor(this.#engine, resolveRange(range), this.#engine.writer.lastTimestamp);
  }

  /** As `cursor`, without waiting for the disk here. */
  override cursorAsync(range: Range = {}): AsyncCursor {
    this.#engine.refuseIfClosed();
    return new AsyncCursor(this.#engine, resolveRange(range), this.#engine.writer.lastTimestamp);
  }

  /**
   * The database as it is now, to read from later; close it, since compactions keep what it sees. Throws UNSUPPORTED in a
   * `plain` database, which keeps no versions on disk.
   */
  snapshot(): Snapshot {
    return new Snapshot(this.#engine);
  }

  /** Begins reads and writes that happen at once or not at all; end it. Throws UNSUPPORTED in a `plain` database. */
  transaction(options: TransactionOptions = {}): Transaction {
    return new Transaction(this.#engine, options);
  }

  /** Runs the function in a transaction and commits it; again, in a new one, when there was a conflict (`TransactOptions`). */
  transact<Result>(
    run: (transaction: Transaction) => Result | Promise<Result>,
    options: TransactOptions = {},
  ): Promise<Result> {
    return transact((given) => this.transaction(given), run, options);
  }

  /**
   * From now on compactions drop the keys that begin with the prefix, an empty one being the beginning of all, as far as
   * no snapshot or cursor is older. Until then such a key may be found or not. Filters add up, and end with the handle.
   * Throws UNSUPPORTED in a `plain` database.
   */
  addCompactionFilter(filter: { readonly prefix: Bytes }): void {
    this.#engine.addCompactionFilter(Uint8Array.from(boundBytes(filter.prefix)));
  }

  /** Freezes the memtable and flushes the oldest frozen one, which the shell's `flush` shows. */
  async flush(): Promise<void> {
    await this.#engine.flush();
  }

  /** Merges every table. Rejects with the signal's reason when aborted; then nothing has changed. */
  async compact(signal?: AbortSignal): Promise<void> {
    await this.#engine.compact(signal);
  }

  /**
   * Writes what is in memory to tables, and merges the tables that hold keys within the bounds, without bounds all of them,
   * so that what is deleted and overwritten there leaves the disk, as far as no snapshot or cursor needs it. Writes and
   * other compactions go on meanwhile. Rejects with the signal's reason when aborted, and with DATABASE_CLOSED when the
   * database is closed, which does not wait for it; then what it has finished stays.
   */
  async compactRange(bounds: Bounds = {}, signal?: AbortSignal): Promise<void> {
    await this.#engine.compactRange(resolveBounds(bounds), signal);
  }

  /**
   * About how many bytes on disk belong to keys within the bounds, without reading them: whole tables, of others the
   * blocks, and what is only in logs. What is deleted or overwritten counts until a compaction drops it.
   */
  async approximateSize(bounds: Bounds = {}): Promise<number> {
    return this.#engine.sizeOfRange(resolveBounds(bounds));
  }

  /**
   * Copies the database, as it is now or a little later, to a directory that is new or empty and outside of this one: a
   * database of its own, complete when this resolves. Writes and compactions go on meanwhile. Tables are shared by hard
   * links where the file system can, so that a copy takes neither time nor room, and copied where it cannot. Rejects with
   * the signal's reason when aborted, DATABASE_EXISTS, NOT_A_DATABASE, INVALID_ARGUMENT, LOCKED, READ_ONLY, IO_ERROR; then
   * there is no database.
   */
  async checkpoint(directory: string, signal?: AbortSignal): Promise<void> {
    refuseOtherThanPath(directory);
    await this.#engine.checkpoint(directory, acquireDirectoryLock, signal);
  }

  /** Where the tables lie now. */
  structure(): Tree {
    this.#engine.refuseIfClosed();
    return this.#engine.core.states.current.tree;
  }

  /** What is known of a table of `structure()`; undefined when it is in the tree no more. Reads no file. */
  describeTable(id: number): TableSummary | undefined {
    this.#engine.refuseIfClosed();
    const table = this.#engine.core.states.current.tables.get(id);
    return table && summaryOf(table);
  }

  stats(): Stats {
    this.#engine.refuseIfClosed();
    return statsOf(this.#engine);
  }

  /** A look inside, for those who show how the database works. @internal */
  inspect(): Inspector {
    return new Inspector(this.#engine);
  }

  on<Name extends EngineEventName>(name: Name, listener: EngineListener<Name>): void {
    this.#emitter.on(name, listener);
  }

  off<Name extends EngineEventName>(name: Name, listener: EngineListener<Name>): void {
    this.#emitter.off(name, listener);
  }

  /** Writes what is only in memory to tables and gives the directory up. After a failure the database is still open. */
  async close(): Promise<void> {
    try {
      await this.#engine.close();
    } finally {
      if (this.#engine.isClosed) await this.#lock?.release();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** @internal */
  protected override get readTimestamp(): number {
    return this.#engine.writer.lastTimestamp;
  }

  /** @internal */
  protected override find(key: Uint8Array, result: LookupResult): boolean {
    return this.#engine.get(key, 0, key.length, TIMESTAMP_MAX, result);
  }

  #put(key: Uint8Array, value: Uint8Array): void {
    this.#engine.writer.write(ENTRY_KIND.put, key, value);
  }

  #delete(key: Uint8Array): void {
    this.#engine.writer.write(ENTRY_KIND.delete, key, NO_BYTES);
  }

  #checked(batch: readonly Write[]): readonly CheckedWrite[] {
    return resolveBatch(checkedBatch(batch, this.#batchHost));
  }
}

function refuseOtherThanPath(path: unknown): void {
  if (typeof path === "string" && path !== "") return;
  const found = path === "" ? "empty" : typeof path;
  throw new LsmError("INVALID_ARGUMENT", `path is ${found}, expected a directory's name`);
}
