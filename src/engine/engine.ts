import { fingerprint32 } from "../codec/fingerprint32.ts";
import { LsmError } from "../errors.ts";
import type { LookupResult } from "../iterator/storage-iterator.ts";
import type { KeyRange } from "../read/key-range.ts";
import { lookUp } from "../read/look-up.ts";
import { asError } from "./as-error.ts";
import { Background } from "./background.ts";
import { type DirectoryLocker, refuseTarget, removeIfEmpty, writeCheckpoint } from "./checkpoint.ts";
import { type Core, stoppedBy } from "./core.ts";
import { Holds } from "./holds.ts";
import { LateReads } from "./late-reads.ts";
import { ManualCompaction } from "./manual-compaction.ts";
import { refuseWithoutVersions } from "./needs-versions.ts";
import { sizeOfRange } from "./size-of-range.ts";
import { Writer } from "./writer.ts";

/**
 * One open database: the composition root.
 *
 * A change of state is one assignment between two reads (design D4), so readers never wait. Writes and everything that
 * changes the tree run to their end before anything else does; jobs that take long are cut into slices (`work.ts`).
 */
export class Engine {
  readonly core: Core;
  readonly writer: Writer;
  readonly holds: Holds;
  readonly late: LateReads;
  readonly #manual: ManualCompaction;
  readonly #background: Background;
  #phase: "open" | "closing" | "closed" = "open";
  /** The close under way or done, so that a second one means the same. */
  #closing: Promise<void> | undefined;

