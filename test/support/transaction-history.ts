import { Transaction } from "../../src/engine/transaction.ts";
import type { Isolation } from "../../src/mvcc/conflict.ts";
import type { DatabaseFormat } from "../../src/options.ts";
import { EngineDatabase } from "./engine-database.ts";
import { HistoryChoices, type HistoryStep, type HistoryWrite } from "./history-steps.ts";
import type { ModelWrite } from "./model-map.ts";
import { randomOf } from "./random.ts";

/** A transaction that committed, or a batch outside of any. Every one that writes takes one timestamp. */
export type Committed = {
  readonly steps: readonly HistoryStep[];
  /** undefined: a batch, which reads nothing. */
  readonly readTimestamp: number | undefined;
  /** undefined: it wrote nothing. */
  readonly commitTimestamp: number | undefined;
};

export type History = {
  readonly committed: readonly Committed[];
  readonly conflicts: number;
  /** What was there at the end, as `a=1 b=2`. */
  readonly final: string;
};

export type HistoryRun = {
  readonly seed: number;
  readonly isolation: Isolation;
  readonly format: DatabaseFormat;
  /** Small memtables, so that flushes and compactions fall between the steps; else all stays in one. */
  readonly isFlushed: boolean;
};

const TRANSACTIONS = 12;
const TRANSACTIONS_AT_ONCE = 4;
const STEPS_MAX = 5;

type OpenTransaction = { readonly transaction: Transaction; readonly steps: HistoryStep[]; left: number };

/** Runs random transactions over few keys, interleaved step by step with each other, with batches and with flushes. The same run makes the same history. */
export async function runHistory(run: HistoryRun): Promise<History> {
  const history = new RunningHistory(run);
  for (;;) {
    const done = history.step();
    if (done === "over") return await history.end();
    // Only what works in the background is waited for, so that asynchronous batches wait for whatever comes next.
    if (done !== undefined) await done;
  }
}

class RunningHistory {
  readonly #run: HistoryRun;
  readonly #random: (below: number) => number;
  readonly #choices: HistoryChoices;
  readonly #db: EngineDatabase;
  readonly #committed: Committed[] = [];
  readonly #asynchronous: Promise<void>[] = [];
  #open: OpenTransaction[] = [];
  #begun = 0;
  #conflicts = 0;
  /** How many timestamps were taken, or will be by asynchronous batches, which come before everything that is later. */
  #timestamps = 0;

  constructor(run: HistoryRun) {
    this.#run = run;
    this.#random = randomOf(run.seed);
    this.#choices = new HistoryChoices(this.#random, run.format, run.isFlushed ? 150 : 0);
    const sizes = run.isFlushed ? { memtableSizeBytes: 1024, blockSizeBytes: 64, memtableLimit: 1 } : {};
    this.#db = EngineDatabase.open({ format: run.format, ...sizes });
  }

  /** One step of somebody. */
  step(): Promise<void> | "over" | undefined {
    if (this.#open.length < TRANSACTIONS_AT_ONCE && this.#begun < TRANSACTIONS) return this.#begin();
    if (this.#run.isFlushed && this.#random(8) === 0) {
      return this.#random(3) === 0 ? this.#db.engine.compact() : this.#db.engine.flush();
    }
    if (this.#random(12) === 0) return this.#batch();
    const open = this.#open[this.#random(this.#open.length)];
    if (open === undefined) return "over";
    if (open.left-- > 0) open.steps.push(this.#choices.step(open.transaction));
    else this.#end(open);
    return undefined;
  }

  #begin(): undefined {
    this.#begun++;
    const transaction = new Transaction(this.#db.engine, { isolation: this.#run.isolation });
    this.#open.push({ transaction, steps: [], left: 1 + this.#random(STEPS_MAX) });
  }

  #batch(): undefined {
    const steps = Array.from({ length: 1 + this.#random(2) }, () => this.#choices.write());
    this.#committed.push({ steps, readTimestamp: undefined, commitTimestamp: ++this.#timestamps });
    const writes = steps.map(modelWrite);
    if (this.#random(2) === 0) this.#db.writeBatch(writes, false);
    else this.#asynchronous.push(this.#db.writeGrouped(writes, false));
  }

  #end(ended: OpenTransaction): void {
    this.#open = this.#open.filter((open) => open !== ended);
    const { transaction, steps } = ended;
    if (this.#random(10) === 0) {
      transaction.rollback();
      return;
    }
    try {
      transaction.commit();
    } catch (error) {
      if ((error as { code?: string }).code !== "TRANSACTION_CONFLICT") throw error;
      this.#conflicts++;
      return;
    }
    const commitTimestamp = steps.some(isWrite) ? ++this.#timestamps : undefined;
    this.#committed.push({ steps, readTimestamp: transaction.timestamp, commitTimestamp });
  }

  async end(): Promise<History> {
    await Promise.all(this.#asynchronous);
    const { lastTimestamp } = this.#db.engine.writer;
    if (lastTimestamp !== this.#timestamps)
      throw new Error(`timestamp ${lastTimestamp} after ${this.#timestamps} writes`);
    const final = this.#db.scan();
    await this.#db.close();
    return { committed: this.#committed, conflicts: this.#conflicts, final };
  }
}

export function isWrite(step: HistoryStep): step is HistoryWrite {
  return step.kind !== "get" && step.kind !== "scan";
}

function modelWrite(write: HistoryWrite): ModelWrite {
  if (write.kind === "deleteRange") return { range: `[${write.range.gte}, ${write.range.lt})` };
  return { key: write.key, value: write.kind === "put" ? write.value : undefined };
}
