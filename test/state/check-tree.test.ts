import { describe, expect, test } from "vitest";
import { checkTree } from "../../src/state/check-tree.ts";
import type { TableLookup } from "../../src/state/tree.ts";
import { parseTree } from "../support/tree-notation.ts";

describe("a tree is checked", () => {
  test.each([
    ["", []],
    ["L0: 3 2 | L1: 1[a-m] 4[n-z] | L2: | L3: 5", []],
    ["T7: 7[a-b] 8[c-d] | T9: 9", []],
    ["L0: 3 | L1: 3", ["table 3 of L1 stands in the tree a second time"]],
    ["L0: 3[c-a]", ["table 3 ends before its first key"]],
    ["L1: 1[a-m] 4[m-z]", ["table 4 of L1 does not start behind the end of table 1"]],
    ["L1: 1[n-z] 4[a-m]", ["table 4 of L1 does not start behind the end of table 1"]],
    ["L0: 3 | T7: 7", ["there are tiers (7) and 1 tables in L0"]],
    ["T7: 8 | T9: 9", ["the levels are numbered 7, 9: neither levels from 1 nor tiers by their first table"]],
  ])("%j", (text, problems) => {
    const { tree, table } = parseTree(text);
    expect(checkTree(tree, table)).toEqual(problems);
  });

  test("an unknown table is reported once and nothing else suffers", () => {
    const { tree, table } = parseTree("L0: 3 | L1: 1[a-m] 4[n-z]");
    const withoutFour: TableLookup = (id) => {
      if (id === 4) throw new Error("no such table");
      return table(id);
    };
    expect(checkTree(tree, withoutFour)).toEqual(["table 4 of L1 is unknown"]);
  });
});
