import { expect, test } from "vitest";
import { injectionsFor } from "../../support/crash-faults.ts";
import { CALL_SITES, injectionName } from "../../torture/call-sites.ts";
import { Refusals } from "../../torture/refusals.ts";
import { formatOf } from "../../torture/simulation.ts";

const SEEDS = 15;

test("a refusal of any call, in any way, loses nothing, and every call site is refused", async () => {
  const refusals = new Refusals();
  const told = { caller: 0, event: 0, nobody: 0 };
  for (let seed = 1; seed <= SEEDS; seed++) {
    const counts = await refusals.run(seed, formatOf(seed), 30, 70);
    told.caller += counts["told to the caller"] ?? 0;
    told.event += counts["told by an event"] ?? 0;
    told.nobody += counts["told to nobody"] ?? 0;
  }
  console.log(`${refusals.refused.size} call sites, told ${JSON.stringify(told)}`);
  // Only where what failed was of no use, or is done in another way: a table that cannot be linked is copied.
  expect(told.nobody).toBeLessThan(told.caller / 20);
  const missing = CALL_SITES.flatMap((site) => {
    const operation = site.slice(site.indexOf(": ") + 2).split(" ")[0] as Parameters<
      typeof injectionsFor
    >[0]["operation"];
    const ways = refusals.refused.get(site) ?? new Set();
    return injectionsFor({ operation })
      .map(injectionName)
      .filter((way) => !ways.has(way))
      .map((way) => `${site}: ${way}`);
  });
  expect(missing).toEqual([]);
});
