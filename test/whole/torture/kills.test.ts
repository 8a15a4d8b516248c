import { expect, test } from "vitest";
import { killRounds, STRATEGIES } from "../../torture/kills.ts";

test.each(STRATEGIES)("kill -9 at any moment loses nothing that was answered, strategy %s", async (strategy) => {
  const counts = await killRounds(STRATEGIES.indexOf(strategy), { strategy }, 15);
  expect(counts.rounds).toBe(15);
  expect(counts["acknowledged writes"]).toBeGreaterThan(50);
});

test("a shell without a log is seen to lose writes", async () => {
  await expect(killRounds(1, { strategy: "simple", durability: "none" }, 15)).rejects.toThrow("no prefix");
});
