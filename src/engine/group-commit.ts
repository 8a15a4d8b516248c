import { compareKeys } from "../codec/bytes.ts";
import { ENTRY_KIND } from "../key.ts";
import type { CheckedWrite } from "../write/checked-write.ts";
import { asError } from "./as-error.ts";

/** How many of all writes were applied, from the first on, before an error or a lack of room ended it. */
export type AppliedWrites = { readonly applied: number; readonly error: Error | undefined };

/** What a group asks of the engine. */
export interface GroupHost {
  /** Applies batches in order; waits, without letting others go on, where there is no room. */
  apply(batches: readonly (readonly CheckedWrite[])[]): AppliedWrites;
  /** Applies as many of them as there is room for, none of them in part. */
  applyWithinRoom(batches: readonly (readonly CheckedWrite[])[]): AppliedWrites;
  /** Resolves when there is room for more, or when it is not wanted any more; rejects with what prevents it. */
  waitForRoom(isWanted: () => boolean): Promise<void>;
  /** Resolves when everything applied before is durable. */
  syncApplied(): Promise<void>;
}

type Member = {
  readonly writes: readonly CheckedWrite[];
  readonly mustSync: boolean;
  readonly sizeBytes: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
};

/** So much may wait for room. Whoever writes on without ever waiting for an answer waits in the call from then on. */
const WAITING_BYTES_MAX: number = 64 * 1024 * 1024;
/** Of a batch that waits, with its promise, and of each of its writes, about, besides keys and values. */
const BATCH_OVERHEAD_BYTES = 512;
const WRITE_OVERHEAD_BYTES = 256;

/**
 * Group commit (design D11): asynchronous batches of one turn share one append to the log, and those that wait for the
 * disk share one sync. Batches are applied in the order in which they came. Where there is no room for one, it and those
 * behind it wait by their promises (design D13).
 */
export class GroupCommit {
  readonly #host: GroupHost;
  #members: Member[] = [];
  /** Of the members. */
  #sizeBytes = 0;
  /** The wait for room under way. */
  #waiting: Promise<void> | undefined;
  /** How many members there ever were, and how many of them were applied or refused. */
  #added = 0;
  #ended = 0;

  constructor(host: GroupHost) {
    this.#host = host;
  }

  get isEmpty(): boolean {
    return this.#members.length === 0;
  }

  /** Whether writes wait for room, and not only for the end of the turn. */
  get isWaiting(): boolean {
    return this.#waiting !== undefined;
  }

  /** Of the keys put by waiting writes; undefined when there is none. */
  get largestKey(): Uint8Array | undefined {
    let largest: Uint8Array | undefined;
    for (const { writes } of this.#members) {
      for (const { kind, key } of writes) {
        if (kind === ENTRY_KIND.put && (largest === undefined || compareKeys(key, largest) > 0)) largest = key;
      }
    }
    return largest;
  }

  /** Resolves when the batch is visible and in the log, and durable where `mustSync` says so. `bytes` are those of its keys and values. */
  add(writes: readonly CheckedWrite[], mustSync: boolean, bytes: number): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      if (this.#members.length === 0) queueMicrotask(() => this.#applyWithinRoom());
      const sizeBytes = BATCH_OVERHEAD_BYTES + writes.length * WRITE_OVERHEAD_BYTES + bytes;
      this.#members.push({ writes, mustSync, sizeBytes, resolve, reject });
      this.#added++;
      this.#sizeBytes += sizeBytes;
      if (this.#sizeBytes > WAITING_BYTES_MAX) this.apply();
    });
  }

  /** Applies what is waiting, now: a synchronous write comes after the asynchronous ones before it. */
  apply(): void {
    const members = this.#takeAll();
    if (members.length > 0) this.#end(members, this.#host.apply(members.map((member) => member.writes)));
  }

  /** Resolves when all that wait now are applied or refused. Those that come later are not waited for. */
  async settled(): Promise<void> {
    const added = this.#added;
    while (this.#waiting !== undefined && this.#ended < added) await this.#waiting;
  }

  #applyWithinRoom(): void {
    if (this.#waiting !== undefined) return;
    const members = this.#takeAll();
    if (members.length === 0) return;
    this.#end(members, this.#host.applyWithinRoom(members.map((member) => member.writes)));
    if (this.#members.length > 0) this.#waiting = this.#waitForRoom();
  }

  async #waitForRoom(): Promise<void> {
    try {
      await this.#host.waitForRoom(() => !this.isEmpty);
    } catch (error) {
      this.#end(this.#takeAll(), { applied: 0, error: asError(error) });
    }
    this.#waiting = undefined;
    this.#applyWithinRoom();
  }

  #takeAll(): Member[] {
    const members = this.#members;
    this.#members = [];
    this.#sizeBytes = 0;
    return members;
  }

  /** Answers those that were applied, and after an error those that were not. Others wait on, before any that came meanwhile. */
  #end(members: readonly Member[], { applied, error }: AppliedWrites): void {
    const unsynced: Member[] = [];
    let left = applied;
    let ended = 0;
    for (const member of members) {
      left -= member.writes.length;
      if (left < 0 && error === undefined) break;
      ended++;
      if (left < 0 && error !== undefined) member.reject(error);
      else if (member.mustSync) unsynced.push(member);
      else member.resolve();
    }
    this.#ended += ended;
    this.#putBack(members.slice(ended));
    if (unsynced.length > 0) void this.#sync(unsynced);
  }

  #putBack(members: readonly Member[]): void {
    if (members.length === 0) return;
    this.#members = [...members, ...this.#members];
    for (const { sizeBytes } of members) this.#sizeBytes += sizeBytes;
  }

  async #sync(members: readonly Member[]): Promise<void> {
    try {
      await this.#host.syncApplied();
      for (const member of members) member.resolve();
    } catch (error) {
      for (const member of members) member.reject(asError(error));
    }
  }
}