  /** `lastTimestamp`: of the newest entry that the database holds. */
  constructor(core: Core, lastTimestamp: number) {
    this.core = core;
    this.holds = new Holds(core, () => this.isClosed);
    this.late = new LateReads(core, () => this.refuseIfClosed());
    this.#background = new Background(core, () => this.watermark);
    this.#manual = new ManualCompaction(core, this.#background.compactor, {
      refuse: () => this.#refuseUnlessWritable(),
      flushWritten: (check, signal) => this.#flushWritten(check, signal),
    });
    this.writer = new Writer(core, this.#background, lastTimestamp, () => this.#refuseUnlessWritable());
    if (!core.options.readOnly) this.#background.start();
  }

  get isClosed(): boolean {
    return this.#phase === "closed";
  }

  /** The smallest timestamp at which somebody reads or will read. */
  get watermark(): number {
    return this.core.readers.watermark(this.writer.lastTimestamp);
  }

  /** Which background work has begun and not ended. */
  get underWay(): { readonly flush: boolean; readonly compaction: boolean } {
    const { flusher, compactor } = this.#background;
    return { flush: flusher.underWay !== undefined, compaction: compactor.underWay !== undefined };
  }

  /**
   * Lets later compactions drop what the prefix begins, as far as no reader is older; reads of such keys are undefined
   * from then on. Throws UNSUPPORTED in `plain`, DATABASE_CLOSED, READ_ONLY.
   */
  addCompactionFilter(prefix: Uint8Array): void {
    this.#refuseUnlessWritable();
    refuseWithoutVersions(this.core, "compaction filters");
    this.#background.compactor.dropPrefix(prefix);
  }

  refuseIfClosed(): void {
    if (this.#phase === "closed") throw this.#closedError();
  }

  /** Finds the key's newest version with timestamp ≤ `readTimestamp`; deletes count. Throws DATABASE_CLOSED, CorruptionError, IoError. */
  get(key: Uint8Array, keyStart: number, keyEnd: number, readTimestamp: number, result: LookupResult): boolean {
    this.refuseIfClosed();
    const hash = fingerprint32(key, keyStart, keyEnd);
    return lookUp(this.core.states.current, hash, key, keyStart, keyEnd, readTimestamp, result);
  }

  /** Freezes what was written and flushes the oldest frozen memtable, as the reference's `force_flush`. */
  async flush(): Promise<void> {
    const { flusher } = this.#background;
    this.#refuseUnlessWritable();
    await flusher.underWay?.finish();
    this.#refuseUnlessWritable();
    if (!this.core.states.current.memtable.isEmpty) this.writer.freeze();
    await flusher.work()?.finish();
  }

  /** As `ManualCompaction.compact`. */
  compact(signal?: AbortSignal): Promise<void> {
    return this.#manual.compact(signal);
  }

  /** As `ManualCompaction.compactRange`. */
  compactRange(range: KeyRange, signal?: AbortSignal): Promise<void> {
    return this.#manual.compactRange(range, signal);
  }

  /** As `sizeOfRange`. Throws DATABASE_CLOSED. */
  sizeOfRange(range: KeyRange): Promise<number> {
    return sizeOfRange(this.core, range, () => this.refuseIfClosed());
  }

  /**
   * Copies what was written so far to a database of its own, in a directory that is new or empty. `lock` keeps others out
   * of it. Rejects with the signal's reason when aborted, DATABASE_EXISTS, NOT_A_DATABASE, INVALID_ARGUMENT, IO_ERROR;
   * then nothing is left but perhaps the directory.
   */
  async checkpoint(target: string, lock: DirectoryLocker, signal?: AbortSignal): Promise<void> {
    const { fs, directory } = this.core;
    const check = (): void => {
      signal?.throwIfAborted();
      this.#refuseUnlessWritable();
    };
    check();
    refuseTarget(fs, directory, target);
    const isNew = fs.stat(target) === undefined;
    fs.makeDirectory(target);
    const locked = await lock(target);
    let isDone = false;
    try {
      // Whoever held the lock before may have made something.
      refuseTarget(fs, directory, target);
      await this.#flushWritten(check, signal);
      await this.#writeCheckpoint(target, check);
      isDone = true;
    } finally {
      await locked.release();
      if (isNew && !isDone) removeIfEmpty(fs, target);
    }
  }

  /** Writes to tables what is in memory now. Later writes may go along. */
  async #flushWritten(check: () => void, signal: AbortSignal | undefined): Promise<void> {
    const { states } = this.core;
    const { flusher } = this.#background;
    if (this.writer.isGroupWaiting) await this.writer.groupSettled();
    this.writer.applyGroup();
    if (!states.current.memtable.isEmpty) this.writer.freeze();
    const written = new Set(states.current.immutableMemtables);
    while (states.current.immutableMemtables.some((memtable) => written.has(memtable))) {
      check();
      await flusher.work()?.finish(signal);
    }
  }

  async #writeCheckpoint(target: string, check: () => void): Promise<void> {
    const { core, writer } = this;
    const state = core.states.pin();
    try {
      await writeCheckpoint({ core, state, lastTimestamp: writer.lastTimestamp, check }, target);
    } finally {
      core.states.unpin(state);
    }
  }

  /**
   * Ends the background work and makes every write durable: in the logs, or without logs by writing every memtable to a
   * table. After a failure the database is open as before, so that the caller can make room and close again.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close().finally(() => {
      if (this.#phase === "open") this.#closing = undefined;
    });
    return this.#closing;
  }

  async #close(): Promise<void> {
    if (this.writer.isGroupWaiting) await this.writer.groupSettled();
    this.writer.applyGroup();
    this.#phase = "closing";
    this.#background.stop();
    await this.#manual.endRanges(this.#closedError());
    try {
      await this.#background.settle();
      if (this.core.options.durability !== "none") await this.core.logs.close();
      else if (this.core.manifest !== undefined) await this.#flushAll();
      this.#seal();
    } catch (error) {
      // After a failed manifest or log no other try can do better: only opening again tells what is on disk.
      if ((stoppedBy(this.core) ?? this.core.logs.failure) !== undefined) {
        await this.#end();
      } else {
        this.#phase = "open";
        this.#background.start();
      }
      throw error;
    }
    await this.#end();
  }

  async #end(): Promise<void> {
    const { states, logs, manifest, tables } = this.core;
    this.#phase = "closed";
    states.close();
    logs.current?.close();
    manifest?.close();
    await tables.close();
    await this.#background.end();
  }

  async #flushAll(): Promise<void> {
    const { states, fs, directory } = this.core;
    const { flusher } = this.#background;
    const stop = stoppedBy(this.core);
    if (stop !== undefined) throw stop;
    if (!states.current.memtable.isEmpty) this.writer.freezeForClose();
    for (let work = flusher.work(); work !== undefined; work = flusher.work()) await work.finish();
    fs.syncDirectory(directory);
  }

  /** Lets the next opening tell damage from a crash. What was written is safe without it. */
  #seal(): void {
    const { manifest, logs, emitter } = this.core;
    if (stoppedBy(this.core) !== undefined) return;
    try {
      manifest?.seal?.(logs.synced);
    } catch (error) {
      const message = `what is durable could not be written down, so that damage may pass for a crash: ${asError(error).message}`;
      emitter.emit("warning", { message });
    }
  }

  #refuseUnlessWritable(): void {
    const { manifest, logs, directory } = this.core;
    if (this.#phase !== "open") throw this.#closedError();
    if (manifest === undefined) throw new LsmError("READ_ONLY", `${directory} was opened read-only`);
    const stop = stoppedBy(this.core) ?? logs.failure;
    if (stop !== undefined) throw stop;
  }

  #closedError(): LsmError {
    return new LsmError("DATABASE_CLOSED", `${this.core.directory} is closed`);
  }
}
