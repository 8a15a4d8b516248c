import { describe, expect, test } from "vitest";
import { pickSimple, type SimpleOptions } from "../../src/compaction/pick-simple.ts";
import { parseTree, showTask } from "../support/tree-notation.ts";

const OPTIONS: SimpleOptions = { strategy: "simple", sizeRatioPercent: 200, level0FilesTrigger: 2, maxLevels: 3 };

const pick = (tree: string, options: Partial<SimpleOptions> = {}): readonly string[] => {
  const picked = pickSimple(parseTree(tree).tree, { ...OPTIONS, ...options });
  return picked === undefined ? ["nothing"] : [showTask(picked.task), picked.reason];
};

describe("the simple picker", () => {
  test.each([
    ["leaves an empty tree alone", "L3:", "nothing"],
    ["leaves a tree with too few tables in L0 alone", "L0: 1 | L1: | L2: | L3: 2", "nothing"],
    ["leaves levels alone that grow by the ratio", "L1: 1 | L2: 2 3 | L3: 4 5 6 7", "nothing"],
    ["merges all of L0 into all of level 1", "L0: 9 8 7 | L1: 1 2 | L3:", "L0: 9 8 7 + L1: 1 2 -> L1"],
    ["merges a level down that is too large for the next", "L1: 1 | L2: 2 | L3: 3 4", "L1: 1 + L2: 2 -> L2"],
    ["marks a merge into the last level", "L1: | L2: 1 2 | L3: 3 4 5", "L2: 1 2 + L3: 3 4 5 -> L3 bottom"],
    ["takes the first level that qualifies", "L1: 1 2 | L2: 3 | L3: 4", "L1: 1 2 + L2: 3 -> L2"],
    ["prefers L0", "L0: 9 8 | L1: 1 2 | L2: 3 | L3:", "L0: 9 8 + L1: 1 2 -> L1"],
    ["does not mark L0's merge even when level 1 is the last", "L0: 2 1 | L1:", "L0: 2 1 + L1: -> L1"],
    ["has nothing to do without levels", "L0: 2 1", "nothing"],
  ])("%s", (_, tree, expected) => {
    expect(pick(tree)[0]).toBe(expected);
  });

  test("says why", () => {
    expect(pick("L0: 3 2 1 | L3:")[1]).toBe("compaction triggered at level 0 because L0 has 3 SSTs >= 2");
    expect(pick("L1: 1 2 3 | L2: 4 | L3:")[1]).toBe(
      "compaction triggered at level 1 and 2 with size ratio 0.3333333333333333",
    );
    expect(pick("L1: 1 | L2:")[1]).toBe("compaction triggered at level 1 and 2 with size ratio 0");
  });

  test("heeds its options", () => {
    expect(pick("L0: 2 1 | L1:", { level0FilesTrigger: 3 })).toEqual(["nothing"]);
    expect(pick("L1: 1 | L2: 2", { sizeRatioPercent: 100 })).toEqual(["nothing"]);
    expect(pick("L1: 1 | L2: 2", { sizeRatioPercent: 101 })[0]).toBe("L1: 1 + L2: 2 -> L2 bottom");
  });
});
