import { setTimeout as pause } from "node:timers/promises";
import { LsmError } from "../errors.ts";
import { refuseUnknownOptions } from "./call-options.ts";
import type { Transaction, TransactionOptions } from "./transaction.ts";
import type { WriteOptions } from "./write-options.ts";

export type TransactOptions = TransactionOptions &
  WriteOptions & {
    /** How often it is tried at most; 10 unless given. */
    readonly attempts?: number | undefined;
  };

const ATTEMPTS_DEFAULT = 10;
const PAUSE_MS_MAX = 64;

/**
 * Runs the function in a new transaction and commits it, again and again until there is no conflict. Resolves to what the
 * function returned the last time. When it throws, its transaction is rolled back and the error goes on, but for a
 * conflict; it may also commit or roll back by itself. Rejects with TRANSACTION_CONFLICT after the last attempt.
 */
export async function transact<Result>(
  begin: (options: TransactionOptions) => Transaction,
  run: (transaction: Transaction) => Result | Promise<Result>,
  options: TransactOptions = {},
): Promise<Result> {
  if (typeof run !== "function") throw new LsmError("INVALID_ARGUMENT", `${typeof run} given, expected a function`);
  refuseUnknownOptions(options, ["isolation", "durability", "attempts"]);
  const { attempts = ATTEMPTS_DEFAULT, isolation, durability } = options;
  if (!Number.isInteger(attempts) || attempts < 1) {
    throw new LsmError("INVALID_ARGUMENT", `attempts is ${String(attempts)}, expected 1, 2, 3, …`);
  }
  for (let attempt = 1; ; attempt++) {
    try {
      return await runOnce(begin({ isolation }), run, { durability });
    } catch (error) {
      if (!isConflict(error) || attempt >= attempts) throw error;
    }
    // A random part of a doubled time, so that those who met do not meet again (exponential backoff with full jitter).
    await pause(Math.random() * Math.min(2 ** attempt, PAUSE_MS_MAX));
  }
}

async function runOnce<Result>(
  begun: Transaction,
  run: (transaction: Transaction) => Result | Promise<Result>,
  options: WriteOptions,
): Promise<Result> {
  using transaction = begun;
  const result = await run(transaction);
  if (transaction.state === "open") transaction.commit(options);
  return result;
}

function isConflict(error: unknown): boolean {
  return error instanceof LsmError && error.code === "TRANSACTION_CONFLICT";
}
