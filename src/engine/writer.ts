import { fingerprint32 } from "../codec/fingerprint32.ts";
import { LsmError } from "../errors.ts";
import { ENTRY_KIND, TIMESTAMP_MAX } from "../key.ts";
import type { Memtable } from "../memtable/memtable.ts";
import { CommittedWrites } from "../mvcc/committed-writes.ts";
import { keyText } from "../mvcc/key-text.ts";
import { type LogBatch, newLogBatch } from "../wal/log-batch.ts";
import type { Wal } from "../wal/wal.ts";
import type { CheckedWrite } from "../write/checked-write.ts";
import { bytesOf, sizeOf, unitsOf, type WriteUnits } from "../write/write-units.ts";
import type { Background } from "./background.ts";
import type { Core } from "./core.ts";
import { GroupCommit } from "./group-commit.ts";
import { MutableMemtable } from "./mutable-memtable.ts";
import { groupShape, type WriteGroup } from "./write-group.ts";

/** A shorter one fits beside whatever a memtable holds that is not full, and needs no memory made ready for it. */
const LARGE_VALUE_BYTES: number = 1024 * 1024;

/**
 * What happens to a write: into the log, then into the memtable, which is frozen when it is full (design D11).
 *
 * Every method throws what `refuse` throws when the database takes no writes.
 */
export class Writer {
  /** Of the newest write. A reader at it sees everything written before it and nothing written after. */
  lastTimestamp: number;
  /** Range deletes written since the database was opened. */
  rangeDeleteCount = 0;
  /** What open transactions are checked against; every write of a batch or of a single call is recorded while there is one. */
  readonly committed: CommittedWrites = new CommittedWrites();
  readonly #core: Core;
  readonly #background: Background;
  readonly #memtable: MutableMemtable;
  readonly #refuse: () => void;
  readonly #group: GroupCommit;
  readonly #batch: LogBatch;

  /** `lastTimestamp`: of the newest entry that the database holds. `refuse` throws unless writes are welcome. */
  constructor(core: Core, background: Background, lastTimestamp: number, refuse: () => void) {
    this.#core = core;
    this.#background = background;
    this.#memtable = new MutableMemtable(core, background);
    this.lastTimestamp = lastTimestamp;
    this.#refuse = refuse;
    this.#batch = newLogBatch(core.format);
    this.#group = new GroupCommit(this, groupShape(core.format, core.options.memtableSizeBytes));
  }

