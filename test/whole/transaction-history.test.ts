import { describe, expect, test } from "vitest";
import { contradictions, runHistory } from "../support/transaction-history.ts";

const HISTORIES = 10_000;
const FIRST_SEED = Number(process.env.TRANSACTION_SEED ?? 1);

describe("random histories of transactions", () => {
  test("that are serializable are explained by the order of their commits", () => {
    let [committed, conflicts] = [0, 0];
    for (let seed = FIRST_SEED; seed < FIRST_SEED + HISTORIES; seed++) {
      const history = runHistory(seed, "serializable");
      const found = contradictions(history);
      if (found.length > 0) expect.fail(`TRANSACTION_SEED=${seed}: ${found.join("; ")}`);
      committed += history.committed.length;
      conflicts += history.conflicts;
    }
    // Enough of both, or nothing was tried.
    expect(committed).toBeGreaterThan(5 * HISTORIES);
    expect(conflicts).toBeGreaterThan(HISTORIES);
  });

  test.each(["none", "snapshot"] as const)("under isolation %s are often found to be not serializable", (isolation) => {
    let contradicted = 0;
    for (let seed = FIRST_SEED; seed < FIRST_SEED + 500; seed++) {
      if (contradictions(runHistory(seed, isolation)).length > 0) contradicted++;
    }
    expect(contradicted).toBeGreaterThan(50);
  });
});
