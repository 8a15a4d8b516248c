import { describe, expect, test } from "vitest";
import { applyEdit } from "../../src/state/apply-edit.ts";
import { EditMismatchError } from "../../src/state/tree-editor.ts";
import { EMPTY_TREE } from "../../src/state/tree-views.ts";
import { parseEdit, parseTree, showTree } from "../support/tree-notation.ts";

const apply = (tree: string, edit: string): string => showTree(applyEdit(parseTree(tree).tree, parseEdit(edit)));

describe("an edit of levels", () => {
  test.each([
    ["a started memtable changes no table", "L0: 2 | L1: 1", "memtable 3", "L0: 2 | L1: 1"],
    ["a flushed memtable is the newest of L0", "L0: 2 | L1: 1", "flush 3", "L0: 3 2 | L1: 1"],
    ["full takes L0 and level 1", "L0: 3 1 | L1: 2", "full L0: 3 1 + L1: 2 -> 5 6", "L1: 5 6"],
    ["full leaves tables flushed meanwhile", "L0: 4 3 1 | L1: 2", "full L0: 3 1 + L1: 2 -> 5", "L0: 4 | L1: 5"],
    ["full leaves what lies deeper", "L0: 3 | L1: 2 | L2: 1", "full L0: 3 + L1: 2 -> 5", "L1: 5 | L2: 1"],
    ["full may find nothing", "L1:", "full L0: + L1:", "L1:"],
    ["simple merges L0 into level 1", "L0: 3 2 | L1: 1 | L2:", "simple L0: 3 2 + L1: 1 -> 4 5", "L1: 4 5 | L2:"],
    ["simple leaves tables flushed meanwhile", "L0: 6 3 2 | L1: 1", "simple L0: 3 2 + L1: 1 -> 4", "L0: 6 | L1: 4"],
    ["simple merges a whole level down", "L1: 1 2 | L2: 3 4", "simple L1: 1 2 + L2: 3 4 -> 5 6 7", "L1: | L2: 5 6 7"],
    ["simple may leave nothing", "L1: 1 | L2: 2", "simple L1: 1 + L2: 2", "L1: | L2:"],
    [
      "leveled keeps what did not take part, and sorts nothing",
      "L1: 1 2 | L2: 3 4",
      "leveled L1: 2 + L2: 3 -> 6 7",
      "L1: 1 | L2: 4 6 7",
    ],
    ["leveled with no output only removes", "L0: 7 6 5 4 | L1:", "leveled L0: 5 4 + L1:", "L0: 7 6 | L1:"],
    [
      "levels come into being down to the one that is filled",
      "L0: 2 1",
      "leveled L0: 2 1 + L4: -> 3",
      "L1: | L2: | L3: | L4: 3",
    ],
  ])("%s", (_, tree, edit, expected) => {
    expect(apply(tree, edit)).toBe(expected);
  });
});

describe("an edit of tiers", () => {
  test.each([
    ["L0 tables are tiers of one table", "L0: 3 2 | T1: 1", "tiered T3: 3 + T2: 2 -> 5", "T5: 5 | T1: 1"],
    [
      "the output stands where the last input was",
      "L0: 6 | T3: 3 | T2: 2 | T1: 1",
      "tiered T3: 3 + T2: 2 -> 5 7",
      "T6: 6 | T5: 5 7 | T1: 1",
    ],
    ["no output leaves no tier", "T3: 3 | T2: 2 | T0: 0", "tiered T3: 3 + T2: 2", "T0: 0"],
    ["all tiers become one", "T3: 3 | T1: 1 2", "tiered T3: 3 + T1: 1 2 -> 4 5", "T4: 4 5"],
  ])("%s", (_, tree, edit, expected) => {
    expect(apply(tree, edit)).toBe(expected);
  });
});

