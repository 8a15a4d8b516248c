import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { callsOf, faultsAt, runWithFault } from "../../support/crash-faults.ts";
import { SHORT_SCRIPT, tinyOptions } from "../../support/crash-scripts.ts";
import { stopBackgroundTimer } from "../../support/crash-session.ts";

beforeEach(stopBackgroundTimer);
afterEach(() => {
  vi.useRealTimers();
});

test.each([
  ["none", "simple"],
  ["process", "tiered"],
  ["process", "simple"],
  ["power", "leveled"],
] as const)("an error at any call loses nothing, durability %s, strategy %s", async (durability, strategy) => {
  const options = tinyOptions(durability, strategy);
  const calls = await callsOf(SHORT_SCRIPT, options);
  const told = { "the caller": 0, "an event": 0, nobody: 0 };
  const faults: string[] = [];
  for (const fault of calls.flatMap(faultsAt)) {
    const outcome = await runWithFault(SHORT_SCRIPT, options, fault);
    told[outcome.told]++;
    faults.push(...outcome.faults);
  }
  console.log(`${durability}, ${strategy}: ${calls.length} calls, told ${JSON.stringify(told)}`);
  expect(faults.slice(0, 5)).toEqual([]);
  expect(told.nobody).toBe(0);
});
