import { describe, expect, test } from "vitest";
import type { Screen } from "../../../src/cli/answers/screen.ts";
import { type TreeView, treeText } from "../../../src/cli/answers/tree-text.ts";
import type { TableLayout } from "../../../src/engine/inspector.ts";

const MIB = 1024 * 1024;

/**
 * Runs of tables, newest first: `L0: 4[a-d] | L1: 1[a-m]*8 2[n-z]dr`. A table has 4 MiB or so many as it says, and `d`
 * for deletes, `r` for range deletes, `f` for a filter in memory.
 */
function view(notation: string): TreeView {
  const runs = notation
    .split("|")
    .filter((run) => run.trim() !== "")
    .map((run) => {
      const [, level, tables = ""] = /^\s*L(\d+):(.*)$/.exec(run) ?? [];
      return { level: Number(level), tables: tables.trim().split(" ").map(table) };
    });
  return { memtables: [{ id: 9, entries: 1, rangeDeletes: 0, sizeBytes: 2048, isFrozen: false }], runs };
}

function table(notation: string): TableLayout {
  const [, id, first = "", last = "", size, marks = ""] =
    /^(\d+)\[(.+)-(.+)\](?:\*(\d+))?([drf]*)$/.exec(notation) ?? [];
  return {
    id: Number(id),
    sizeBytes: Number(size ?? 4) * MIB,
    firstKey: Buffer.from(first),
    lastKey: Buffer.from(last),
    entries: 10,
    deletes: marks.includes("d") ? 1 : 0,
    rangeDeletes: marks.includes("r") ? 1 : 0,
    isLoaded: marks.includes("f"),
  };
}

function screen(columns: number, hasUnicode = true): Screen {
  return { columns, hasUnicode, redraw: undefined };
}

/** The rows of the runs. */
function rows(notation: string, columns = 45, hasUnicode = true): string[] {
  return treeText(view(notation), screen(columns, hasUnicode))
    .split("\n")
    .filter((line) => line.startsWith("L"));
}

describe("a tree", () => {
  test("is drawn with memtables, a key axis, one row per run and a legend", () => {
    expect(treeText(view("L0: 4[b-c]*1 | L1: 1[a-b]f 2[c-d]d"), screen(60)).split("\n")).toEqual([
      "memtable 9 filling: 2.00 KiB, 1 entry",
      "              a                                            d",
      "L0 1 1.00 MiB                     ▒▒4▒▒▒",
      "L1 2 8.00 MiB █████████1f██████████    █████████2d██████████",
      "░ ▒ ▓ █ by size, the largest 4.00 MiB",
      "d deletes, r range deletes, f filter in memory",
      "",
    ]);
  });

  test("without tables has its memtables alone", () => {
    expect(treeText(view(""), screen(80))).toBe("memtable 9 filling: 2.00 KiB, 1 entry\nno tables\n");
  });

  test("gives tables of one size the same width, wherever their keys lie", () => {
    expect(rows("L1: 1[a-a1] 2[a2-b] 3[x-zzzz]", 34)).toEqual(["L1 ████1█████ ████2████ ████3█████"]);
  });

  test("shows by shade how large a table is", () => {
    expect(rows("L1: 1[a-b]*1 2[c-d]*4 3[e-f]*8 4[g-h]*16")[0]).toMatch(/^L1 ░+▒+2▒+ ▓+3▓+ █+4█+$/);
  });

  test("shows deletes, range deletes and filters where there is room", () => {
    expect(rows("L1: 1[a-b]drf 2[c-d] 3[e-f]r", 33)).toEqual(["L1 ███1drf███ ███2████ ████3r████"]);
    expect(rows("L1: 10[a-b]drf 20[c-d]d", 13)).toEqual(["L1 █drf█ █d██"]);
  });

  test("shows rather the deletes of a narrow table than its bar", () => {
    expect(rows("L0: 1[m-m]d | L1: 2[a-z]", 23)).toEqual(["L0           d", "L1 █████████2██████████"]);
    expect(rows("L0: 1[m-m]f | L1: 2[a-z]", 23)[0]).toBe("L0           █");
  });

  test("shows something of every run on any screen", () => {
    const many = Array.from({ length: 500 }, (_, id) => `${id}[k${id + 1000}-k${id + 1000}z]`).join(" ");
    for (const columns of [20, 40, 80, 400]) {
      const [row = ""] = rows(`L1: ${many}`, columns);
      expect(row.length).toBeLessThanOrEqual(columns);
      expect(row.replace(/^L1 /, "").trim().length).toBeGreaterThan(8);
    }
  });

  test("shows tables of one key", () => {
    expect(rows("L0: 1[m-m] | L1: 2[a-z]", 23)).toEqual(["L0           █", "L1 █████████2██████████"]);
    expect(rows("L0: 1[m-m]", 23)).toEqual(["L0 █"]);
    expect(rows("L0: 1[k-k] 2[m-m]", 23)).toEqual(["L0 █                  █"]);
  });

  test("needs no more than ASCII where there is no more", () => {
    const text = treeText(view("L0: 4[é-ü]*1 | L1: 1[a-b]f 2[c-z]d"), screen(70, false));
    expect(text).toMatch(/^[\x20-\x7e\n]*$/);
    expect(text).toContain("L1 2 8.00 MiB ###");
  });

  test("shows keys so that they cannot drive the terminal, and shortened", () => {
    const text = treeText(view(`L1: 1[\u001b[2J-${"z".repeat(500)}]`), screen(60));
    expect(text).toContain("\\x1b[2J");
    expect(text).not.toContain("\u001b");
    for (const line of text.split("\n")) expect(line.length).toBeLessThanOrEqual(60);
  });
});