describe("an edit of another strategy than the one before", () => {
  test.each([
    [
      "tiered after levels: each level is a tier",
      "L0: 9 | L1: 5 6 | L2: | L3: 3 4",
      "tiered T9: 9 + T5: 5 6 -> 10",
      "T10: 10 | T3: 3 4",
    ],
    [
      "tiered after unsorted levels: tables are compared as sets",
      "L0: 9 | L1: 6 5",
      "tiered T9: 9 + T5: 5 6 -> 10",
      "T10: 10",
    ],
    [
      "simple after tiers: newer tiers are L0, the oldest is level 1",
      "L0: 9 | T7: 7 8 | T3: 3 4",
      "simple L0: 9 7 8 + L1: 3 4 -> 10",
      "L1: 10",
    ],
    [
      "leveled after tiers leaves the newest",
      "L0: 9 | T7: 7 8 | T3: 3 4",
      "leveled L0: 7 8 + L1: 4 -> 10",
      "L0: 9 | L1: 3 10",
    ],
    ["full after tiers", "T7: 7 8 | T3: 3 4", "full L0: 7 8 + L1: 3 4 -> 10", "L1: 10"],
    ["leveled after simple", "L1: 1 2 | L2: 3", "leveled L1: 1 + L2: 3 -> 4", "L1: 2 | L2: 4"],
    ["simple after unsorted levels", "L1: 2 1 | L2: 3", "simple L1: 1 2 + L2: 3 -> 4", "L1: | L2: 4"],
  ])("%s", (_, tree, edit, expected) => {
    expect(apply(tree, edit)).toBe(expected);
  });
});

describe("an edit that does not fit the tree", () => {
  test.each([
    ["flushes a table that is there", "L0: 2", "flush 2"],
    ["makes a table that is there", "L0: 2 | L1: 1", "simple L0: 2 + L1: 1 -> 2"],
    ["makes a table twice", "L0: 2 | L1: 1", "simple L0: 2 + L1: 1 -> 3 3"],
    ["takes a table that is not in L0", "L0: 2 | L1: 1", "full L0: 3 + L1: 1 -> 4"],
    ["takes a table twice", "L0: 2 1 | L1:", "full L0: 2 2 + L1: -> 4"],
    ["takes a part of level 1 in full", "L0: 3 | L1: 1 2", "full L0: 3 + L1: 1 -> 4"],
    ["takes a part of the lower level in simple", "L0: 3 | L1: 1 2", "simple L0: 3 + L1: 1 -> 4"],
    ["takes a part of the upper level in simple", "L1: 1 2 | L2:", "simple L1: 1 + L2: -> 4"],
    ["takes a table that is not in the upper level", "L1: 1 | L2: 2", "leveled L1: 2 + L2: -> 4"],
    ["takes a table that is not in the lower level", "L1: 1 | L2: 2", "leveled L1: 1 + L2: 3 -> 4"],
    ["takes a level that does not exist", "L1: 1", "leveled L7: 1 + L8: -> 4"],
    ["merges upwards", "L1: 1 | L2: 2", "leveled L2: 2 + L1: 1 -> 4"],
    ["merges into L0", "L0: 2 1", "leveled L0: 2 + L0: 1 -> 4"],
    ["names a senseless level", "L0: 1", "leveled L0: 1 + L9007199254740991: -> 4"],
    ["takes a tier that is not there", "T3: 3 | T2: 2", "tiered T3: 3 + T1: 1 -> 4"],
    ["takes a part of a tier", "T3: 3 5 | T2: 2", "tiered T3: 3 + T2: 2 -> 6"],
    ["takes tiers that are not neighbours", "T3: 3 | T2: 2 | T1: 1", "tiered T3: 3 + T1: 1 -> 4"],
    ["takes no tier", "T3: 3", "tiered -> 4"],
    ["takes more tiers than there are", "T2: 2", "tiered T2: 2 + T1: 1 -> 4"],
  ])("that %s is refused", (_, tree, edit) => {
    expect(() => apply(tree, edit)).toThrow(EditMismatchError);
  });

  test("says what is there and what was expected", () => {
    expect(() => apply("L0: 2 1", "full L0: 3 + L1: -> 4")).toThrow("L0 is [2, 1], which does not hold all of [3]");
  });
});

test("the tree before an edit stays as it was", () => {
  const { tree } = parseTree("L0: 3 2 | L1: 1 | L2:");
  const before = structuredClone(tree);
  applyEdit(tree, parseEdit("leveled L0: 3 2 + L2: -> 4"));
  applyEdit(tree, parseEdit("tiered T3: 3 + T2: 2 -> 4"));
  expect(tree).toEqual(before);
  expect(EMPTY_TREE).toEqual({ level0: [], levels: [] });
});
