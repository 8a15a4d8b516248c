import { describe, expect, test } from "vitest";
import { pickTiered, type TieredOptions } from "../../src/compaction/pick-tiered.ts";
import { parseTree, showTask } from "../support/tree-notation.ts";

const OPTIONS: TieredOptions = {
  strategy: "tiered",
  tiersTrigger: 3,
  maxSizeAmplificationPercent: 200,
  sizeRatioPercent: 1,
  minMergeWidth: 2,
  maxMergeWidth: undefined,
};

const pick = (tree: string, options: Partial<TieredOptions> = {}): readonly string[] => {
  const picked = pickTiered(parseTree(tree).tree, { ...OPTIONS, ...options });
  return picked === undefined ? ["nothing"] : [showTask(picked.task), picked.reason];
};

describe("the tiered picker", () => {
  test.each([
    ["leaves an empty tree alone", "", ["nothing"]],
    ["leaves too few tiers alone", "T3: 3 | T2: 2", ["nothing"]],
    [
      "merges everything when the newer tiers are large beside the oldest",
      "T5: 5 6 | T4: 4 | T3: 3",
      ["T5: 5 6 + T4: 4 + T3: 3 -> tier bottom", "compaction triggered by space amplification ratio: 300"],
    ],
    [
      "merges the newer tiers up to one that is larger than all of them",
      "T9: 9 | T8: 8 | T3: 3 4 5 | T1: 1 2 10 11",
      ["T9: 9 + T8: 8 -> tier", "compaction triggered by size ratio: 150 > 101"],
    ],
    [
      "asks for a minimum of tiers",
      "T9: 9 | T3: 3 4 5 | T1: 1 2 10 11",
      ["T9: 9 + T3: 3 4 5 + T1: 1 2 10 11 -> tier bottom", "compaction triggered by reducing sorted runs"],
    ],
    [
      "merges everything when nothing else applies",
      "T9: 9 | T8: 8 | T3: 3 4",
      ["T9: 9 + T8: 8 + T3: 3 4 -> tier bottom", "compaction triggered by reducing sorted runs"],
    ],
  ])("%s", (_, tree, expected) => {
    expect(pick(tree)).toEqual(expected);
  });

  test("heeds its options", () => {
    const tree = "T9: 9 | T8: 8 | T3: 3 4";
    expect(pick(tree, { tiersTrigger: 4 })).toEqual(["nothing"]);
    expect(pick(tree, { maxSizeAmplificationPercent: 100 })[1]).toContain("space amplification ratio: 100");
    expect(pick(tree, { maxMergeWidth: 2 })[0]).toBe("T9: 9 + T8: 8 -> tier");
    expect(pick("T9: 9 | T3: 3 4 | T2: 2 5", { minMergeWidth: 1 })[1]).toContain("size ratio: 200 > 101");
    expect(pick("T9: 9 | T3: 3 4 | T2: 2 5", { minMergeWidth: 1, sizeRatioPercent: 100 })[1]).toContain("sorted runs");
  });

  test("refuses tables in L0", () => {
    const { tree } = parseTree("L0: 4 | T3: 3 | T2: 2");
    expect(() => pickTiered(tree, OPTIONS)).toThrow("should not add l0 ssts in tiered compaction");
  });
});
