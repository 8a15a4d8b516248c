import { fingerprint32 } from "../codec/fingerprint32.ts";
import { LsmError } from "../errors.ts";
import { ENTRY_KIND, TIMESTAMP_MAX } from "../key.ts";
import type { Memtable } from "../memtable/memtable.ts";
import { CommittedWrites } from "../mvcc/committed-writes.ts";
import { keyText } from "../mvcc/key-text.ts";
import { withMemtables } from "../state/lsm-state.ts";
import { type LogBatch, newLogBatch } from "../wal/log-batch.ts";
import type { Wal } from "../wal/wal.ts";
import type { CheckedWrite } from "../write/checked-write.ts";
import { type WriteUnits, writeUnits } from "../write/write-units.ts";
import { asError } from "./as-error.ts";
import type { Background } from "./background.ts";
import { type Core, record } from "./core.ts";
import { GroupCommit } from "./group-commit.ts";
import { newMemtable } from "./new-memtable.ts";

/**
 * What happens to a write: into the log, then into the memtable, which is frozen when it is full (design D11).
 *
 * Every method throws what `refuse` throws when the database takes no writes.
 */
export class Writer {
  /** Of the newest write. A reader at it sees everything written before it and nothing written after. */
  lastTimestamp: number;
  /** What open transactions are checked against; every write of a batch or of a single call is recorded while there is one. */
  readonly committed: CommittedWrites = new CommittedWrites();
  readonly #core: Core;
  readonly #background: Background;
  readonly #refuse: () => void;
  readonly #group: GroupCommit = new GroupCommit(this);
  readonly #batch: LogBatch;
  /** Whether the manifest knows the mutable memtable, which must be so before anything is written to it. */
  #isAnnounced = true;

  /** `lastTimestamp`: of the newest entry that the database holds. `refuse` throws unless writes are welcome. */
  constructor(core: Core, background: Background, lastTimestamp: number, refuse: () => void) {
    this.#core = core;
    this.#background = background;
    this.lastTimestamp = lastTimestamp;
    this.#refuse = refuse;
    this.#batch = newLogBatch(core.format);
  }

