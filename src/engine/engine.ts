import { fingerprint32 } from "../codec/fingerprint32.ts";
import { LsmError } from "../errors.ts";
import type { LookupResult } from "../iterator/storage-iterator.ts";
import { Memtable } from "../memtable/memtable.ts";
import type { DatabaseFormat } from "../options.ts";
import { lookUp } from "../read/look-up.ts";
import { withMemtables } from "../state/lsm-state.ts";
import { Compactor } from "./compactor.ts";
import { type Core, record } from "./core.ts";
import { Flusher } from "./flusher.ts";
import { Maintenance } from "./maintenance.ts";
import type { Work } from "./work.ts";

/** The memtable counts a timestamp per entry where files hold one. */
const ENTRY_OVERHEAD_BYTES: { readonly [format in DatabaseFormat]: number } = { plain: 0, mvcc: 8 };

export function newMemtable(id: number, format: DatabaseFormat): Memtable {
  return new Memtable(id, { entryOverheadBytes: ENTRY_OVERHEAD_BYTES[format] });
}

/**
 * One open database: what happens to a write, and who does the background work.
 *
 * A change of state is one assignment between two reads (design D4), so readers never wait. Writes and everything that
 * changes the tree run to their end before anything else does; jobs that take long are cut into slices (`work.ts`).
 */
export class Engine {
  readonly core: Core;
  /** Of the newest write. A reader at it sees everything written before it and nothing written after. */
  lastTimestamp = 0;
  #phase: "open" | "closing" | "closed" = "open";
  readonly #flusher: Flusher;
  readonly #compactor: Compactor;
  readonly #maintenance: Maintenance;
  readonly #wake: () => void;

