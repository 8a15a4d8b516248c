import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { callsOf, faultsAt, runWithFault, type Site, siteOf } from "../support/crash-faults.ts";
import { scriptFor, tinyOptions } from "../support/crash-scripts.ts";
import { startBackgroundTimer, stopBackgroundTimer } from "../support/simulated-time.ts";

beforeEach(stopBackgroundTimer);
afterEach(startBackgroundTimer);

/**
 * From where an error can come: each operation on each kind of file that a script reaches. Nobody is told only where
 * what failed is of no use any more, and there it is a warning.
 */
const SITES: readonly Site[] = [
  "append log",
  "append manifest",
  "append table",
  "create log",
  "create manifest",
  "create table",
  "list directory",
  "makeDirectory directory",
  "open log",
  "open manifest",
  "open table",
  "read log",
  "read manifest",
  "read table",
  "remove log",
  "remove table",
  "stat directory",
  "stat log",
  "sync log",
  "sync manifest",
  "sync table",
  "syncDirectory directory",
  "syncDirectory parent",
];

/** After an error here, or in taking back an unfinished append, the handle refuses every write with that error. */
const FATAL_SITES: readonly Site[] = ["sync log", "sync manifest"];

const options = tinyOptions("mvcc", "power", "simple");
const script = scriptFor("mvcc", "short");

test("a script reaches every site", async () => {
  const calls = await callsOf(script, options);
  expect([...new Set(calls.map(siteOf))].filter((site) => !site.startsWith("truncate")).sort()).toEqual(SITES);
});

describe("an error loses nothing that was acknowledged, and is told", () => {
  test.each(SITES)("at %s", { timeout: 60_000 }, async (site) => {
    const calls = (await callsOf(script, options)).filter((call) => siteOf(call) === site);
    const chosen = new Set([calls[0], calls[calls.length >> 1], calls.at(-1)]);
    const outcomes = [];
    for (const call of chosen) {
      for (const fault of call === undefined ? [] : faultsAt(call)) {
        outcomes.push({
          ...(await runWithFault(script, options, fault)),
          isCutRefused: fault.lasts === "and the cut",
        });
      }
    }
    expect(outcomes.flatMap(({ faults }) => faults)).toEqual([]);
    expect(outcomes.length).toBeGreaterThan(0);
    expect(outcomes.filter(({ told }) => told === "nobody")).toEqual([]);
    const fatal = outcomes.filter(({ isFatal }) => isFatal);
    if (FATAL_SITES.includes(site)) expect(fatal.length).toBeGreaterThan(0);
    else expect(fatal.filter(({ isCutRefused }) => !isCutRefused)).toEqual([]);
  });
});
