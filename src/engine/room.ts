import { setTimeout as pause } from "node:timers/promises";
import type { Compactor } from "./compactor.ts";
import type { Core } from "./core.ts";
import type { Flusher } from "./flusher.ts";
import type { Work } from "./work.ts";

/** What one freeze waits for a compaction: a third of the longest pause that a prompt should make. */
const LEVEL0_WAIT_MS = 30;
/** How often those who wait without blocking look whether they may go on. */
const LOOK_MS = 5;
/** Writers stand still when L0 is so many times longer than where they slow down. */
const LEVEL0_HARD_STOP_FACTOR = 4;

/** However small memtables are, up to twice this size one counts as one: that much memory is no matter. */
const USUAL_BYTES_MIN: number = 1024 * 1024;

/**
 * Whether there is room for one more frozen memtable, and the wait until there is: the write stall (design D13).
 *
 * A flush is short and waited for whole, which bounds memory. A compaction may take seconds; while L0 is long, each freeze
 * waits a little for it, so that the writer slows to its pace without ever standing still, and only an L0 that grows on
 * regardless makes it wait to the end. Synchronous writers wait by `waitNow`, which does the work itself where no other
 * thread does; asynchronous ones by `wait`, while others go on.
 */
export class Room {
  readonly #core: Core;
  readonly #flusher: Flusher;
  readonly #compactor: Compactor;
  /** Somebody has waited for L0 already: the next freeze need not. */
  #isPaid = false;

  constructor(core: Core, flusher: Flusher, compactor: Compactor) {
    this.#core = core;
    this.#flusher = flusher;
    this.#compactor = compactor;
  }

  /** How many are frozen. One that a value of a gigabyte filled stands for as many as would hold that much. */
  get frozenMemtables(): number {
    const { states, options } = this.#core;
    const usualBytes = Math.max(options.memtableSizeBytes, USUAL_BYTES_MIN);
    let count = 0;
    for (const { approximateSizeBytes } of states.current.immutableMemtables) {
      count += Math.max(Math.floor(approximateSizeBytes / usualBytes), 1);
    }
    return count;
  }

  /** Whether a freeze now need not wait. */
  get isThere(): boolean {
    return !this.#isFull && (this.#isPaid || this.#slowingWork === undefined);
  }

  /** Before a freeze. Throws what prevents the background work. */
  waitNow(): void {
    if (this.#isFull) this.#timed("memtables", () => this.#flushNow());
    const work = this.#isPaid ? undefined : this.#slowingWork;
    this.#isPaid = false;
    if (work === undefined) return;
    this.#timed("level0", () => work.pushFor(this.#isLevel0Hopeless ? Number.POSITIVE_INFINITY : LEVEL0_WAIT_MS));
  }

  /** Resolves when a freeze need not wait, or when nobody wants it any more. Rejects with what prevents the background work. */
  async wait(isWanted: () => boolean): Promise<void> {
    if (this.#isFull) await this.#timedAsync("memtables", () => this.#flushed(isWanted));
    const work = this.#slowingWork;
    if (this.#isPaid || work === undefined || !isWanted()) return;
    await this.#timedAsync("level0", () => this.#compacted(work, isWanted));
    this.#isPaid = true;
  }

  get #isFull(): boolean {
    return this.frozenMemtables >= this.#core.options.memtableStop;
  }

  /** The compaction for which writers slow down; it is begun if need be. */
  get #slowingWork(): Work | undefined {
    const { states, options } = this.#core;
    return states.current.tree.level0.length < options.level0Stop ? undefined : this.#compactor.work();
  }

  get #isLevel0Hopeless(): boolean {
    const { states, options } = this.#core;
    return states.current.tree.level0.length >= options.level0Stop * LEVEL0_HARD_STOP_FACTOR;
  }

  #flushNow(): void {
    while (this.#isFull) this.#flusher.work()?.finishNow();
  }

  async #flushed(isWanted: () => boolean): Promise<void> {
    while (this.#isFull && isWanted()) await this.#flusher.work()?.finish();
  }

  /** Somebody else pushes the work: the loop, or the thread. */
  async #compacted(work: Work, isWanted: () => boolean): Promise<void> {
    const until = this.#isLevel0Hopeless ? Number.POSITIVE_INFINITY : performance.now() + LEVEL0_WAIT_MS;
    while (work.outcome === "running" && isWanted() && performance.now() < until) await pause(LOOK_MS);
    if (work.outcome instanceof Error) throw work.outcome;
  }

  #timed(cause: "memtables" | "level0", wait: () => void): void {
    const begun = performance.now();
    wait();
    this.#report(cause, begun);
  }

  async #timedAsync(cause: "memtables" | "level0", wait: () => Promise<void>): Promise<void> {
    const begun = performance.now();
    await wait();
    this.#report(cause, begun);
  }

  #report(cause: "memtables" | "level0", begun: number): void {
    const { counters, emitter } = this.#core;
    const waitedMs = performance.now() - begun;
    counters.stalls++;
    counters.stalledMs += waitedMs;
    emitter.emit("stall", { cause, waitedMs });
  }
}