  constructor(core: Core) {
    this.core = core;
    this.#flusher = new Flusher(core);
    this.#compactor = new Compactor(core);
    this.#maintenance = new Maintenance(() => this.#step());
    this.#wake = () => this.#maintenance.wake();
    core.thread?.retain(this.#wake);
    if (!core.options.readOnly) this.#maintenance.start();
  }

  get isClosed(): boolean {
    return this.#phase === "closed";
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

  /** Applies one checked write; it is visible when this returns. Throws when it was refused, and then nothing was applied. */
  write(
    kind: number,
    key: Uint8Array,
    keyStart: number,
    keyEnd: number,
    value: Uint8Array,
    valueStart: number,
    valueEnd: number,
  ): void {
    const { core } = this;
    if (this.#phase !== "open" || core.manifest === undefined || core.manifest.failure !== undefined)
      this.#refuseWrites();
    const limit = core.options.memtableSizeBytes;
    // Full already: an earlier freeze failed. Its cause must be gone before more memory is taken.
    if (core.states.current.memtable.approximateSizeBytes >= limit) this.#freeze();

    const { memtable } = core.states.current;
    const hash = fingerprint32(key, keyStart, keyEnd);
    memtable.put(hash, key, keyStart, keyEnd, ++this.lastTimestamp, kind, value, valueStart, valueEnd);
    if (memtable.approximateSizeBytes >= limit) this.#freezeAfterWrite();
  }

  /** Freezes what was written and flushes the oldest frozen memtable, as the reference's `force_flush`. */
  async flush(): Promise<void> {
    this.#refuseUnlessWritable();
    await this.#flusher.underWay?.finish();
    this.#refuseUnlessWritable();
    if (!this.core.states.current.memtable.isEmpty) this.#freeze();
    await this.#flusher.work()?.finish();
  }

  /** Merges all tables into level 1. Rejects with the signal's reason when aborted; then nothing has changed. */
  async compact(signal?: AbortSignal): Promise<void> {
    this.#refuseUnlessWritable();
    while (this.#compactor.underWay !== undefined) await this.#compactor.underWay.settle();
    this.#refuseUnlessWritable();
    const work = this.#compactor.beginFull();
    try {
      await work.finish(signal);
    } catch (error) {
      work.cancel();
      throw error;
    }
  }

  /**
   * Ends the background work and writes every memtable to a table. After a failure the database is open as before, so
   * that the caller can make room and close again.
   */
  async close(): Promise<void> {
    if (this.#phase !== "open") return;
    this.#phase = "closing";
    this.#maintenance.stop();
    try {
      await this.#compactor.underWay?.finish();
      if (this.core.manifest !== undefined) await this.#flushAll();
    } catch (error) {
      this.#phase = "open";
      this.#maintenance.start();
      throw error;
    }
    this.#phase = "closed";
    this.core.manifest?.close();
    this.core.tables.close();
    await this.core.thread?.release(this.#wake);
  }

  async #flushAll(): Promise<void> {
    const { states, options, fs, directory } = this.core;
    const before = states.current;
    if (!before.memtable.isEmpty) {
      // The memtable that takes its place is never written to, so the manifest need not know of it.
      before.memtable.freeze();
      const next = newMemtable(this.core.ids.take(), options.format);
      states.install(withMemtables(before, next, [before.memtable, ...before.immutableMemtables]));
    }
    for (let work = this.#flusher.work(); work !== undefined; work = this.#flusher.work()) await work.finish();
    fs.syncDirectory(directory);
  }

  /** Makes the memtable immutable and begins a new one; the record is durable before anything is written to that one. */
  #freeze(): void {
    const { states, options, emitter, counters } = this.core;
    this.#waitForRoom();
    const id = this.core.ids.take();
    record(this.core, { kind: "newMemtable", id });
    const before = states.current;
    before.memtable.freeze();
    states.install(
      withMemtables(before, newMemtable(id, options.format), [before.memtable, ...before.immutableMemtables]),
    );
    counters.freezes++;
    emitter.emit("freeze", { id: before.memtable.id, sizeBytes: before.memtable.approximateSizeBytes });
    this.#pump();
    this.#maintenance.wake();
  }

  /** The write itself is done and stays done; a freeze that fails is reported and tried again before the next write. */
  #freezeAfterWrite(): void {
    try {
      this.#freeze();
    } catch (error) {
      this.core.emitter.emit("backgroundError", { activity: "flush", error: asError(error) });
    }
  }

  /** The write stall (design D13): the writer waits for the background work, or does it itself where no other thread does. */
  #waitForRoom(): void {
    this.#stallWhile("memtables", () => {
      const isFull = this.core.states.current.immutableMemtables.length >= this.core.options.memtableStop;
      return isFull ? this.#flusher.work() : undefined;
    });
    this.#stallWhile("level0", () => {
      const isFull = this.core.states.current.tree.level0.length >= this.core.options.level0Stop;
      return isFull ? this.#compactor.work() : undefined;
    });
  }

  /** Finishes what `blocking` names until it names nothing. */
  #stallWhile(cause: "memtables" | "level0", blocking: () => Work | undefined): void {
    const begun = performance.now();
    let work = blocking();
    if (work === undefined) return;
    for (; work !== undefined; work = blocking()) work.finishNow();
    const waitedMs = performance.now() - begun;
    const { counters, emitter } = this.core;
    counters.stalls++;
    counters.stalledMs += waitedMs;
    emitter.emit("stall", { cause, waitedMs });
  }

  /** Some background work. Flush comes first: a full memtable stops writers, many tables only slow readers. */
  #step(): boolean {
    const flush = this.#dueFlush();
    const hasMoved = flush !== undefined && this.#advance(flush, "flush");
    if (flush !== undefined && !flush.isDelegated) return hasMoved;
    const compaction = this.#compactor.work();
    return (compaction !== undefined && this.#advance(compaction, "compaction")) || hasMoved;
  }

  /** What a writer does that may never yield: takes the thread's answers and gives it more to do. */
  #pump(): void {
    const flush = this.#dueFlush();
    if (flush?.isDelegated) this.#advance(flush, "flush");
    const compaction = this.#compactor.underWay;
    if (compaction?.isDelegated) this.#advance(compaction, "compaction");
  }

  #dueFlush(): Work | undefined {
    const { states, options } = this.core;
    const isDue = states.current.immutableMemtables.length >= options.memtableLimit;
    return isDue ? this.#flusher.work() : this.#flusher.underWay;
  }

  /** A failure is tried again at the next tick, not at once: a full disk does not empty within a turn. */
  #advance(work: Work, activity: "flush" | "compaction"): boolean {
    const hasMoved = work.advance();
    if (!(work.outcome instanceof Error)) return hasMoved;
    this.core.emitter.emit("backgroundError", { activity, error: work.outcome });
    return false;
  }

  #refuseUnlessWritable(): void {
    const { manifest } = this.core;
    if (this.#phase !== "open" || manifest === undefined || manifest.failure !== undefined) this.#refuseWrites();
  }

  #refuseWrites(): never {
    const { manifest, directory } = this.core;
    if (this.#phase !== "open") throw this.#closedError();
    if (manifest === undefined) throw new LsmError("READ_ONLY", `${directory} was opened read-only`);
    throw manifest.failure;
  }

  #closedError(): LsmError {
    return new LsmError("DATABASE_CLOSED", `${this.core.directory} is closed`);
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
