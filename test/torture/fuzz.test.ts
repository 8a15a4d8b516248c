import { describe, expect, test } from "vitest";
import { FUZZ_TARGETS } from "./fuzz/all-targets.ts";
import { fuzz } from "./fuzz/fuzz-target.ts";

const SEED = 20_260_101;
/** What is slower by far: whole databases, and what touches real files or builds a parser. */
const SLOW = /^database|^arguments|^history/;
const RUNS = 3000;
const RUNS_OF_SLOW = 300;

describe("valid bytes with changes in them", () => {
  test.each(FUZZ_TARGETS.map((target) => [target.name, target] as const))(
    "are taken or refused in words: %s",
    (name, target) => {
      const runs = SLOW.test(name) ? RUNS_OF_SLOW : RUNS;
      const { refused } = fuzz(target, SEED, runs);
      expect(refused).toBeLessThan(runs);
    },
  );
});
