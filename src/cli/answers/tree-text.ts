import type { MemtableLayout, TableLayout } from "../../engine/inspector.ts";
import { KeyAxis } from "./key-axis.ts";
import { counted, sizeText } from "./quantity.ts";
import type { Screen } from "./screen.ts";
import { visible } from "./text.ts";

/** What `tree` shows: the memtables, and the tables of every run in key order, all from newest to oldest. */
export type TreeView = {
  readonly memtables: readonly MemtableLayout[];
  readonly runs: readonly { readonly level: number; readonly tables: readonly TableLayout[] }[];
};

/** From a table that is small beside the largest to one that is as large. */
const SHADES = "░▒▓█";
const SHADES_ASCII = ".:+#";
/** A narrower screen has no room for sizes beside the bars. */
const COLUMNS_WITH_SIZES = 60;
const BAR_COLUMNS_MIN = 10;
const FILTER_MARK = "f";
const MARKS = `d deletes, r range deletes, ${FILTER_MARK} filter in memory`;

/** Draws a tree, one row per run, each table as a bar over the key space. With its last line end. */
export function treeText({ memtables, runs }: TreeView, screen: Screen): string {
  const memory = memtables.map(
    ({ id, isFrozen, sizeBytes, entries }) =>
      `memtable ${id} ${isFrozen ? "frozen" : "filling"}: ${sizeText(sizeBytes)}, ${counted(entries, "entry")}\n`,
  );
  const tables = runs.flatMap((run) => run.tables);
  if (tables.length === 0) return `${memory.join("")}no tables\n`;

  const labels = labelsOf(runs, screen);
  const columns = Math.max(screen.columns - (labels[0]?.length ?? 0) - 1, BAR_COLUMNS_MIN);
  const axis = new KeyAxis(tables, columns);
  const largestBytes = tables.reduce((largest, { sizeBytes }) => Math.max(largest, sizeBytes), 0);
  const shades = screen.hasUnicode ? SHADES : SHADES_ASCII;
  const shadeOf = ({ sizeBytes }: TableLayout): string =>
    shades[Math.min(Math.floor((4 * sizeBytes) / largestBytes), shades.length - 1)] ?? "";
  const rows = runs.map((run, index) => `${labels[index]} ${rowText(run.tables, axis, shadeOf)}\n`);
  const blank = " ".repeat(labels[0]?.length ?? 0);
  return [
    ...memory,
    `${blank} ${axisText(tables, columns, screen)}\n`,
    ...rows,
    legendText(`${[...shades].join(" ")} by size, the largest ${sizeText(largestBytes)}`, screen),
  ].join("");
}

/** On one line where it fits. */
function legendText(sizes: string, screen: Screen): string {
  const line = `${sizes}; ${MARKS}`;
  return line.length <= screen.columns ? `${line}\n` : `${sizes}\n${MARKS}\n`;
}

/** Level, number of tables and bytes of each run, as wide as each other. */
function labelsOf(runs: TreeView["runs"], screen: Screen): string[] {
  const hasSizes = screen.columns >= COLUMNS_WITH_SIZES;
  const cells = runs.map(({ level, tables }) => {
    const sizeBytes = tables.reduce((sum, table) => sum + table.sizeBytes, 0);
    return [`L${level}`, ...(hasSizes ? [`${tables.length}`, sizeText(sizeBytes)] : [])];
  });
  const widths = cells[0]?.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0))) ?? [];
  return cells.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join(" "),
  );
}

/** The smallest key flush left and the largest flush right, as far as both fit. */
function axisText(tables: readonly TableLayout[], columns: number, screen: Screen): string {
  const keys = tables.flatMap(({ firstKey, lastKey }) => [firstKey, lastKey]).sort(Buffer.compare);
  const room = Math.floor((columns - 1) / 2);
  const [first = "", last = ""] = [keys[0], keys.at(-1)].map((key) =>
    shortened(key ?? new Uint8Array(0), room, screen),
  );
  return first.padEnd(columns - last.length) + last;
}

function shortened(key: Uint8Array, room: number, screen: Screen): string {
  // Whatever a character takes, so many bytes are more than fit.
  const text = visible(key.subarray(0, 4 * room + 4));
  const shown = screen.hasUnicode ? text : text.replace(/[^\x20-\x7e]/g, "?");
  const characters = Array.from(shown);
  return characters.length <= room ? shown : `${characters.slice(0, room - 2).join("")}..`;
}

/** The bars of one run. Where tables are too many for the columns, the first of those that share one is seen. */
function rowText(tables: readonly TableLayout[], axis: KeyAxis, shadeOf: (table: TableLayout) => string): string {
  let row = "";
  for (const [index, table] of tables.entries()) {
    const from = Math.max(axis.columnOf(table.firstKey), row.length);
    const to = axis.columnOf(table.lastKey);
    if (to < from) continue;
    const next = tables[index + 1];
    // A gap tells it from a neighbour that it touches, where it is wide enough to spare a column.
    const touches = next !== undefined && axis.columnOf(next.firstKey) <= to + 1 && axis.columnOf(next.lastKey) > to;
    const width = to - from + 1 - (touches && to - from >= 2 ? 1 : 0);
    row = row.padEnd(from) + barText(table, shadeOf(table), width).padEnd(to - from + 1);
  }
  return row.trimEnd();
}

/** A bar with as much of its table's number and marks as it has room for. */
function barText(table: TableLayout, shade: string, width: number): string {
  const marks = marksOf(table);
  const first = marks.slice(0, 1);
  // Rather a delete without a bar than a bar without it.
  const least = first === FILTER_MARK ? "" : first;
  const label = [`${table.id}${marks}`, marks, first].find((text) => text.length + 2 <= width) ?? least;
  const before = Math.floor((width - label.length) / 2);
  return shade.repeat(before) + label + shade.repeat(width - before - label.length);
}

function marksOf({ deletes = 0, rangeDeletes, isLoaded }: TableLayout): string {
  return `${deletes > 0 ? "d" : ""}${rangeDeletes > 0 ? "r" : ""}${isLoaded ? FILTER_MARK : ""}`;
}
