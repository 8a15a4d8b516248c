import { describe, expect, test } from "vitest";
import { decodeEdit, encodeEdit } from "../../src/manifest/edit-json.ts";
import { applyEdit } from "../../src/state/apply-edit.ts";
import { arrangeFor } from "../../src/state/arrange.ts";
import { rebuildEdits } from "../../src/state/rebuild-edits.ts";
import { EMPTY_TREE } from "../../src/state/tree-views.ts";
import { parseTree, showTree } from "../support/tree-notation.ts";

const simple = { strategy: "simple", sizeRatioPercent: 200, level0FilesTrigger: 2, maxLevels: 3 } as const;
const leveled = {
  strategy: "leveled",
  levelSizeMultiplier: 2,
  level0FilesTrigger: 2,
  maxLevels: 3,
  baseLevelSizeBytes: 1,
} as const;
const tiered = {
  strategy: "tiered",
  tiersTrigger: 3,
  maxSizeAmplificationPercent: 200,
  sizeRatioPercent: 1,
  minMergeWidth: 2,
  maxMergeWidth: undefined,
} as const;
const none = { strategy: "none" } as const;

describe("edits that make a tree out of nothing", () => {
  test.each([
    [none, "L1:"],
    [none, "L0: 7 3 | L1: 1[a-b] 2[c-d]"],
    [none, "L0: 7 | L1: | L2: 1[a-b] 2[c-d]"],
    [simple, "L1: | L2: | L3:"],
    [simple, "L0: 9 8 | L1: 7[a-b] 5[c-d] | L2: | L3: 1[a-b] 2[c-d]"],
    [leveled, "L0: 9 8 | L1: 7[a-b] 5[c-d] | L2: | L3: 1[a-b] 2[c-d]"],
    [leveled, "L0: 9 | L1: | L2: | L3: | L4: 1[a-b] 2[c-d]"],
    [tiered, "T9: 9 | T8: 8 | T5: 5[a-b] 6[c-d] | T1: 1[a-b] 2[c-d] 3[e-f]"],
    [tiered, "T5: 5[a-b] 6[c-d] | T1: 1"],
    [tiered, ""],
  ])("under $strategy: %s", (compaction, notation) => {
    const { tree, table } = parseTree(notation);
    const edits = rebuildEdits(tree, compaction.strategy, 10).map((edit) => decodeEdit(encodeEdit(edit)));
    const made = edits.reduce((before, edit) => applyEdit(before, edit), EMPTY_TREE);
    expect(showTree(arrangeFor(compaction, made, table))).toBe(showTree(arrangeFor(compaction, tree, table)));
    const strategies = edits.flatMap((edit) => (edit.kind === "compaction" ? [edit.task.strategy] : []));
    const allowed = compaction.strategy === "none" ? ["full", "leveled"] : [compaction.strategy];
    expect(strategies.filter((strategy) => !allowed.includes(strategy))).toEqual([]);
  });

  test("announce every memtable before its flush, and give other tables ids of their own", () => {
    const { tree } = parseTree("T9: 9 | T5: 5 6 | T1: 1 2");
    const edits = rebuildEdits(tree, "tiered", 10);
    const announced = edits.flatMap((edit) => (edit.kind === "newMemtable" ? [edit.id] : []));
    const flushed = edits.flatMap((edit) => (edit.kind === "flush" ? [edit.id] : []));
    expect(announced).toEqual([10, 11, 9]);
    expect(flushed).toEqual(announced);
  });
});
