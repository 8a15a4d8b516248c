import { expect, test } from "vitest";
import { flushGroup } from "../../src/write/flush-group.ts";

test.each([
  ["none when none is frozen", [], []],
  ["the only one, however large it is", [900], [900]],
  ["all while they stay within the size", [10, 20, 70], [10, 20, 70]],
  ["the oldest that stay within it", [10, 20, 71], [20, 71]],
  ["no newer one behind one that does not fit", [1, 90, 20], [20]],
  ["the oldest alone when it is too large already", [1, 101], [101]],
])("one flush takes %s", (_, sizes, expected) => {
  const frozen = sizes.map((approximateSizeBytes) => ({ approximateSizeBytes }));
  expect(flushGroup(frozen, 100).map((memtable) => memtable.approximateSizeBytes)).toEqual(expected);
});