  /** Applies one checked write; it is visible when this returns. Throws when it was refused, and then nothing was applied. */
  write(kind: number, key: Uint8Array, value: Uint8Array): void {
    this.#refuse();
    if (!this.#group.isEmpty) this.#group.apply();
    const memtable = this.#memtableWithRoom();
    const { current: log } = this.#core.logs;
    const timestamp = timestampAfter(this.lastTimestamp);
    if (log !== undefined) {
      this.#batch.clear();
      this.#batch.begin(timestamp);
      this.#encode(kind, key, value);
      this.#batch.end();
      this.#append(log);
      if (this.#core.options.durability === "power") log.sync();
    }
    this.#putInto(memtable, timestamp, kind, key, value);
    this.lastTimestamp = timestamp;
    if (memtable.approximateSizeBytes >= this.#core.options.memtableSizeBytes) this.#freezeAfterWrite();
  }

  /**
   * Applies checked writes in order. After an error none of them was applied where files have timestamps, and in `plain`
   * a prefix of them. `mustSync`: makes them durable before it returns.
   */
  writeBatch(writes: readonly CheckedWrite[], mustSync: boolean): void {
    this.#refuse();
    this.applyGroup();
    const units = writeUnits(this.#core.format, [writes]);
    for (let applied = 0; applied < writes.length; ) applied += this.#applySome(units, applied, mustSync);
  }

  /**
   * `writeBatch` of one batch under one timestamp, if `validate` allows it by not throwing. Nothing is written by anybody
   * between its answer and the batch: it is asked when the memtable has room, for making room tells listeners of a
   * freeze, who may write.
   */
  commit(writes: readonly CheckedWrite[], mustSync: boolean, validate: () => void): void {
    this.#refuse();
    // Asynchronous writes that came before are committed before, so they must be among what is checked against.
    this.applyGroup();
    this.#applySome(writeUnits(this.#core.format, [writes]), 0, mustSync, validate);
  }

  /** `writeBatch` together with the others of this turn. */
  async writeGrouped(writes: readonly CheckedWrite[], mustSync: boolean): Promise<void> {
    this.#refuse();
    await this.#group.add(writes, mustSync);
  }

  /** For `GroupCommit`: one append to the log for as many writes as go into one memtable. */
  apply(batches: readonly (readonly CheckedWrite[])[]): {
    readonly applied: number;
    readonly error: Error | undefined;
  } {
    const units = writeUnits(this.#core.format, batches);
    let applied = 0;
    try {
      while (applied < units.writes.length) applied += this.#applySome(units, applied, false);
      return { applied, error: undefined };
    } catch (error) {
      return { applied, error: asError(error) };
    }
  }

  /** Resolves when everything written before is durable, as far as there is a log. */
  async sync(): Promise<void> {
    this.#refuse();
    this.applyGroup();
    await this.#core.logs.sync();
  }

  /** Applies the asynchronous writes that wait for the end of the turn. */
  applyGroup(): void {
    this.#group.apply();
  }

  /** Makes the memtable, unless it is empty, immutable and begins a new one; the record is durable before anything is written to that one. */
  freeze(): void {
    const { states, format, emitter, counters, ids, logs } = this.#core;
    this.#background.waitForRoom();
    // Whoever was told of the wait may have written, and filled it.
    if (states.current.memtable.isEmpty) return;
    const id = ids.take();
    const log = this.#announce(id);
    const before = states.current;
    before.memtable.freeze();
    const next = newMemtable(id, format, before.memtable);
    states.install(withMemtables(before, next, [before.memtable, ...before.immutableMemtables]));
    logs.switchTo(log);
    counters.freezes++;
    emitter.emit("freeze", { id: before.memtable.id, sizeBytes: before.memtable.approximateSizeBytes });
    this.#background.pump();
  }

  /**
   * Makes the memtable immutable when the database closes. The one that takes its place is not announced, as nothing is
   * written to it unless the close fails; then its first write announces it.
   */
  freezeForClose(): void {
    const { states, format, ids } = this.#core;
    const before = states.current;
    before.memtable.freeze();
    const next = newMemtable(ids.take(), format);
    states.install(withMemtables(before, next, [before.memtable, ...before.immutableMemtables]));
    this.#isAnnounced = false;
  }

  /** Makes the log of a new memtable and tells the manifest of it. */
  #announce(id: number): Wal | undefined {
    const { manifest, logs } = this.#core;
    const log = logs.create(id);
    try {
      record(this.#core, { kind: "newMemtable", id });
    } catch (error) {
      // A manifest whose state is unknown may hold the record, and then the log must be there.
      if (manifest?.failure === undefined) logs.takeBack(id, log);
      else log?.close();
      throw error;
    }
    return log;
  }

  /**
   * How many of the writes from `start` on were put into the memtable: units until it is full, at least one. Then it is
   * frozen. Writes of a unit are seen together: their timestamp is published after the last of them.
   */
  #applySome({ writes, endOf }: WriteUnits, start: number, mustSync: boolean, validate?: () => void): number {
    this.#refuse();
    const memtable = this.#memtableWithRoom();
    validate?.();
    const limit = this.#core.options.memtableSizeBytes;
    const { current: log } = this.#core.logs;
    let end = start;
    let timestamp = this.lastTimestamp;
    this.#batch.clear();
    for (let sizeBytes = memtable.approximateSizeBytes; end < writes.length && sizeBytes < limit; ) {
      this.#batch.begin(timestampAfter(timestamp++));
      for (const unitEnd = endOf(end); end < unitEnd; end++) {
        const { kind, key, value } = writes[end] as CheckedWrite;
        this.#encode(kind, key, value);
        sizeBytes += key.length + value.length + memtable.entryOverheadBytes;
      }
      this.#batch.end();
    }
    this.#append(log);
    // Before a freeze can end this log's turn.
    if (mustSync) log?.sync();
    for (let index = start; index < end; ) {
      const unitTimestamp = this.lastTimestamp + 1;
      for (const unitEnd = endOf(index); index < unitEnd; index++) {
        const { kind, key, value } = writes[index] as CheckedWrite;
        this.#putInto(memtable, unitTimestamp, kind, key, value);
      }
      this.lastTimestamp = unitTimestamp;
    }
    if (memtable.approximateSizeBytes >= limit) this.#freezeAfterWrite();
    return end - start;
  }

  #encode(kind: number, key: Uint8Array, value: Uint8Array): void {
    if (kind === ENTRY_KIND.put) this.#batch.put(key, 0, key.length, value, 0, value.length);
    else if (kind === ENTRY_KIND.delete) this.#batch.delete(key, 0, key.length);
    else this.#batch.deleteRange(key, value);
  }

  #putInto(memtable: Memtable, timestamp: number, kind: number, key: Uint8Array, value: Uint8Array): void {
    const hash = fingerprint32(key, 0, key.length);
    memtable.put(hash, key, 0, key.length, timestamp, kind, value, 0, value.length);
    if (this.committed.isRecording) this.committed.record(keyText(key, 0, key.length), timestamp);
  }

  /** Whatever comes of it, the batch lets go of the values that were lent to it. */
  #append(log: Wal | undefined): void {
    try {
      log?.append(this.#batch);
    } finally {
      this.#batch.clear();
    }
  }

  /** The mutable memtable. When it is full an earlier freeze has failed, whose cause must be gone before more memory is taken. */
  #memtableWithRoom(): Memtable {
    const { states, options, logs } = this.#core;
    if (!this.#isAnnounced) {
      logs.switchTo(this.#announce(states.current.memtable.id));
      this.#isAnnounced = true;
    }
    if (states.current.memtable.approximateSizeBytes >= options.memtableSizeBytes) this.freeze();
    return states.current.memtable;
  }

  /** The write itself is done and stays done; a freeze that fails is reported and tried again before the next write. */
  #freezeAfterWrite(): void {
    try {
      this.freeze();
    } catch (error) {
      this.#core.emitter.emit("backgroundError", { activity: "flush", error: asError(error) });
    }
  }
}

/** Throws UNSUPPORTED after the last timestamp that files can hold. No count of writes leads there, a forged file may. */
function timestampAfter(timestamp: number): number {
  if (timestamp < TIMESTAMP_MAX) return timestamp + 1;
  throw new LsmError("UNSUPPORTED", `no timestamp is left after ${timestamp}`);
}
