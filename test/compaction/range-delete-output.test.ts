import { describe, expect, test } from "vitest";
import { RangeDeleteOutput, type RangeDeleteTarget } from "../../src/compaction/range-delete-output.ts";
import { RangeDeletes } from "../../src/iterator/range-deletes.ts";
import { bytes } from "../support/entries.ts";
import { rangeDeletes, showRangeDeletes } from "../support/range-deletes.ts";

const WATERMARK = 5;

/** A table that keeps what it is given as it was given. */
class Table implements RangeDeleteTarget {
  readonly shown: string[] = [];

  addRangeDelete(from: Uint8Array, to: Uint8Array, timestamps: readonly number[]): void {
    this.shown.push(showRangeDeletes(RangeDeletes.over([{ from, to, timestamps }])));
  }
}

/** What tables get that end behind the keys, and then the last one. */
function given(text: string, lastKeys: string, reachesBottom = false): string[] {
  const output = new RangeDeleteOutput(rangeDeletes(text), {
    reachesBottom,
    watermark: WATERMARK,
    droppedPrefixes: [],
  });
  const full = lastKeys.split(" ").filter(Boolean);
  const tables = [...full, undefined].map((lastKey) => {
    const table = new Table();
    if (lastKey === undefined) output.giveRest(table);
    else output.giveUpTo(bytes(lastKey), table);
    return table.shown.join(" ");
  });
  expect(output.isAtEnd).toBe(true);
  return tables;
}

describe("a table gets the range deletes", () => {
  test.each([
    ["of the only table", "[a,c)@9 [e,g)@8", "", ["[a,c)@9 [e,g)@8"]],
    ["that end before its last key", "[a,c)@9 [e,g)@8", "d", ["[a,c)@9", "[e,g)@8"]],
    ["that end with its last key", "[a,c\0)@9 [e,g)@8", "c", ["[a,c\0)@9", "[e,g)@8"]],
    ["up to its last key, cut behind it", "[a,z)@9", "c", ["[a,c\0)@9", "[c\0,z)@9"]],
    ["in as many pieces as there are tables", "[b,z)@9,8", "c f", ["[b,c\0)@9,8", "[c\0,f\0)@9,8", "[f\0,z)@9,8"]],
    ["that begin with its last key", "[c,z)@9", "c", ["[c,c\0)@9", "[c\0,z)@9"]],
    ["and none that begin behind it", "[c\0,z)@9", "c", ["", "[c\0,z)@9"]],
    ["and nothing when they lie behind all tables but the last", "[x,z)@9", "c f", ["", "", "[x,z)@9"]],
    ["of one key that ends the table", "[c,c\0)@9 [d,e)@8", "c", ["[c,c\0)@9", "[d,e)@8"]],
    ["also under an empty key", "[,b)@9", "", ["[,b)@9"]],
  ])("%s", (_, text, lastKeys, expected) => {
    expect(given(text, lastKeys)).toEqual(expected);
  });

  test("up to an empty key that ends it", () => {
    const output = new RangeDeleteOutput(rangeDeletes("[,b)@9"), {
      reachesBottom: false,
      watermark: WATERMARK,
      droppedPrefixes: [],
    });
    const tables = [new Table(), new Table()] as const;
    output.giveUpTo(bytes(""), tables[0]);
    output.giveRest(tables[1]);
    expect(tables.map((table) => table.shown)).toEqual([["[,\0)@9"], ["[\0,b)@9"]]);
  });
});

describe("of the timestamps a merge keeps", () => {
  test.each([
    ["those above the watermark and the newest that is not", "[a,c)@9,7,5,3,1", "[a,c)@9,7,5"],
    ["the newest when none is above", "[a,c)@4,3", "[a,c)@4"],
    ["all above", "[a,c)@9,6", "[a,c)@9,6"],
    ["what makes neighbours the same, which become one", "[a,c)@5,3 [c,e)@5,1", "[a,e)@5"],
  ])("%s", (_, text, expected) => {
    expect(given(text, "")).toEqual([expected]);
  });

  test.each([
    ["only those above the watermark", "[a,c)@9,7,5,3", "[a,c)@9,7"],
    ["none at or below it", "[a,c)@5 [d,e)@3", ""],
    ["those of some fragments", "[a,c)@5 [c,e)@6", "[c,e)@6"],
  ])("at the bottom %s", (_, text, expected) => {
    expect(given(text, "", true)).toEqual([expected]);
  });
});
