import { describe, expect, test } from "vitest";
import type { Isolation } from "../../src/mvcc/conflict.ts";
import { contradictions, lostUpdates, wrongSnapshots } from "../support/history-checks.ts";
import { type History, runHistory } from "../support/transaction-history.ts";

const HISTORIES = 10_000;
/** Of those that stay in memory, so many times more are done in the same time. */
const FLUSHED_EVERY = 10;
/** The first seed of another run, to find what these do not. */
const GIVEN_SEED = process.env.TRANSACTION_SEED;
const FIRST_SEED = Number(GIVEN_SEED ?? 1);

const FORMATS = ["mvcc", "native"] as const;

/** The history of a seed; of some seeds one that goes through tables. */
function historyOf(seed: number, isolation: Isolation, format: (typeof FORMATS)[number]): Promise<History> {
  return runHistory({ seed, isolation, format, isFlushed: seed % FLUSHED_EVERY === 0 });
}

describe.each(FORMATS)("random histories of transactions in %s", (format) => {
  test("that are serializable are explained by the order of their commits", async () => {
    let [committed, conflicts] = [0, 0];
    for (let seed = FIRST_SEED; seed < FIRST_SEED + HISTORIES; seed++) {
      const history = await historyOf(seed, "serializable", format);
      const found = [...contradictions(history), ...wrongSnapshots(history)];
      if (found.length > 0) expect.fail(`TRANSACTION_SEED=${seed}: ${found.join("; ")}`);
      committed += history.committed.length;
      conflicts += history.conflicts;
    }
    // Enough of both, or nothing was tried.
    expect(committed).toBeGreaterThan(5 * HISTORIES);
    expect(conflicts).toBeGreaterThan(HISTORIES);
  });

  test("under isolation snapshot see one moment each and lose no update", async () => {
    for (let seed = FIRST_SEED; seed < FIRST_SEED + HISTORIES / 10; seed++) {
      const history = await historyOf(seed, "snapshot", format);
      const found = [...wrongSnapshots(history), ...lostUpdates(history)];
      if (found.length > 0) expect.fail(`TRANSACTION_SEED=${seed}: ${found.join("; ")}`);
    }
  });

  // Of known seeds alone, as it asks how often something happens.
  test.skipIf(GIVEN_SEED !== undefined).each(["none", "snapshot"] as const)(
    "under isolation %s are often found to be not serializable",
    async (isolation) => {
      let [contradicted, lost] = [0, 0];
      for (let seed = 1; seed <= 300; seed++) {
        const history = await historyOf(seed, isolation, format);
        if (contradictions(history).length > 0) contradicted++;
        if (lostUpdates(history).length > 0) lost++;
      }
      expect(contradicted).toBeGreaterThan(50);
      if (isolation === "none") expect(lost).toBeGreaterThan(50);
      else expect(lost).toBe(0);
    },
  );
});
