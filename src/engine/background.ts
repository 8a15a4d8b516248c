import { Compactor } from "./compactor.ts";
import type { Core } from "./core.ts";
import { Flusher } from "./flusher.ts";
import { Maintenance } from "./maintenance.ts";
import type { Work } from "./work.ts";

/** Who does the background work of one database, and when: flushes and compactions, in turns or on another thread. */
export class Background {
  readonly flusher: Flusher;
  readonly compactor: Compactor;
  readonly #core: Core;
  readonly #loop: Maintenance;
  readonly #wake: () => void;

  constructor(core: Core) {
    this.#core = core;
    this.flusher = new Flusher(core);
    this.compactor = new Compactor(core);
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

  /** The write stall (design D13): the writer waits for the background work, or does it itself where no other thread does. */
  waitForRoom(): void {
    this.#stallWhile("memtables", () => {
      const isFull = this.#core.states.current.immutableMemtables.length >= this.#core.options.memtableStop;
      return isFull ? this.flusher.work() : undefined;
    });
    this.#stallWhile("level0", () => {
      const isFull = this.#core.states.current.tree.level0.length >= this.#core.options.level0Stop;
      return isFull ? this.compactor.work() : undefined;
    });
  }

  /** Finishes what `blocking` names until it names nothing. */
  #stallWhile(cause: "memtables" | "level0", blocking: () => Work | undefined): void {
    const begun = performance.now();
    let work = blocking();
    if (work === undefined) return;
    for (; work !== undefined; work = blocking()) work.finishNow();
    const waitedMs = performance.now() - begun;
    const { counters, emitter } = this.#core;
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
    const { states, options } = this.#core;
    const { immutableMemtables } = states.current;
    // Without a log for new writes, what older logs held goes to a table at the first chance.
    const limit = options.durability === "none" && this.#core.logs.isNeeded ? 1 : options.memtableLimit;
    const isDue = immutableMemtables.length >= limit;
    return isDue ? this.flusher.work() : this.flusher.underWay;
  }

  /** A failure is tried again at the next tick, not at once: a full disk does not empty within a turn. */
  #advance(work: Work, activity: "flush" | "compaction"): boolean {
    const hasMoved = work.advance();
    if (!(work.outcome instanceof Error)) return hasMoved;
    this.#core.emitter.emit("backgroundError", { activity, error: work.outcome });
    return false;
  }
}
