import { setImmediate as nextTurn } from "node:timers/promises";
import type { SSTable } from "../sstable/sstable.ts";
import type { NewTable } from "../sstable/table-output.ts";
import { asError } from "./as-error.ts";
import type { ThreadJob } from "./background-thread.ts";
import type { RunningJob } from "./job.ts";

/** Input bytes per slice: about 2 ms of writing or merging, so that timers and the prompt stay alive in between. */
export const SLICE_BYTES: number = 256 * 1024;

/** Opening a table of 16 MiB takes about 2 ms. */
const OPENED_PER_TURN = 4;

/** One job, and what its end means. */
export type Task = {
  /** Begins the job on this thread. */
  readonly begin: () => RunningJob;
  /** Opens one table of the result. */
  readonly open: (table: NewTable) => SSTable;
  /** Makes the result part of the database; `opened` are the tables in the same order. */
  readonly install: (tables: readonly NewTable[], opened: readonly SSTable[]) => void;
  /** Removes a result that is not to be part of the database. */
  readonly giveUp: (tables: readonly NewTable[]) => void;
  /** Called once at the end, however it came. */
  readonly release: () => void;
};

/**
 * A job under way, here or on the background thread. Whoever has time pushes it on by `advance` (the background loop, a
 * stalled writer, someone who waits for its end), and whoever needs its end looks at `outcome`; a failure is kept there,
 * so that it reaches the one who asked. A job that its thread lost is begun again here.
 */
export class Work {
  #outcome: "running" | "done" | Error = "running";
  readonly #task: Task;
  #delegated: ThreadJob | undefined;
  #running: RunningJob | undefined;
  /** Written and durable, but not part of the database yet. */
  #tables: readonly NewTable[] | undefined;
  readonly #opened: SSTable[] = [];
  /** Nobody has heard of the failure yet. */
  #isUntold = true;
  #cancellation: Promise<void> | undefined;

  /** `delegated` is the job on the background thread; undefined when it is to be done here. */
  constructor(task: Task, delegated: ThreadJob | undefined) {
    this.#task = task;
    this.#delegated = delegated;
  }

  get outcome(): "running" | "done" | Error {
    return this.#outcome;
  }

  /** Whether another thread does the job, so that `advance` costs nothing but a look at its answers. */
  get isDelegated(): boolean {
    return this.#delegated !== undefined;
  }

  /** Runs one slice, or takes the thread's answer. False when there was nothing to do but wait. Throws nothing. */
  advance(): boolean {
    if (this.#outcome !== "running") return false;
    try {
      if (this.#tables === undefined) {
        const tables = this.#delegated === undefined ? this.#runSlice() : this.#answer(this.#delegated);
        if (tables === "waiting") return false;
        if (tables === "more") return true;
        this.#tables = tables;
      }
      this.#takeOver(this.#tables);
    } catch (error) {
      this.#end(asError(error));
    }
    return true;
  }

  /** The failure, for the first who can tell it: whoever asked for the work hears of it by `finish`. */
  takeFailure(): Error | undefined {
    if (!(this.#outcome instanceof Error) || !this.#isUntold) return undefined;
    this.#isUntold = false;
    return this.#outcome;
  }

  /** Gives the job up between two slices; resolves when none of its files is left. Does nothing once the work has ended. */
  cancel(): Promise<void> {
    this.#cancellation ??= this.#outcome === "running" ? this.#cancel() : Promise.resolve();
    return this.#cancellation;
  }

  async #cancel(): Promise<void> {
    const delegated = this.#delegated;
    this.#running?.cancel();
    for (const table of this.#opened) table.close();
    if (this.#tables !== undefined) this.#task.giveUp(this.#tables);
    this.#isUntold = false;
    this.#end(new Error("the work was cancelled"));
    const tables = await delegated?.cancel();
    if (tables !== undefined && this.#tables === undefined) this.#task.giveUp(tables);
  }

  /** Runs to the end without yielding. Throws the work's error. */
  finishNow(): void {
    this.pushFor(Number.POSITIVE_INFINITY);
  }

  /** Runs without yielding for about so many milliseconds, or to the end. Throws the work's error. */
  pushFor(milliseconds: number): void {
    const until = performance.now() + milliseconds;
    while (this.#outcome === "running" && performance.now() < until) {
      if (!this.advance()) this.#delegated?.waitNow();
    }
    if (!(this.#outcome instanceof Error)) return;
    this.#isUntold = false;
    throw this.#outcome;
  }

  /** Runs to the end, a turn of the event loop between slices. Rejects with the work's error, or with the signal's reason. */
  async finish(signal?: AbortSignal): Promise<void> {
    await this.settle(signal);
    if (this.#outcome === "done") return;
    this.#isUntold = false;
    throw this.#outcome;
  }

  /** `finish` for those who want the work out of the way and leave its error to the one who asked for it. */
  async settle(signal?: AbortSignal): Promise<void> {
    while (this.#outcome === "running") {
      signal?.throwIfAborted();
      if (this.advance()) await nextTurn();
      else await this.#delegated?.wait();
    }
  }

  /** A few tables a time, so that a turn of the event loop stays short however many there are. */
  #takeOver(tables: readonly NewTable[]): void {
    const begun = this.#opened.length;
    for (const table of tables.slice(begun, begun + OPENED_PER_TURN)) this.#opened.push(this.#task.open(table));
    if (this.#opened.length < tables.length) return;
    this.#task.install(tables, this.#opened);
    this.#end("done");
  }

  #runSlice(): "more" | readonly NewTable[] {
    this.#running ??= this.#task.begin();
    return this.#running.run(SLICE_BYTES);
  }

  #answer(job: ThreadJob): "waiting" | "more" | readonly NewTable[] {
    const answer = job.poll();
    if (answer !== "lost") return answer;
    this.#delegated = undefined;
    return "more";
  }

  #end(outcome: "done" | Error): void {
    if (this.#outcome !== "running") return;
    this.#outcome = outcome;
    this.#delegated = undefined;
    this.#running = undefined;
    this.#task.release();
  }
}
