import { Compactor } from "./compactor.ts";
import type { Core } from "./core.ts";
import { Flusher } from "./flusher.ts";
import { Maintenance } from "./maintenance.ts";
import type { Work } from "./work.ts";

/** What one freeze waits for a compaction: a third of the longest pause that a prompt should make. */
const LEVEL0_WAIT_MS = 30;
/** Writers stand still when L0 is so many times longer than where they slow down. */
const LEVEL0_HARD_STOP_FACTOR = 4;

/** However small memtables are, up to twice this size one counts as one: that much memory is no matter. */
const USUAL_BYTES_MIN: number = 1024 * 1024;

/** Who does the background work of one database, and when: flushes and compactions, in turns or on another thread. */
export class Background {
  readonly flusher: Flusher;
  readonly compactor: Compactor;
  readonly #core: Core;
  readonly #loop: Maintenance;
  readonly #wake: () => void;

  /** `watermark`: the smallest timestamp at which somebody reads or will read. */
  constructor(core: Core, watermark: () => number) {
    this.#core = core;
    this.flusher = new Flusher(core, watermark);
    this.compactor = new Compactor(core, watermark);
    this.#loop = new Maintenance(() => this.#step());
    this.#wake = () => this.#loop.wake();
    core.thread?.retain(this.#wake);
  }

  start(): void {
    this.#loop.start();
  }

  /** Begins nothing more. What is under way goes on only when somebody pushes it. */
  stop(): void {
    this.#loop.stop();
  }

  /** Brings what is under way to its end. An error is told by an event: the loop that would have met it is stopped. */
  async settle(): Promise<void> {
    for (const [work, activity] of [
      [this.compactor.underWay, "compaction"],
      [this.flusher.underWay, "flush"],
    ] as const) {
      await work?.settle();
      if (work?.outcome instanceof Error) this.#report(activity, work.outcome);
    }
  }

  /** Ends for good; nothing may be under way. */
  async end(): Promise<void> {
    this.stop();
    await this.#core.thread?.release(this.#wake);
  }

  /** After a freeze: a writer that never yields takes the thread's answers here, and gives it more to do. */
  pump(): void {
    const flush = this.#dueFlush();
    if (flush?.isDelegated) this.#advance(flush, "flush");
    const compaction = this.compactor.underWay;
    if (compaction?.isDelegated) this.#advance(compaction, "compaction");
    this.#loop.wake();
  }

  /**
   * The write stall (design D13): the writer waits for the background work, or does it itself where no other thread does.
   *
   * A flush is short and waited for whole, which bounds memory. A compaction may take seconds; while L0 is long, each
   * freeze waits a little for it, so that the writer slows to its pace without ever standing still, and only an L0 that
   * grows on regardless makes it wait to the end.
   */
  waitForRoom(): void {
    this.#waitForFlush();
    this.#waitForCompaction();
  }

  #waitForFlush(): void {
    const { memtableStop } = this.#core.options;
    if (this.#frozenMemtables < memtableStop) return;
    const begun = performance.now();
    for (let work = this.flusher.work(); work !== undefined && this.#frozenMemtables >= memtableStop; ) {
      work.finishNow();
      work = this.flusher.work();
    }
    this.#reportStall("memtables", begun);
  }

  #waitForCompaction(): void {
    const { states, options } = this.#core;
    const level0Tables = states.current.tree.level0.length;
    const work = level0Tables < options.level0Stop ? undefined : this.compactor.work();
    if (work === undefined) return;
    const begun = performance.now();
    const isHopeless = level0Tables >= options.level0Stop * LEVEL0_HARD_STOP_FACTOR;
    work.pushFor(isHopeless ? Number.POSITIVE_INFINITY : LEVEL0_WAIT_MS);
    this.#reportStall("level0", begun);
  }

  #reportStall(cause: "memtables" | "level0", begun: number): void {
    const { counters, emitter } = this.#core;
    const waitedMs = performance.now() - begun;
    counters.stalls++;
    counters.stalledMs += waitedMs;
    emitter.emit("stall", { cause, waitedMs });
  }

  /** Some background work. Flush comes first: a full memtable stops writers, many tables only slow readers. */
  #step(): boolean {
    const flush = this.#dueFlush();
    const hasMoved = flush !== undefined && this.#advance(flush, "flush");
    if (flush !== undefined && !flush.isDelegated) return hasMoved;
    const compaction = this.compactor.work();
    return (compaction !== undefined && this.#advance(compaction, "compaction")) || hasMoved;
  }

  #dueFlush(): Work | undefined {
    const { states, options, firstMemtableId } = this.#core;
    const { immutableMemtables } = states.current;
    const oldest = immutableMemtables.at(-1);
    // Without a log for new writes, what older logs held goes to a table at the first chance.
    const isRecovered = options.durability === "none" && oldest !== undefined && oldest.id < firstMemtableId;
    return isRecovered || this.#frozenMemtables >= options.memtableLimit ? this.flusher.work() : this.flusher.underWay;
  }

  /** How many are frozen. One that a value of a gigabyte filled stands for as many as would hold that much. */
  get #frozenMemtables(): number {
    const { states, options } = this.#core;
    const usualBytes = Math.max(options.memtableSizeBytes, USUAL_BYTES_MIN);
    let count = 0;
    for (const { approximateSizeBytes } of states.current.immutableMemtables) {
      count += Math.max(Math.floor(approximateSizeBytes / usualBytes), 1);
    }
    return count;
  }

  /** A failure is tried again at the next tick, not at once: a full disk does not empty within a turn. */
  #advance(work: Work, activity: "flush" | "compaction"): boolean {
    const hasMoved = work.advance();
    if (!(work.outcome instanceof Error)) return hasMoved;
    this.#report(activity, work.outcome);
    return false;
  }

  #report(activity: "flush" | "compaction", error: Error): void {
    this.#core.emitter.emit("backgroundError", { activity, error });
  }
}
