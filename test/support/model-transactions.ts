import { Transaction } from "../../src/engine/transaction.ts";
import { ISOLATIONS } from "../../src/mvcc/conflict.ts";
import type { EngineDatabase } from "./engine-database.ts";
import { rangeOf } from "./engine-range.ts";
import { codeOf, expectSame, type ModelChoices } from "./model-choices.ts";
import { compareWhole, type ModelCursors } from "./model-cursors.ts";
import { type ModelRead, mayConcern, mayWriteSameKey, wouldSeeOther, writeSameKey } from "./model-footprint.ts";
import type { KeyWrite, ModelMap, ModelWrite } from "./model-map.ts";
import { compareGet } from "./model-snapshots.ts";

type OpenTransaction = {
  readonly transaction: Transaction;
  /** What was there when it began, with its own writes over it. */
  readonly view: ModelMap;
  readonly writes: KeyWrite[];
  readonly reads: ModelRead[];
  /** What others wrote since it began. */
  readonly others: ModelWrite[];
};

const TRANSACTIONS_MAX = 4;

/**
 * Transactions that stay open while the database goes on. What they read is compared with what was there when they began;
 * a commit must be refused when it would be wrong, and must not be refused when nobody touched what it touched.
 */
export class ModelTransactions {
  readonly #choices: ModelChoices;
  #open: OpenTransaction[] = [];

  constructor(choices: ModelChoices) {
    this.#choices = choices;
  }

  /** Somebody wrote this, all at once. */
  wrote(writes: readonly ModelWrite[]): void {
    for (const { others } of this.#open) others.push(...writes);
  }

  begin(db: EngineDatabase, map: ModelMap): void {
    if (this.#open.length >= TRANSACTIONS_MAX) return;
    const isolation = ISOLATIONS[this.#choices.random(ISOLATIONS.length)];
    const transaction = new Transaction(db.engine, { isolation });
    this.#open.push({ transaction, view: map.copy(), writes: [], reads: [], others: [] });
  }

  /** Something is done in one of them, perhaps nothing. `mark` stands in values that it writes. */
  step(mark: string, cursors: ModelCursors, tables: () => readonly string[]): void {
    const open = this.#open[this.#choices.random(this.#open.length)];
    if (open === undefined) return;
    const kind = this.#choices.random(10);
    if (kind < 4) this.#get(open);
    else if (kind === 4) this.#scan(open);
    else if (kind === 5) this.#openCursor(open, cursors, tables());
    else this.#write(open, this.#choices.writeOfKey(mark));
  }

  #get({ transaction, view, writes, reads }: OpenTransaction): void {
    const key = this.#choices.key();
    compareGet(transaction, view, key);
    if (!writes.some((write) => write.key === key)) reads.push({ kind: "get", key, seen: view.get(key) });
  }

  #scan({ transaction, view, writes, reads }: OpenTransaction): void {
    const [range, direction, limit] = [this.#choices.range(), this.#choices.direction(), this.#choices.limit()];
    const seen = view.entries(range, direction).slice(0, limit);
    compareWhole(transaction.cursor({ ...rangeOf(range), reverse: direction === "descending", limit }), seen);
    reads.push({ kind: "scan", range, direction, limit, own: [...writes], seen });
  }

  /** It may stay open longer than the transaction. */
  #openCursor({ transaction, view, reads }: OpenTransaction, cursors: ModelCursors, tables: readonly string[]): void {
    const [range, direction] = [this.#choices.range(), this.#choices.direction()];
    const cursor = transaction.cursor({ ...rangeOf(range), reverse: direction === "descending" });
    cursors.add(cursor, direction, view.entries(range, direction), tables);
    reads.push({ kind: "cursor", range });
  }

  #write({ transaction, view, writes }: OpenTransaction, write: KeyWrite): void {
    if (write.value === undefined) transaction.delete(Buffer.from(write.key, "latin1"));
    else transaction.put(Buffer.from(write.key, "latin1"), Buffer.from(write.value, "latin1"));
    view.write(write);
    writes.push(write);
  }

  /** Ends one of them. Answers what it wrote and how it ended; undefined when none is open. */
  end(now: ModelMap): { readonly kind: string; readonly written: readonly ModelWrite[] } | undefined {
    const [ended] = this.#open.splice(this.#choices.random(this.#open.length), 1);
    if (ended === undefined) return undefined;
    const { transaction, writes } = ended;
    if (this.#choices.oneIn(6)) {
      transaction.rollback();
      return { kind: "rollback", written: [] };
    }
    const durability = this.#choices.oneIn(4) ? "power" : undefined;
    const code = codeOf(() => transaction.commit({ durability }));
    const finished = codeOf(() => transaction.get("a"));
    expectSame("reading a finished transaction", finished, "TRANSACTION_FINISHED");
    const { must, may } = conflictsOf(ended, now);
    const allowed = [...(must ? [] : ["nothing"]), ...(may ? ["TRANSACTION_CONFLICT"] : [])];
    if (!allowed.includes(String(code))) {
      throw new Error(`a commit of isolation ${transaction.isolation} met ${code} instead of ${allowed.join(" or ")}`);
    }
    return code === "nothing" ? { kind: "commit", written: writes } : { kind: "conflict", written: [] };
  }

  /** The database was closed, or is about to be. */
  leave(): readonly Transaction[] {
    return this.#open.splice(0).map(({ transaction }) => transaction);
  }
}

/** After the database was closed nothing is left but to roll back. */
export function refuseCommits(transactions: readonly Transaction[]): void {
  for (const transaction of transactions) {
    const code = codeOf(() => transaction.commit());
    expectSame("committing after close", code, "DATABASE_CLOSED");
    transaction.rollback();
  }
}

/** Whether the commit must be refused, and whether it may. */
function conflictsOf(
  { transaction, writes, reads, others }: OpenTransaction,
  now: ModelMap,
): { readonly must: boolean; readonly may: boolean } {
  if (writes.length === 0 || transaction.isolation === "none") return { must: false, may: false };
  if (transaction.isolation === "snapshot") {
    return { must: writeSameKey(writes, others), may: mayWriteSameKey(writes, others) };
  }
  return {
    must: reads.some((read) => wouldSeeOther(read, now)),
    may: reads.some((read) => mayConcern(read, others)),
  };
}
