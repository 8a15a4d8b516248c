import { compareKeys } from "../codec/bytes.ts";
import { ENTRY_KIND } from "../key.ts";
import type { CheckedWrite } from "../write/checked-write.ts";
import { asError } from "./as-error.ts";
import { type GroupShape, WriteGroup } from "./write-group.ts";

/** What a group asks of the engine. */
export interface GroupHost {
  /** Whether `applyNext` need not wait. */
  hasRoomFor(group: WriteGroup): boolean;
  /** Applies a group; where there is no room it waits without letting others go on. False while some of it is left. Throws. */
  applyNext(group: WriteGroup): boolean;
  /** After each group: begins another memtable if this one is full and there is room. */
  freezeWithinRoom(): void;
  /** Resolves when there is room for more, or when it is not wanted any more; rejects with what prevents it. */
  waitForRoom(isWanted: () => boolean): Promise<void>;
  /** Resolves when everything applied before is durable. */
  syncApplied(): Promise<void>;
}

/**
 * So much may wait for room, in memory. Whoever writes on without ever waiting for an answer waits in the call from then
 * on, each time for no more than its own batch takes.
 */
const WAITING_BYTES_MAX: number = 32 * 1024 * 1024;

/** So many groups of one turn may come together before its end. */
const GROUPS_PER_TURN_MAX = 8;

const NOW: Promise<void> = Promise.resolve();

/**
 * Group commit (design D11): asynchronous batches of one turn share appends to the log and answers, and those that wait for
 * the disk share one sync. Batches are applied in the order in which they came: at the end of the turn, and before it when
 * they are many, so that what a turn writes does not add up in memory. Where there is no room for one, it and those behind
 * it wait by their promises (design D13).
 */
export class GroupCommit {
  readonly #host: GroupHost;
  readonly #shape: GroupShape;
  /** Those that wait, in order. */
  readonly #groups: WriteGroup[] = [];
  /** The last of them while it takes more, and its promise. */
  #open: WriteGroup | undefined;
  #answer: Promise<void> = NOW;
  /** The wait for room under way. */
  #waiting: Promise<void> | undefined;
  #isApplying = false;
  #sizeBytes = 0;

  constructor(host: GroupHost, shape: GroupShape) {
    this.#host = host;
    this.#shape = shape;
  }

  get isEmpty(): boolean {
    return this.#groups.length === 0;
  }

  /** Whether writes wait for room, and not only for the end of the turn. */
  get isWaiting(): boolean {
    return this.#waiting !== undefined;
  }

  /** Memory that waiting writes take, about. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Of the keys put by waiting writes; undefined when there is none. */
  get largestKey(): Uint8Array | undefined {
    let largest: Uint8Array | undefined;
    for (const { writes } of this.#groups) {
      for (const { kind, key } of writes) {
        if (kind === ENTRY_KIND.put && (largest === undefined || compareKeys(key, largest) > 0)) largest = key;
      }
    }
    return largest;
  }

  /**
   * Resolves when the batch is visible and in the log, and durable where `mustSync` says so: one promise for all batches of
   * a group. `bytes` are those of its keys and values.
   */
  add(writes: readonly CheckedWrite[], mustSync: boolean, bytes: number): Promise<void> {
    const group = this.#open?.takes(bytes, mustSync) === true ? this.#open : this.#begin(mustSync);
    const sizeBefore = group.sizeBytes;
    group.add(writes, bytes);
    this.#sizeBytes += group.sizeBytes - sizeBefore;
    const answer = this.#answer;
    if (group.isFull) this.#open = undefined;
    if (this.#sizeBytes > WAITING_BYTES_MAX) this.#applyWhile(() => this.#sizeBytes > WAITING_BYTES_MAX);
    return answer;
  }

  /** Applies what is waiting, now: a synchronous write comes after the asynchronous ones before it. */
  apply(): void {
    this.#applyWhile(() => true);
  }

  /** Resolves when all that wait now are applied or refused. Those that come later are not waited for. */
  async settled(): Promise<void> {
    const last = this.#groups.at(-1);
    this.#open = undefined;
    while (this.#waiting !== undefined && last?.isWaiting === true) await this.#waiting;
  }

  #begin(mustSync: boolean): WriteGroup {
    if (this.#waiting === undefined && this.#groups.length >= GROUPS_PER_TURN_MAX) this.#applyWithinRoom();
    const group = new WriteGroup(this.#shape, mustSync);
    this.#groups.push(group);
    this.#open = group;
    this.#answer = NOW.then(() => {
      if (group.isWaiting && this.#waiting === undefined) this.#applyWithinRoom();
      return group.answer();
    });
    return group;
  }

  #applyWithinRoom(): void {
    this.#applyWhile((next) => this.#host.hasRoomFor(next));
    if (this.#groups.length > 0 && !this.#isApplying) this.#waiting = this.#waitForRoom();
  }

  async #waitForRoom(): Promise<void> {
    try {
      await this.#host.waitForRoom(() => !this.isEmpty);
    } catch (error) {
      this.#refuseAll(asError(error));
    }
    this.#waiting = undefined;
    this.#applyWithinRoom();
  }

  /**
   * Applies groups in order. An error refuses all that wait. A listener of what this causes may write; then what it writes
   * asynchronously comes last, and a synchronous write of it is not held up by those that wait.
   */
  #applyWhile(mayApply: (next: WriteGroup) => boolean): void {
    if (this.#isApplying) return;
    this.#isApplying = true;
    const unsynced: WriteGroup[] = [];
    try {
      for (let next = this.#groups[0]; next !== undefined && mayApply(next); next = this.#groups[0]) {
        if (next === this.#open) this.#open = undefined;
        if (this.#host.applyNext(next)) {
          this.#leave(next);
          if (next.mustSync) unsynced.push(next);
          else next.end("done");
        }
        this.#host.freezeWithinRoom();
      }
    } catch (error) {
      this.#refuseAll(asError(error));
    }
    this.#isApplying = false;
    if (unsynced.length === 0) return;
    const synced = this.#host.syncApplied();
    for (const group of unsynced) group.end(synced);
  }

  #refuseAll(error: Error): void {
    for (const group of [...this.#groups]) {
      this.#leave(group);
      group.end(error);
    }
    this.#open = undefined;
  }

  /** The first of those that wait waits no more. */
  #leave(group: WriteGroup): void {
    this.#groups.shift();
    this.#sizeBytes -= group.sizeBytes;
  }
}
