import type { Edit } from "../manifest/edit.ts";
import type { Tree } from "./tree.ts";
import { TreeEditor } from "./tree-editor.ts";

/** The tree after one edit, by the rules of `TreeEditor`. Throws EditMismatchError. */
export function applyEdit(tree: Tree, edit: Edit): Tree {
  if (edit.kind === "newMemtable" || edit.kind === "logSynced") return tree;
  const editor = new TreeEditor(tree);
  editor.apply(edit);
  return editor.tree;
}
