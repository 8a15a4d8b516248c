import { describe, expect, test } from "vitest";
import { findTable, groupLevel0 } from "../../src/state/sorted-run.ts";
import type { TableInfo } from "../../src/state/tree.ts";
import { bytes } from "../support/entries.ts";
import { randomOf } from "../support/random.ts";
import { parseTree } from "../support/tree-notation.ts";

function tables(text: string): TableInfo[] {
  const { tree, table } = parseTree(`L0: ${text}`);
  return tree.level0.map(table);
}

function find(run: readonly TableInfo[], key: string): number | undefined {
  const padded = bytes(`<${key}>`);
  return findTable(run, padded, 1, 1 + key.length)?.id;
}

function group(text: string): string {
  return groupLevel0(tables(text))
    .map((run) => run.map((table) => table.id).join(" "))
    .join(" | ");
}

describe("the table of a key in a run", () => {
  const run = tables("1[b-d] 2[f-f] 3[h-m]");

  test.each([
    ["a", undefined],
    ["b", 1],
    ["c", 1],
    ["d", 1],
    ["da", undefined],
    ["e", undefined],
    ["f", 2],
    ["f\0", undefined],
    ["g", undefined],
    ["h", 3],
    ["m", 3],
    ["z", undefined],
  ])("for %j is %s", (key, expected) => {
    expect(find(run, key)).toBe(expected);
  });

  test("is none in an empty run", () => {
    expect(find([], "a")).toBeUndefined();
  });
});

describe("L0 in runs", () => {
  test.each([
    ["of no table is no run", "", ""],
    ["is one run when it was filled upwards", "3[g-i] 2[d-f] 1[a-c]", "1 2 3"],
    ["is one run when it was filled downwards", "3[a-c] 2[d-f] 1[g-i]", "3 2 1"],
    ["is a run per table when all overlap", "3[a-z] 2[a-z] 1[a-z]", "3 | 2 | 1"],
    ["starts a new run at a table that overlaps the run before it", "4[a-c] 3[d-f] 2[c-d] 1[x-z]", "4 3 | 2 1"],
    ["counts a shared border key as an overlap", "2[a-c] 1[c-d]", "2 | 1"],
    // Table 1 would fit run 4, but what it overlaps in run 2 is newer than it.
    ["never moves a table past one that is newer and may hold its keys", "4[a-b] 3[a-m] 1[c-d]", "4 | 3 | 1"],
  ])("%s", (_, text, expected) => {
    expect(group(text)).toBe(expected);
  });

  test.each([1, 2, 3])("answers every key from the newest table that spans it (seed %i)", (seed) => {
    const random = randomOf(seed);
    for (let round = 0; round < 300; round++) {
      const newestFirst = Array.from({ length: random(8) }, (_, index): TableInfo => {
        const first = random(20);
        const last = Math.min(20, first + random(6));
        return { id: 100 - index, sizeBytes: 1, firstKey: Uint8Array.of(first), lastKey: Uint8Array.of(last) };
      });
      const runs = groupLevel0(newestFirst);
      expect(runs.flat().length).toBe(newestFirst.length);
      for (let key = 0; key <= 20; key++) {
        const inRuns = runs.flatMap((run) => findTable(run, Uint8Array.of(key), 0, 1)?.id ?? []);
        const inTables = newestFirst
          .filter(({ firstKey, lastKey }) => firstKey[0]! <= key && key <= lastKey[0]!)
          .map((table) => table.id);
        expect(inRuns).toEqual(inTables);
      }
    }
  });
});
