import { expect, test } from "vitest";
import { applyEdit } from "../../src/state/apply-edit.ts";
import { TreeEditor } from "../../src/state/tree-editor.ts";
import { EMPTY_TREE } from "../../src/state/tree-views.ts";
import { parseEdit, showTree } from "../support/tree-notation.ts";

/** Flushes and merges of every kind, through both views and back. */
const HISTORY = [
  ...["flush 0", "flush 1", "flush 2", "simple L0: 2 1 0 + L1: -> 3 4", "flush 5", "leveled L0: 5 + L1: 4 -> 6 7"],
  ...["leveled L1: 3 + L2: -> 8", "flush 9", "memtable 10", "tiered T9: 9 + T6: 6 7 -> 11 12", "flush 13", "flush 14"],
  ...[
    "tiered T14: 14 + T13: 13 -> 15",
    "full L0: 15 11 12 + L1: 8 -> 16 17",
    "flush 18",
    "simple L1: 16 17 + L2: -> 19",
  ],
  ...["leveled L0: 18 + L4: -> 20", "full L0: + L1: -> 21", "flush 22"],
].map(parseEdit);

test("many edits make the tree that one after the other makes", () => {
  const editor = new TreeEditor();
  let tree = EMPTY_TREE;
  for (const edit of HISTORY) {
    editor.apply(edit);
    tree = applyEdit(tree, edit);
    expect(editor.tree).toEqual(tree);
  }
  expect(showTree(tree)).toBe("L0: 22 | L1: 21 | L2: 19 | L3: | L4: 20");
});

test("whoever knows the tables is asked whether one stands in the tree", () => {
  const asked: number[] = [];
  const editor = new TreeEditor(EMPTY_TREE, (id) => {
    asked.push(id);
    return id === 2;
  });
  editor.apply(parseEdit("flush 1"));
  expect(() => editor.apply(parseEdit("flush 2"))).toThrow("table 2 exists already");
  expect(asked).toEqual([1, 2]);
});

test("a tree that was taken out stays as it was", () => {
  const editor = new TreeEditor();
  editor.apply(parseEdit("flush 1"));
  const { tree } = editor;
  editor.apply(parseEdit("flush 2"));
  expect(showTree(tree)).toBe("L0: 1");
});
