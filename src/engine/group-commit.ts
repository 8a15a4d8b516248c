import type { CheckedWrite } from "../write/checked-write.ts";
import { asError } from "./as-error.ts";

/** What a group asks of the engine. */
export interface GroupHost {
  /** Applies batches in order and says how many of all their writes before an error ended it. */
  apply(batches: readonly (readonly CheckedWrite[])[]): { readonly applied: number; readonly error: Error | undefined };
  /** Resolves when everything applied before is durable. */
  sync(): Promise<void>;
}

type Member = {
  readonly writes: readonly CheckedWrite[];
  readonly mustSync: boolean;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
};

/**
 * Group commit (design D11): asynchronous batches of one turn share one append to the log, and those that wait for the
 * disk share one sync. Batches are applied in the order in which they came.
 */
export class GroupCommit {
  readonly #host: GroupHost;
  #members: Member[] = [];

  constructor(host: GroupHost) {
    this.#host = host;
  }

  get isEmpty(): boolean {
    return this.#members.length === 0;
  }

  /** Resolves when the batch is visible and in the log, and durable where `mustSync` says so. */
  add(writes: readonly CheckedWrite[], mustSync: boolean): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      if (this.#members.length === 0) queueMicrotask(() => this.apply());
      this.#members.push({ writes, mustSync, resolve, reject });
    });
  }

  /** Applies what is waiting, now: a synchronous write comes after the asynchronous ones before it. */
  apply(): void {
    const members = this.#members;
    if (members.length === 0) return;
    this.#members = [];
    let { applied, error } = this.#host.apply(members.map((member) => member.writes));
    const unsynced: Member[] = [];
    for (const member of members) {
      applied -= member.writes.length;
      if (applied < 0 && error !== undefined) member.reject(error);
      else if (member.mustSync) unsynced.push(member);
      else member.resolve();
    }
    if (unsynced.length > 0) void this.#sync(unsynced);
  }

  async #sync(members: readonly Member[]): Promise<void> {
    try {
      await this.#host.sync();
      for (const member of members) member.resolve();
    } catch (error) {
      for (const member of members) member.reject(asError(error));
    }
  }
}
