import { afterEach, beforeEach, expect, test } from "vitest";
import { callsOf, faultsAt, runWithFault } from "../../support/crash-faults.ts";
import { scriptFor, tinyOptions } from "../../support/crash-scripts.ts";
import { startBackgroundTimer, stopBackgroundTimer } from "../../support/simulated-time.ts";

beforeEach(stopBackgroundTimer);
afterEach(startBackgroundTimer);

test.each([
  ["plain", "none", "simple"],
  ["plain", "process", "tiered"],
  ["plain", "process", "simple"],
  ["plain", "power", "leveled"],
  ["mvcc", "none", "simple"],
  ["mvcc", "process", "leveled"],
  ["mvcc", "power", "tiered"],
  ["native", "none", "tiered"],
  ["native", "process", "simple"],
  ["native", "power", "leveled"],
] as const)(
  "an error at any call loses nothing, %s, durability %s, strategy %s",
  async (format, durability, strategy) => {
    const options = tinyOptions(format, durability, strategy);
    const script = scriptFor(format, "short");
    const calls = await callsOf(script, options);
    const told = { "the caller": 0, "an event": 0, nobody: 0 };
    const faults: string[] = [];
    for (const fault of calls.flatMap(faultsAt)) {
      const outcome = await runWithFault(script, options, fault);
      told[outcome.told]++;
      faults.push(...outcome.faults);
    }
    console.log(`${format}, ${durability}, ${strategy}: ${calls.length} calls, told ${JSON.stringify(told)}`);
    expect(faults.slice(0, 5)).toEqual([]);
    expect(told.nobody).toBe(0);
  },
);
