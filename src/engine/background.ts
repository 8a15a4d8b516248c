import { Compactor } from "./compactor.ts";
import type { Core } from "./core.ts";
import { Flusher } from "./flusher.ts";
import { Maintenance } from "./maintenance.ts";
import { Room } from "./room.ts";
import type { Work } from "./work.ts";

/** Who does the background work of one database, and when: flushes and compactions, in turns or on another thread. */
export class Background {
  readonly flusher: Flusher;
  readonly compactor: Compactor;
  readonly room: Room;
  readonly #core: Core;
  readonly #loop: Maintenance;
  readonly #wake: () => void;

  /** `watermark`: the smallest timestamp at which somebody reads or will read. */
  constructor(core: Core, watermark: () => number) {
    this.#core = core;
    this.flusher = new Flusher(core, watermark);
    this.compactor = new Compactor(core, watermark);
    this.room = new Room(core, this.flusher, this.compactor);
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
      const failure = work?.takeFailure();
      if (failure !== undefined) this.#report(activity, failure);
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
    return isRecovered || this.room.frozenMemtables >= options.memtableLimit
      ? this.flusher.work()
      : this.flusher.underWay;
  }

  /** A failure is tried again at the next tick, not at once: a full disk does not empty within a turn. */
  #advance(work: Work, activity: "flush" | "compaction"): boolean {
    const hasMoved = work.advance();
    const failure = work.takeFailure();
    if (failure === undefined) return hasMoved;
    this.#report(activity, failure);
    return false;
  }

  #report(activity: "flush" | "compaction", error: Error): void {
    this.#core.emitter.emit("backgroundError", { activity, error });
  }
}
