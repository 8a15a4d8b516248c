import { describe, expect, test } from "vitest";
import { pickFull } from "../../src/compaction/pick-full.ts";
import type { CompactionOptions } from "../../src/options.ts";
import { applyEdit } from "../../src/state/apply-edit.ts";
import { arrangeFor } from "../../src/state/arrange.ts";
import { parseTree, showTask, showTree } from "../support/tree-notation.ts";

const STRATEGIES: { readonly [name: string]: CompactionOptions } = {
  none: { strategy: "none" },
  simple: { strategy: "simple", sizeRatioPercent: 200, level0FilesTrigger: 2, maxLevels: 3 },
  leveled: {
    strategy: "leveled",
    levelSizeMultiplier: 2,
    level0FilesTrigger: 2,
    maxLevels: 3,
    baseLevelSizeBytes: 1 << 20,
  },
  tiered: {
    strategy: "tiered",
    tiersTrigger: 3,
    maxSizeAmplificationPercent: 200,
    sizeRatioPercent: 1,
    minMergeWidth: 2,
    maxMergeWidth: undefined,
  },
};

/** The steps of a whole compaction, each merging into one table with the next id, and the tree at the end. */
function chain(strategy: string, text: string): { readonly steps: string[]; readonly end: string } {
  const compaction = STRATEGIES[strategy] as CompactionOptions;
  const { table } = parseTree(text);
  const tableOrNew = (id: number) => (id < 90 ? table(id) : { ...table(1), id });
  let tree = arrangeFor(compaction, parseTree(text).tree, tableOrNew);
  const steps: string[] = [];
  for (let step = 0; step < 10; step++) {
    const task = pickFull(tree, compaction, step);
    if (task === undefined) return { steps, end: showTree(tree) };
    steps.push(showTask(task));
    const edit = { kind: "compaction", task, outputs: [90 + step] } as const;
    tree = arrangeFor(compaction, applyEdit(tree, edit), tableOrNew);
  }
  throw new Error("the chain does not end");
}

describe("a compaction of everything", () => {
  test("without a strategy is one task into level 1, also of nothing", () => {
    expect(chain("none", "L0: 3 2 | L1: 1").end).toBe("L1: 90");
    expect(chain("none", "L1: 1").steps).toHaveLength(1);
  });

  test("under tiered is one task over all tiers, and none of nothing", () => {
    expect(chain("tiered", "T3: 3 | T2: 2 | T1: 1").end).toBe("T90: 90");
    expect(chain("tiered", "T1: 1").steps).toHaveLength(1);
    expect(chain("tiered", "").steps).toEqual([]);
  });

  test("under simple goes down level by level", () => {
    expect(chain("simple", "L0: 3 2 | L1: 1").steps).toEqual([
      "L0: 3 2 + L1: 1 -> L1",
      "L1: 90 + L2: -> L2",
      "L2: 91 + L3: -> L3 bottom",
    ]);
  });

  test("under leveled skips levels that hold nothing", () => {
    expect(chain("leveled", "L0: 3 1").steps).toEqual(["L0: 3 1 + L3: -> L3 bottom"]);
    expect(chain("leveled", "L0: 3 | L2: 2 | L3: 1").steps).toEqual([
      "L0: 3 + L2: 2 -> L2",
      "L2: 90 + L3: 1 -> L3 bottom",
    ]);
  });

  test.each(["simple", "leveled"])("under %s leaves one run in the last level alone", (strategy) => {
    expect(chain(strategy, "L3: 1").steps).toEqual([]);
  });
});
