import { describe, expect, test } from "vitest";
import { type LeveledOptions, pickLeveled, targetSizesBytes } from "../../src/compaction/pick-leveled.ts";
import { parseTree, showTask } from "../support/tree-notation.ts";

const MIB = 1024 * 1024;

const OPTIONS: LeveledOptions = {
  strategy: "leveled",
  levelSizeMultiplier: 2,
  level0FilesTrigger: 2,
  maxLevels: 4,
  baseLevelSizeBytes: 128 * MIB,
};

const pick = (text: string, options: Partial<LeveledOptions> = {}): readonly string[] => {
  const { tree, table } = parseTree(text);
  const picked = pickLeveled(tree, table, { ...OPTIONS, ...options });
  return picked === undefined ? ["nothing"] : [showTask(picked.task), ...picked.reason.split("\n")];
};

describe("target sizes", () => {
  test.each([
    ["an empty tree has one level of the base size", [0, 0, 0, 0], [0, 0, 0, 128]],
    ["a last level up to the base size is alone", [0, 0, 0, 128], [0, 0, 0, 128]],
    ["levels above a larger one are smaller by the multiplier", [0, 0, 0, 200], [0, 0, 100, 200]],
    ["they end where they would fall below the base size", [0, 0, 0, 1000], [125, 250, 500, 1000]],
    ["what the upper levels hold has no influence", [9, 9, 9, 300], [0, 75, 150, 300]],
  ])("%s", (_, sizes, targets) => {
    const sizesBytes = sizes.map((size) => size * MIB);
    expect(targetSizesBytes(sizesBytes, OPTIONS).map((bytes) => bytes / MIB)).toEqual(targets);
  });

  test("are whole bytes", () => {
    expect(targetSizesBytes([0, 0, 1001], { ...OPTIONS, baseLevelSizeBytes: 300 })).toEqual([250, 500, 1001]);
  });
});

describe("the leveled picker", () => {
  test.each([
    ["leaves an empty tree alone", "L4:", "nothing"],
    ["leaves too few tables in L0 alone", "L0: 1 | L4: 2*500", "nothing"],
    ["sends L0 to the last level at first", "L0: 2 1 | L4:", "L0: 2 1 + L4: -> L4 bottom"],
    ["sends L0 to the base level", "L0: 5 4 | L3: | L4: 1*200", "L0: 5 4 + L3: -> L3"],
    [
      "takes only what overlaps L0 as a whole",
      "L0: 6[h-k] 5[d-e] | L4: 1[a-c] 2[d-f] 3[f-j] 4[l-z]",
      "L0: 6 5 + L4: 2 3 -> L4 bottom",
    ],
    [
      "counts a shared border key as overlap",
      "L0: 6[c-f] 5[d-e] | L4: 1[a-c] 2[f-g] 3[h-z]",
      "L0: 6 5 + L4: 1 2 -> L4 bottom",
    ],
    ["leaves levels within their targets alone", "L3: 2*100 | L4: 1*200", "nothing"],
    [
      "moves the oldest table of a level above its target",
      "L3: 9[a-c]*60 5[d-f]*60 | L4: 1[a-d]*100 2[e-z]*100",
      "L3: 5 + L4: 1 2 -> L4 bottom",
    ],
    ["moves a level that should be empty", "L1: 9[a-c] | L2: 3[b-d] | L4: 1", "L2: 3 + L3: -> L3"],
    ["moves the fullest level first", "L2: 3[a-b]*100 | L3: 4[a-c]*250 | L4: 1[a-z]*250", "L2: 3 + L3: 4 -> L3"],
    ["prefers L0", "L0: 8 7 | L2: 3*60 | L3: 4*250 | L4: 1*300", "L0: 8 7 + L2: 3 -> L2"],
  ])("%s", (_, tree, expected) => {
    expect(pick(tree)[0]).toBe(expected);
  });

  test("never sends L0 past a level that holds tables", () => {
    expect(pick("L0: 8[a-b] 7[c-d] | L3: 5[a-c] | L4: 6")[0]).toBe("L0: 8 7 + L3: 5 -> L3");
  });

  test("moves the neighbours along that hold versions of the same key", () => {
    expect(pick("L3: 5[a-k] 6[k-m] 7[n-p] | L4: 1[a-h] 2[h-j] 3[q-z]")[0]).toBe("L3: 5 6 + L4: 1 2 -> L4 bottom");
    expect(pick("L0: 8[a-b] 7[c-d] | L4: 1[d-h] 2[h-j] 3[j-j] 4[k-z]")[0]).toBe("L0: 8 7 + L4: 1 2 3 -> L4 bottom");
  });

  test("says why", () => {
    expect(pick("L0: 2 1 | L4:")[1]).toBe("flush L0 SST to base level 4");
    expect(pick("L2: 7*1 | L3: 9[a-c]*60.5 5[d-f]*60 | L4: 1*200").slice(1)).toEqual([
      'target level sizes: ["0.000MB", "0.000MB", "100.000MB", "200.000MB"], real level sizes: ["0.000MB", "1.000MB", "120.500MB", "200.000MB"], base_level: 2',
      "compaction triggered by priority: 2 out of [(inf, 2), (1.205, 3)], select 7 for compaction",
    ]);
    expect(pick("L3: 9*200 | L4: 1*200")[2]).toBe(
      "compaction triggered by priority: 3 out of [(2.0, 3)], select 9 for compaction",
    );
  });

  test("among equals takes the deeper level", () => {
    expect(pick("L1: 7 | L2: 8 | L4: 1")[2]).toContain("priority: 2 out of [(inf, 2), (inf, 1)]");
  });

  test.each([
    ["at its trigger", "L0: 5*50 4*50 | L4: 1*400", "L0: 5 4 + L4: 1 -> L4 bottom"],
    ["later where it is small beside what it is merged with", "L0: 5*49 4*49 | L4: 1*400", "nothing"],
    ["at once where it is merged with nothing", "L0: 5[m-z]*1 4[m-z]*1 | L4: 1[a-c]*400", "L0: 5 4 + L4: -> L4 bottom"],
    ["at its limit, however small it is", "L0: 7*1 6*1 5*1 4*1 | L4: 1*400", "L0: 7 6 5 4 + L4: 1 -> L4 bottom"],
  ])("sends L0 down %s when it may wait", (_, text, task) => {
    const largeBase = { baseLevelSizeBytes: 1000 * MIB };
    expect(pick(text, { ...largeBase, level0FilesMax: 4 })[0]).toBe(task);
  });
  test("heeds its options", () => {
    expect(pick("L0: 2 1 | L4:", { level0FilesTrigger: 3 })).toEqual(["nothing"]);
    expect(pick("L0: 2 1 | L4: 3*200", { baseLevelSizeBytes: 200 * MIB })[0]).toBe("L0: 2 1 + L4: 3 -> L4 bottom");
    expect(pick("L3: 2*60 | L4: 1*200", { levelSizeMultiplier: 4 })[0]).toBe("L3: 2 + L4: 1 -> L4 bottom");
    expect(pick("L0: 2 1 | L1:", { baseLevelSizeBytes: 0 })[0]).toBe("L0: 2 1 + L1: -> L1 bottom");
  });
});
