import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { crashPointsOf } from "../../support/crash-points.ts";
import { scriptFor, TINY_STRATEGIES, tinyOptions } from "../../support/crash-scripts.ts";
import { sweep } from "../../support/crash-sweep.ts";
import { startBackgroundTimer, stopBackgroundTimer } from "../../support/simulated-time.ts";

const totals = { points: 0, states: 0 };

beforeEach(stopBackgroundTimer);
afterEach(startBackgroundTimer);
afterAll(() => {
  console.log(`${totals.points} crash points, ${totals.states} states`);
  expect(totals.points).toBeGreaterThan(2000);
});

const strategies = Object.keys(TINY_STRATEGIES) as (keyof typeof TINY_STRATEGIES)[];

/** What must be there, and what may: `test/crash/crash-points.test.ts`. */
describe.each(["plain", "mvcc", "native"] as const)(
  "stopped after any effect, %s holds what it acknowledged and nothing else",
  (format) => {
    describe.each(["none", "process", "power"] as const)("durability %s", (durability) => {
      test.each(strategies)("strategy %s", async (strategy) => {
        const options = tinyOptions(format, durability, strategy);
        const points = await crashPointsOf(scriptFor(format, "long"), options);
        const { faults, ...counts } = await sweep(points, { options, seeds: [1, 2], secondCrashEvery: 30 });
        console.log(`${format}, ${durability}, ${strategy}: ${counts.points} crash points, ${counts.states} states`);
        totals.points += counts.points;
        totals.states += counts.states;
        expect(faults.slice(0, 5)).toEqual([]);
      });
    });
  },
);
