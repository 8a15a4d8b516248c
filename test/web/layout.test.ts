import { describe, expect, test } from "vitest";
import { type ShownTable, unknownTable } from "../../src/tools/live/change.ts";
import { type Layout, layoutTree } from "../../web/tree/layout.ts";
import { parseTree } from "../support/tree-notation.ts";

/** Keys are letters: `a` lies at 0, and `z` at 1. */
const position = ([letter = 0]: Uint8Array): number => (letter - 97) / 25;

function layoutOf(text: string, widthPx = 1000): Layout {
  const { tree, table } = parseTree(text);
  const ids = [...tree.level0, ...tree.levels.flatMap((level) => level.tables)];
  const tables = new Map<number, ShownTable>();
  for (const id of ids) {
    const { sizeBytes, firstKey: first, lastKey: last } = table(id);
    tables.set(id, { ...unknownTable(id), sizeBytes, keys: { first, last } });
  }
  return layoutTree({ tree, tables, position, widthPx });
}

const shown = ({ marks }: Layout): readonly string[] => {
  return marks.map(
    ({ ids, x, width, top }) => `${ids.join("+")} ${Math.round(x * 25)}-${Math.round((x + width) * 25)} @${top}`,
  );
};

describe("a tree is laid out", () => {
  test("with a row for each level, and tables where their keys are", () => {
    const layout = layoutOf("L0: 5[a-k] | L1: 1[a-f] 2[k-z] | L2:");
    expect(layout.rows.map(({ name, tables, depth }) => `${depth} ${name} ${tables}`)).toEqual([
      "0 L0 1",
      "1 L1 2",
      "2 L2 0",
    ]);
    const [first, second] = layout.rows.map(({ top }) => top);
    expect(shown(layout)).toEqual([`5 0-10 @${first}`, `1 0-5 @${second}`, `2 10-25 @${second}`]);
    expect(layout.rows[1]?.sizeBytes).toBe(2 * 1024 * 1024);
  });

  test("with a lane in L0 for each run: tables beside each other share one, those above each other do not", () => {
    const { rows, marks } = layoutOf("L0: 4[a-c] 3[d-k] 2[b-z] | L1: 1[a-z]");
    const lanes = new Map(marks.map(({ ids, top }) => [ids[0], top]));
    expect(lanes.get(4)).toBe(lanes.get(3));
    expect(lanes.get(2)).toBeGreaterThan(lanes.get(3) ?? 0);
    expect(rows[1]?.top).toBeGreaterThan(lanes.get(2) ?? 0);
  });

  test("with a row for each tier, named by its id", () => {
    const { rows } = layoutOf("T9: 9[a-z] | T4: 4[a-m] 5[n-z]");
    expect(rows.map(({ name }) => name)).toEqual(["T9", "T4"]);
  });

  test("with neighbours joined that are too narrow to be seen", () => {
    const text = "L0: | L1: 1[a-a] 2[b-b] 3[c-c] 4[d-z]";
    // A letter takes 2 pixels here, and there 40.
    expect(layoutOf(text, 50).marks.map(({ ids }) => ids)).toEqual([[1, 2, 3], [4]]);
    expect(layoutOf(text, 1000).marks.map(({ ids }) => ids)).toEqual([[1], [2], [3], [4]]);
  });

  test("side by side where nobody knows the keys", () => {
    const { tree } = parseTree("L0: | L1: 1 2 3 4");
    const { marks, rows } = layoutTree({ tree, tables: new Map(), position, widthPx: 1000 });
    expect(marks.map(({ x, width, isPlaceless }) => [x, width, isPlaceless])).toEqual(
      [0, 0.25, 0.5, 0.75].map((x) => [x, 0.25, true]),
    );
    expect(rows[1]?.sizeBytes).toBeUndefined();
  });

  test("within the same height however many tables a level has", () => {
    const wide = `L0: | L1: ${Array.from({ length: 26 }, (_, at) => `${at}[${String.fromCharCode(97 + at)}]`.replace(/\[(.)\]/, "[$1-$1]")).join(" ")}`;
    expect(layoutOf(wide).heightPx).toBe(layoutOf("L0: | L1: 1[a-z]").heightPx);
  });
});