  /**
   * Applies one checked write, a put or a delete; it is visible when this returns. Throws when it was refused, and then
   * nothing was applied.
   */
  write(kind: number, key: Uint8Array, value: Uint8Array): void {
    if (value.length > LARGE_VALUE_BYTES) {
      this.writeBatch([{ kind, key, value }], this.#core.options.durability === "power");
      return;
    }
    this.#refuse();
    if (!this.#group.isEmpty) {
      this.#group.apply();
      // What came before may have met what ends the handle's use; then nothing comes after it.
      this.#refuse();
    }
    const memtable = this.#memtable.withRoom();
    const { current: log } = this.#core.logs;
    const timestamp = timestampAfter(this.lastTimestamp);
    if (log !== undefined) {
      this.#batch.clear();
      this.#batch.begin(timestamp);
      this.#encode(kind, key, value);
      this.#batch.end();
      this.#append(log);
      if (this.#core.options.durability === "power") this.#core.logs.syncNow();
    }
    this.#putInto(memtable, timestamp, kind, key, value);
    this.lastTimestamp = timestamp;
    this.#memtable.freezeIfFull();
  }

  /**
   * Applies checked writes in order. After an error none of them was applied where files have timestamps, and in `plain`
   * a prefix of them. `mustSync`: makes them durable before it returns.
   */
  writeBatch(writes: readonly CheckedWrite[], mustSync: boolean): void {
    this.#refuse();
    const units = unitsOf(this.#core.format, writes);
    this.#refuseTooLarge(writes.length, units.bytes);
    this.applyGroup();
    for (let applied = 0; applied < writes.length; ) {
      applied += this.#applySome(units, applied, mustSync);
      this.#memtable.freezeIfFull();
    }
  }

  /**
   * `writeBatch` of one batch under one timestamp, if `validate` allows it by not throwing. Nothing is written by anybody
   * between its answer and the batch: it is asked when the memtable has room, for making room tells listeners of a
   * freeze, who may write.
   */
  commit(writes: readonly CheckedWrite[], mustSync: boolean, validate: () => void): void {
    this.#refuse();
    const units = unitsOf(this.#core.format, writes);
    this.#refuseTooLarge(writes.length, units.bytes);
    // Asynchronous writes that came before are committed before, so they must be among what is checked against.
    this.applyGroup();
    this.#applySome(units, 0, mustSync, validate);
    this.#memtable.freezeIfFull();
  }

  /**
   * `writeBatch` together with the others of this turn. Where memory or L0 is full, it waits while others go on, and what is
   * written after it waits behind it.
   */
  writeGrouped(writes: readonly CheckedWrite[], mustSync: boolean): Promise<void> {
    try {
      this.#refuse();
      const bytes = bytesOf(writes);
      this.#refuseTooLarge(writes.length, bytes);
      return this.#group.add(writes, mustSync, bytes);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** For `GroupCommit`: whether what is left of the group goes into this memtable, or there is room for another one. */
  hasRoomFor(group: WriteGroup): boolean {
    const { room } = this.#background;
    return room.isThere || !this.#memtable.mustFreezeFor(group.writes.length - group.applied, group.bytes);
  }

  /** For `GroupCommit`: one append to the log. */
  applyNext(group: WriteGroup): boolean {
    if (group.writes.length > 0) group.applied += this.#applySome(group, group.applied, false);
    return group.applied === group.writes.length;
  }

  /** For `GroupCommit`. */
  freezeWithinRoom(): void {
    if (this.#background.room.isThere) this.#memtable.freezeIfFull();
  }

  /** For `GroupCommit`, while there is none. */
  waitForRoom(isWanted: () => boolean): Promise<void> {
    return this.#background.room.wait(isWanted);
  }

  /** Of the writes that wait for room or for the end of the turn; undefined when they put no key. */
  get largestWaitingKey(): Uint8Array | undefined {
    return this.#group.largestKey;
  }

  /** Memory that they take, about. */
  get waitingBytes(): number {
    return this.#group.sizeBytes;
  }

  /** For `GroupCommit`: as `sync`, of what is applied. */
  async syncApplied(): Promise<void> {
    this.#refuse();
    await this.#core.logs.sync();
  }

  /** Whether asynchronous writes wait for room, so that applying them now would hold everybody up. */
  get isGroupWaiting(): boolean {
    return this.#group.isWaiting;
  }

  /** Resolves when the asynchronous writes that wait for room now are applied or refused. */
  groupSettled(): Promise<void> {
    return this.#group.settled();
  }

  /** Resolves when everything written before is durable, as far as there is a log. */
  async sync(): Promise<void> {
    this.#refuse();
    if (this.#group.isWaiting) await this.#group.settled();
    this.applyGroup();
    await this.syncApplied();
  }

  /** Applies the asynchronous writes that wait for the end of the turn. */
  applyGroup(): void {
    this.#group.apply();
  }

  /** Makes the memtable, unless it is empty, immutable and begins a new one. */
  freeze(): void {
    this.#memtable.freeze();
  }

  /** Makes the memtable immutable when the database closes, as `MutableMemtable` does. */
  freezeForClose(): void {
    this.#memtable.freezeForClose();
  }

  /**
   * How many of the writes from `start` on were put into the memtable: all of them, or where they are divisible until it is
   * full, at least one. Writes of a unit are seen together: their timestamp is published after the last of them.
   */
  #applySome(units: WriteUnits, start: number, mustSync: boolean, validate?: () => void): number {
    this.#refuse();
    const { writes, unitEnds, isDivisible } = units;
    const bytes = isDivisible ? sizeOf(writes[start] as CheckedWrite) : units.bytes;
    const memtable = this.#memtable.withRoom(isDivisible ? 1 : writes.length, bytes);
    validate?.();
    const end = isDivisible ? this.#endWithin(memtable, writes, start) : writes.length;
    const { current: log } = this.#core.logs;
    if (log !== undefined) this.#log(log, units, start, end);
    // Before a freeze can end this log's turn.
    if (mustSync) this.#core.logs.syncNow();
    for (let index = start, unit = 0; index < end; unit++) {
      const timestamp = timestampAfter(this.lastTimestamp);
      for (const unitEnd = unitEnds?.[unit] ?? index + 1; index < unitEnd; index++) {
        const { kind, key, value } = writes[index] as CheckedWrite;
        this.#putInto(memtable, timestamp, kind, key, value);
      }
      this.lastTimestamp = timestamp;
    }
    return end - start;
  }

  /** Where the writes from `start` on, of which one fits, have filled the memtable. */
  #endWithin(memtable: Memtable, writes: readonly CheckedWrite[], start: number): number {
    const leftBytes = this.#core.options.memtableSizeBytes - memtable.approximateSizeBytes;
    let bytes = 0;
    for (let end = start; end < writes.length; ) {
      bytes += sizeOf(writes[end] as CheckedWrite);
      if (end > start && !memtable.hasRoomFor(end + 1 - start, bytes)) return end;
      end++;
      if (bytes + (end - start) * memtable.entryOverheadBytes >= leftBytes) return end;
    }
    return writes.length;
  }

  #log(log: Wal, { writes, unitEnds }: WriteUnits, start: number, end: number): void {
    let timestamp = this.lastTimestamp;
    this.#batch.clear();
    for (let index = start, unit = 0; index < end; unit++) {
      this.#batch.begin(timestampAfter(timestamp++));
      for (const unitEnd = unitEnds?.[unit] ?? index + 1; index < unitEnd; index++) {
        const { kind, key, value } = writes[index] as CheckedWrite;
        this.#encode(kind, key, value);
      }
      this.#batch.end();
    }
    this.#append(log);
  }

  #encode(kind: number, key: Uint8Array, value: Uint8Array): void {
    if (kind === ENTRY_KIND.put) this.#batch.put(key, 0, key.length, value, 0, value.length);
    else if (kind === ENTRY_KIND.delete) this.#batch.delete(key, 0, key.length);
    else this.#batch.deleteRange(key, value);
  }

  #putInto(memtable: Memtable, timestamp: number, kind: number, key: Uint8Array, value: Uint8Array): void {
    if (kind === ENTRY_KIND.rangeDelete) {
      this.#deleteRange(memtable, timestamp, key, value);
      return;
    }
    const hash = fingerprint32(key, 0, key.length);
    memtable.put(hash, key, 0, key.length, timestamp, kind, value, 0, value.length);
    if (this.committed.isRecording) this.committed.record(keyText(key, 0, key.length), timestamp);
  }

  #deleteRange(memtable: Memtable, timestamp: number, from: Uint8Array, to: Uint8Array): void {
    memtable.deleteRange(from, to, timestamp, this.#core.readers.timestamps);
    this.rangeDeleteCount++;
    if (!this.committed.isRecording) return;
    this.committed.recordRange(keyText(from, 0, from.length), keyText(to, 0, to.length), timestamp);
  }

  /** Throws INVALID_ARGUMENT for a batch that goes into one memtable and that none can hold. */
  #refuseTooLarge(writes: number, bytes: number): void {
    if (this.#core.format === "plain" || this.#memtable.canHold(writes, bytes)) return;
    throw new LsmError(
      "INVALID_ARGUMENT",
      `the batch has ${writes} writes of ${bytes} bytes, and a batch must fit into 2 GiB of memory: cut it into several`,
    );
  }

  /** Whatever comes of it, the batch lets go of the values that were lent to it. */
  #append(log: Wal): void {
    try {
      log.append(this.#batch);
    } finally {
      this.#batch.clear();
    }
  }
}

/** Throws UNSUPPORTED after the last timestamp that files can hold. No count of writes leads there, a forged file may. */
function timestampAfter(timestamp: number): number {
  if (timestamp < TIMESTAMP_MAX) return timestamp + 1;
  throw new LsmError("UNSUPPORTED", `no timestamp is left after ${timestamp}`);
}
