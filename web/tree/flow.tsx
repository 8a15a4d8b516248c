import type { VNode } from "preact";
import type { CompactionTask } from "../../src/manifest/edit.ts";
import type { ShownTable } from "../../src/tools/live/change.ts";
import type { Scene } from "../../src/tools/live/scene.ts";
import type { Layout, Row } from "./layout.ts";

/** The compaction under way: what it takes, and where it goes. */
export type FlowView = {
  readonly inputs: FlowInputs;
  /** From the upper inputs' part of the key space to where the result will lie. */
  readonly from: Band;
  readonly to: Band;
};

export type FlowInputs = { readonly upper: ReadonlySet<number>; readonly lower: ReadonlySet<number> };

/** A part of the line, and at which height. */
type Band = { readonly start: number; readonly end: number; readonly y: number };

/** undefined when nothing is merged, or not between two levels. */
export function flowOf(
  { running }: Scene,
  layout: Layout,
  tables: ReadonlyMap<number, ShownTable>,
  position: (key: Uint8Array) => number,
): FlowView | undefined {
  if (running === undefined) return undefined;
  const { upper, lower, target } = endsOf(running.task);
  const inputs = { upper: new Set(upper), lower: new Set(lower) };
  const marksOf = (ids: ReadonlySet<number>) => layout.marks.filter((mark) => mark.ids.some((id) => ids.has(id)));
  const upperMarks = marksOf(inputs.upper);
  const targetRow = layout.rows.find((row) => isTarget(row, target)) ?? layout.rows.at(-1);
  const extent = extentOf([...upper, ...lower], tables, position);
  if (upperMarks.length === 0 || targetRow === undefined) return undefined;
  const from = {
    start: Math.min(...upperMarks.map((mark) => mark.x)),
    end: Math.max(...upperMarks.map((mark) => mark.x + mark.width)),
    y: Math.min(...upperMarks.map((mark) => mark.top)),
  };
  return { inputs, from, to: { ...extent, y: targetRow.top + targetRow.height } };
}

type Ends = { readonly upper: readonly number[]; readonly lower: readonly number[]; readonly target: number };

/** Of tiers the last is where the others go. */
function endsOf(task: CompactionTask): Ends {
  switch (task.strategy) {
    case "full":
      return { upper: task.level0, lower: task.level1, target: 1 };
    case "simple":
    case "leveled":
      return { upper: task.upperTables, lower: task.lowerTables, target: task.lowerLevel };
    case "tiered": {
      const last = task.tiers.at(-1);
      const upper = task.tiers.slice(0, -1).flatMap((tier) => tier.tables);
      return { upper, lower: last?.tables ?? [], target: last?.id ?? 0 };
    }
  }
}

function isTarget(row: Row, target: number): boolean {
  return row.number === target;
}

function extentOf(
  ids: readonly number[],
  tables: ReadonlyMap<number, ShownTable>,
  position: (key: Uint8Array) => number,
): { readonly start: number; readonly end: number } {
  const keys = ids.flatMap((id) => tables.get(id)?.keys ?? []);
  if (keys.length < ids.length) return { start: 0, end: 1 };
  return {
    start: Math.min(...keys.map(({ first }) => position(first))),
    end: Math.max(...keys.map(({ last }) => position(last))),
  };
}

/** Units of the drawing across the whole width. */
const WIDTH = 1000;

export function Flow({ flow, heightPx }: { readonly flow: FlowView; readonly heightPx: number }): VNode {
  const { from, to } = flow;
  const x = (part: number): string => (part * WIDTH).toFixed(1);
  const middle = (from.y + to.y) / 2;
  const path = [
    `M ${x(from.start)} ${from.y}`,
    `C ${x(from.start)} ${middle} ${x(to.start)} ${middle} ${x(to.start)} ${to.y}`,
    `L ${x(to.end)} ${to.y}`,
    `C ${x(to.end)} ${middle} ${x(from.end)} ${middle} ${x(from.end)} ${from.y}`,
    "Z",
  ].join(" ");
  return (
    <svg class="flow" viewBox={`0 0 ${WIDTH} ${heightPx}`} preserveAspectRatio="none" aria-hidden="true">
      <path d={path} />
    </svg>
  );
}
