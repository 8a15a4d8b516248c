import { pickRange, RANGE_BEGIN, type RangeProgress } from "../compaction/pick-range.ts";
import type { CompactionTask } from "../manifest/edit.ts";
import type { KeyRange } from "../read/key-range.ts";
import { tableOf } from "../state/lsm-state.ts";
import type { Compactor } from "./compactor.ts";
import type { Core } from "./core.ts";
import type { Work } from "./work.ts";

/** A step of a range takes so many tables at most from its upper level: writers wait no longer for a compaction of L0. */
const STEP_TABLES = 4;

/** What a compaction of a range needs from its engine. */
export type ManualCompactionHost = {
  /** Throws where nothing may be written. */
  readonly refuse: () => void;
  /** Writes to tables what is in memory now; `check` is called before each table. */
  readonly flushWritten: (check: () => void, signal: AbortSignal | undefined) => Promise<void>;
};

/**
 * Compactions that somebody asked for, in turns with those of the background: one task at a time, each of them recorded
 * when it ends, so that whatever ends the compaction leaves what is finished.
 */
export class ManualCompaction {
  readonly #core: Core;
  readonly #compactor: Compactor;
  readonly #host: ManualCompactionHost;
  /** Compactions of ranges under way, each with what ends it. */
  readonly #ranges = new Map<Promise<void>, AbortController>();

  constructor(core: Core, compactor: Compactor, host: ManualCompactionHost) {
    this.#core = core;
    this.#compactor = compactor;
    this.#host = host;
  }

  /** Merges all tables into one run. Rejects with the signal's reason when aborted; then finished steps stay, and no other change. */
  async compact(signal: AbortSignal | undefined): Promise<void> {
    this.#host.refuse();
    const compactor = this.#compactor;
    // One step per level at most: tables that are flushed meanwhile are not waited for.
    const stepsMax = this.#core.states.current.tree.levels.length + 1;
    for (let step = 0; step < stepsMax; step++) {
      if (compactor.underWay !== undefined) await this.#outOfTheWay(compactor.underWay, signal);
      const task = compactor.fullStep(step);
      if (task === undefined) return;
      this.#host.refuse();
      await finishOrCancel(compactor.begin(task), signal);
    }
  }

  /**
   * Writes what is in memory to tables, and merges those that overlap the range down as far as it goes. Rejects as `compact`
   * does, and with DATABASE_CLOSED when the database is closed meanwhile, which does not wait for it.
   */
  async compactRange(range: KeyRange, given: AbortSignal | undefined): Promise<void> {
    const end = new AbortController();
    const compaction = this.#compactRange(
      range,
      given === undefined ? end.signal : AbortSignal.any([given, end.signal]),
    );
    this.#ranges.set(compaction, end);
    try {
      await compaction;
    } finally {
      this.#ranges.delete(compaction);
    }
  }

  /** Ends compactions of ranges that are under way: they reject with the error. Resolves when nothing of them is left. */
  async endRanges(error: Error): Promise<void> {
    for (const end of this.#ranges.values()) end.abort(error);
    await Promise.allSettled(this.#ranges.keys());
  }

  async #compactRange(range: KeyRange, signal: AbortSignal): Promise<void> {
    const check = (): void => {
      signal.throwIfAborted();
      this.#host.refuse();
    };
    check();
    await this.#host.flushWritten(check, signal);
    await this.#mergeDown(range, check, signal);
  }

  async #mergeDown(range: KeyRange, check: () => void, signal: AbortSignal): Promise<void> {
    const tablesBefore = this.#core.states.current.tables;
    let at = RANGE_BEGIN;
    for (;;) {
      await this.#giveWay(signal);
      check();
      const step = this.#next(range, at, (id) => tablesBefore.has(id));
      if (step === undefined) return;
      await finishOrCancel(this.#compactor.begin(step.task), signal);
      at = step.next;
    }
  }

  /** Before each step the strategy has its turn: a long compaction must not keep L0 full. */
  async #giveWay(signal: AbortSignal): Promise<void> {
    await this.#outOfTheWay(this.#compactor.work(), signal);
  }

  /** Brings this compaction of the strategy's to its end, and any that begins meanwhile. Nobody asked for them, so that an event tells when one fails. */
  async #outOfTheWay(first: Work | undefined, signal: AbortSignal | undefined): Promise<void> {
    for (let work = first; work !== undefined; work = this.#compactor.underWay) {
      await work.settle(signal);
      const error = work.takeFailure();
      if (error !== undefined) this.#core.emitter.emit("backgroundError", { activity: "compaction", error });
    }
  }

  #next(
    range: KeyRange,
    at: RangeProgress,
    isMeant: (id: number) => boolean,
  ): { readonly task: CompactionTask; readonly next: RangeProgress } | undefined {
    const { states, options, format } = this.#core;
    const { tree, tables } = states.current;
    const table = (id: number) => tableOf(tables, id);
    const compaction = {
      range,
      strategy: options.compaction.strategy,
      format,
      stepSizeBytes: options.tableSizeBytes * STEP_TABLES,
      // Those of tables that this compaction has made are needed by some reader.
      holdsDeletes: (id: number) => {
        const { deleteCount = 0, rangeDeleteCount } = table(id);
        return format === "native" && isMeant(id) && deleteCount + rangeDeleteCount > 0;
      },
    };
    return pickRange(tree, table, compaction, at);
  }
}

async function finishOrCancel(work: Work, signal: AbortSignal | undefined): Promise<void> {
  const cancel = (): void => void work.cancel();
  signal?.addEventListener("abort", cancel);
  try {
    await work.finish(signal);
  } catch (error) {
    await work.cancel();
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener("abort", cancel);
  }
}
