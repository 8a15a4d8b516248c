import { expect, test } from "vitest";
import { taskInputs } from "../../src/manifest/task-inputs.ts";
import { parseEdit } from "../support/tree-notation.ts";

test.each([
  ["full L0: 3 1 + L1: 2 -> 4", [3, 1, 2]],
  ["simple L1: 1 2 + L2: 3 -> 4", [1, 2, 3]],
  ["leveled L0: 5 4 + L1:", [5, 4]],
  ["tiered T3: 3 + T7: 7 8 -> 9", [3, 7, 8]],
])("%s takes its tables from newest to oldest", (text, expected) => {
  const edit = parseEdit(text);
  if (edit.kind !== "compaction") throw new Error("not a compaction");
  expect(taskInputs(edit.task)).toEqual(expected);
});
