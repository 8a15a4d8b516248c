import { Transaction } from "../../src/engine/transaction.ts";
import type { Isolation } from "../../src/mvcc/conflict.ts";
import { EngineDatabase, QUIET } from "./engine-database.ts";
import { randomOf } from "./random.ts";

/** A step of a transaction, and what it saw where it is a read. A range is from a key up to another, or backward. */
type Step =
  | { readonly kind: "get"; readonly key: string; readonly seen: string | undefined }
  | {
      readonly kind: "scan";
      readonly gte: string;
      readonly lt: string;
      readonly reverse: boolean;
      readonly limit: number;
      readonly seen: string;
    }
  | { readonly kind: "put"; readonly key: string; readonly value: string }
  | { readonly kind: "delete"; readonly key: string };

/** A transaction that committed. A writer took its place at its commit, a reader at its beginning. */
export type Committed = {
  readonly steps: readonly Step[];
  readonly readTimestamp: number;
  readonly commitTimestamp: number | undefined;
};

export type History = { readonly committed: readonly Committed[]; readonly conflicts: number; readonly final: string };

const KEYS = "abcde";
const TRANSACTIONS_AT_ONCE = 4;
const STEPS_MAX = 5;

/** Runs random transactions, interleaved step by step, over few keys. The same seed makes the same history. */
export function runHistory(seed: number, isolation: Isolation): History {
  const random = randomOf(seed);
  const db = EngineDatabase.open({ ...QUIET, format: "mvcc" });
  const committed: Committed[] = [];
  let open: { readonly transaction: Transaction; readonly steps: Step[]; left: number }[] = [];
  let conflicts = 0;
  let values = 0;
  for (let begun = 0; begun < 3 * TRANSACTIONS_AT_ONCE || open.length > 0; ) {
    if (open.length < TRANSACTIONS_AT_ONCE && begun < 3 * TRANSACTIONS_AT_ONCE) {
      begun++;
      open.push({ transaction: new Transaction(db.engine, { isolation }), steps: [], left: 1 + random(STEPS_MAX) });
      continue;
    }
    const each = open[random(open.length)]!;
    if (each.left-- > 0) {
      each.steps.push(doStep(each.transaction, random, () => `${++values}`));
      continue;
    }
    open = open.filter((other) => other !== each);
    const { transaction, steps } = each;
    if (random(10) === 0) {
      transaction.rollback();
      continue;
    }
    const before = db.engine.writer.lastTimestamp;
    try {
      transaction.commit();
      const after = db.engine.writer.lastTimestamp;
      committed.push({
        steps,
        readTimestamp: transaction.timestamp,
        commitTimestamp: after > before ? after : undefined,
      });
    } catch (error) {
      if ((error as { code?: string }).code !== "TRANSACTION_CONFLICT") throw error;
      conflicts++;
    }
  }
  return { committed, conflicts, final: db.scan() };
}

function doStep(transaction: Transaction, random: (below: number) => number, value: () => string): Step {
  const key = KEYS[random(KEYS.length)]!;
  switch (random(5)) {
    case 0: {
      const [gte, lt] = [key, KEYS[random(KEYS.length)] ?? ""].sort() as [string, string];
      const range = { gte, lt: `${lt}~`, reverse: random(2) === 0, limit: 1 + random(KEYS.length) };
      const seen = [...transaction.scan({ ...range, as: "utf8" })].map((entry) => entry.join("=")).join(" ");
      return { kind: "scan", ...range, seen };
    }
    case 1:
    case 2:
      return { kind: "get", key, seen: transaction.get(key, { as: "utf8" }) };
    case 3:
      if (random(2) === 0) {
        transaction.delete(key);
        return { kind: "delete", key };
      }
  }
  const put = { kind: "put", key, value: value() } as const;
  transaction.put(key, put.value);
  return put;
}

/**
 * What the committed transactions, done one after the other on a map, would have seen otherwise; empty when that order
 * explains every read and the end.
 */
export function contradictions({ committed, final }: History): string[] {
  const model = new Map<string, string>();
  const found: string[] = [];
  for (const { steps } of [...committed].sort(bySerialPlace)) {
    for (const step of steps) {
      if (step.kind === "put") model.set(step.key, step.value);
      else if (step.kind === "delete") model.delete(step.key);
      else {
        const expected = step.kind === "get" ? model.get(step.key) : scanned(model, step);
        if (expected !== step.seen) found.push(`${JSON.stringify(step)} should have seen ${expected}`);
      }
    }
  }
  const end = scanned(model, { gte: "", lt: "~", reverse: false, limit: model.size });
  if (end !== final) found.push(`the end is ${final}, and should be ${end}`);
  return found;
}

/** Writers in the order of their commits; a reader behind the last writer that it saw. */
function bySerialPlace(left: Committed, right: Committed): number {
  const place = ({ commitTimestamp, readTimestamp }: Committed) => commitTimestamp ?? readTimestamp + 0.5;
  return place(left) - place(right);
}

function scanned(
  model: ReadonlyMap<string, string>,
  { gte, lt, reverse, limit }: { gte: string; lt: string; reverse: boolean; limit: number },
): string {
  const keys = [...model.keys()].filter((key) => key >= gte && key < lt).sort();
  if (reverse) keys.reverse();
  return keys
    .slice(0, limit)
    .map((key) => `${key}=${model.get(key)}`)
    .join(" ");
}
