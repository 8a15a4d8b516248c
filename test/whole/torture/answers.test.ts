import { expect, test } from "vitest";
import { randomOf } from "../../support/random.ts";
import { OPTION_SETS, sameAnswers } from "../../torture/answers.ts";
import { HistoryWriter } from "../../torture/history.ts";

test.each([1, 2, 7])("one history has the same answers under 20 option sets in all formats, seed %i", async (seed) => {
  const counts = await sameAnswers(seed, 400);
  expect(counts["operations on databases"]).toBe(400 * OPTION_SETS);
  expect(counts["answers compared"]).toBeGreaterThan(0.8 * 400 * OPTION_SETS);
});

test("a history holds every kind of operation, and both ends of a commit", () => {
  const writer = new HistoryWriter(randomOf(1), "every format");
  const steps = Array.from({ length: 3000 }, () => writer.step());
  const kinds = new Set(steps.map(({ operation }) => operation.kind));
  expect([...kinds].sort().join(" ")).toBe(
    "begin checkpoint commit compact cursor drop flush get move put release reopen rollback scan snapshot write",
  );
  const ends = steps.filter(({ operation }) => operation.kind === "commit").map(({ answer }) => answer);
  expect(new Set(ends)).toEqual(new Set(["committed", "conflict"]));
});
