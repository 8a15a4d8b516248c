import type { CommittedWrites } from "../mvcc/committed-writes.ts";
import type { LsmState } from "../state/lsm-state.ts";
import type { Core } from "./core.ts";

/** The reader that has been open for longest. */
export type OldestReader = {
  readonly kind: "cursor" | "snapshot" | "transaction";
  /** At which it reads. */
  readonly timestamp: number;
  readonly ageMs: number;
};

/** What is held while somebody reads, and lets nothing of what it sees go. @internal */
export type Hold = Pick<OldestReader, "kind" | "timestamp"> & {
  /** The state that is pinned for it, until it is released. */
  state: LsmState | undefined;
  /** Who remembers writes for it. */
  readonly committed: CommittedWrites | undefined;
  isOpen: boolean;
  /** When it was noticed, in the clock of `performance`: at the end of the turn in which it began. */
  since: number;
  /** Whoever holds it, while it is new. */
  holder: object | undefined;
};

/** As many may be new at once before they are looked through. */
const NEW_HOLDS_MAX = 1024;

/**
 * Who reads, and what is kept for it (design D5): states, and with them tables on disk; versions; the memory of writes.
 *
 * Most readers end in the turn in which they began, and cost no more than a place in a list. Those that outlive it are
 * known by age, and watched: one that nobody can reach any more is let go of, with a warning, when the garbage collector
 * finds it. That is a safety net: until then it costs what an open one costs.
 *
 * @internal
 */
export class Holds {
  readonly #core: Core;
  readonly #isClosed: () => boolean;
  #new: Hold[] = [];
  #turn: NodeJS.Immediate | undefined;
  /** Open ones that are no longer new, the oldest first. */
  readonly #watched = new Set<Hold>();
  readonly #collected = new FinalizationRegistry<Hold>((hold) => this.#recover(hold));

  constructor(core: Core, isClosed: () => boolean) {
    this.#core = core;
    this.#isClosed = isClosed;
  }

  /** The timestamp is that of the newest write, or one at which somebody reads already. `holder` ends it by `release`. */
  take(holder: object, what: Pick<Hold, "kind" | "timestamp"> & Partial<Pick<Hold, "state" | "committed">>): Hold {
    const { kind, timestamp, state, committed } = what;
    this.#core.readers.register(timestamp);
    committed?.beginTransaction(timestamp);
    const hold: Hold = { kind, timestamp, state, committed, isOpen: true, since: 0, holder };
    if (this.#new.push(hold) >= NEW_HOLDS_MAX) this.#watchNew();
    else this.#turn ??= setImmediate(() => this.#watchNew()).unref();
    return hold;
  }

  /** Lets go of what is held. Calling it again does nothing. */
  release(hold: Hold): void {
    if (!hold.isOpen) return;
    hold.isOpen = false;
    if (hold.holder === undefined) {
      this.#watched.delete(hold);
      this.#collected.unregister(hold);
    }
    hold.holder = undefined;
    if (hold.state !== undefined) this.#core.states.unpin(hold.state);
    hold.state = undefined;
    this.#core.readers.release(hold.timestamp);
    hold.committed?.endTransaction(hold.timestamp);
  }

  /** undefined when nobody reads. */
  get oldest(): OldestReader | undefined {
    this.#watchNew();
    const [oldest] = this.#watched;
    if (oldest === undefined) return undefined;
    return { kind: oldest.kind, timestamp: oldest.timestamp, ageMs: performance.now() - oldest.since };
  }

  #watchNew(): void {
    clearImmediate(this.#turn);
    this.#turn = undefined;
    const since = performance.now();
    for (const hold of this.#new.splice(0)) {
      if (hold.holder === undefined) continue;
      hold.since = since;
      this.#watched.add(hold);
      this.#collected.register(hold.holder, hold, hold);
      hold.holder = undefined;
    }
  }

  #recover(hold: Hold): void {
    if (!hold.isOpen) return;
    const seconds = Math.round((performance.now() - hold.since) / 1000);
    this.release(hold);
    if (this.#isClosed()) return;
    const message = `a ${hold.kind} that nobody can reach any more was still open after ${seconds} s, and is closed now: close each one, since until then tables and old versions stay`;
    this.#core.emitter.emit("warning", { message });
  }
}
