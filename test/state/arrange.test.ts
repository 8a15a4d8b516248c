import { describe, expect, test } from "vitest";
import type { CompactionOptions } from "../../src/options.ts";
import { arrangeFor } from "../../src/state/arrange.ts";
import { parseTree, showTree } from "../support/tree-notation.ts";

const STRATEGIES = {
  none: { strategy: "none" },
  simple: { strategy: "simple", sizeRatioPercent: 200, level0FilesTrigger: 2, maxLevels: 3 },
  leveled: {
    strategy: "leveled",
    levelSizeMultiplier: 2,
    level0FilesTrigger: 2,
    maxLevels: 4,
    baseLevelSizeBytes: 1024 * 1024,
  },
  tiered: {
    strategy: "tiered",
    tiersTrigger: 3,
    maxSizeAmplificationPercent: 200,
    sizeRatioPercent: 1,
    minMergeWidth: 2,
    maxMergeWidth: undefined,
  },
} as const satisfies Record<string, CompactionOptions>;

const arrange = (strategy: keyof typeof STRATEGIES, text: string): string => {
  const { tree, table } = parseTree(text);
  return showTree(arrangeFor(STRATEGIES[strategy], tree, table));
};

describe("a tree is arranged", () => {
  test.each([
    ["none", "an empty tree has level 1", "", "L1:"],
    ["simple", "an empty tree has levels 1 to maxLevels", "", "L1: | L2: | L3:"],
    ["leveled", "an empty tree has levels 1 to maxLevels", "", "L1: | L2: | L3: | L4:"],
    ["tiered", "an empty tree has no tiers", "", ""],
    ["none", "L0 keeps its order", "L0: 3[a-c] 5[a-b]", "L0: 3 5 | L1:"],
    ["leveled", "levels are sorted by first key", "L0: 9 | L2: 7[n-z] 8[a-m]", "L0: 9 | L1: | L2: 8 7 | L3: | L4:"],
    ["leveled", "equal first keys go by the last", "L4: 7[k-z] 8[k-k]", "L1: | L2: | L3: | L4: 8 7"],
    ["simple", "deeper levels stay while they hold tables", "L5: 7", "L1: | L2: | L3: | L4: | L5: 7"],
    ["none", "deeper levels that are empty go", "L1: 4 | L2: 3 | L3:", "L1: 4 | L2: 3"],
    ["tiered", "flushed tables are tiers, newest first", "L0: 9 8 | T5: 5[a-c] 6[d-f]", "T9: 9 | T8: 8 | T5: 5 6"],
    [
      "tiered",
      "levels are tiers by their first table",
      "L0: 9 | L2: 7[n-z] 8[a-m] | L4: 3[a-b]",
      "T9: 9 | T8: 8 7 | T3: 3",
    ],
    [
      "leveled",
      "newer tiers are L0, the oldest is level 1",
      "L0: 9 | T7: 7[a-b] 8[c-d] | T3: 3[a-b] 4[c-d]",
      "L0: 9 7 8 | L1: 3 4 | L2: | L3: | L4:",
    ],
  ] as const)("%s: %s", (strategy, _, tree, expected) => {
    expect(arrange(strategy, tree)).toBe(expected);
  });

  test.each(Object.keys(STRATEGIES) as (keyof typeof STRATEGIES)[])("%s: once is as good as twice", (strategy) => {
    const { tree, table } = parseTree("L0: 9 8 | L1: 7[n-z] 6[a-m] | L3: 2");
    const arranged = arrangeFor(STRATEGIES[strategy], tree, table);
    expect(arrangeFor(STRATEGIES[strategy], arranged, table)).toEqual(arranged);
  });
});
