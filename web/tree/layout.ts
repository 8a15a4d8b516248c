import type { Tree } from "../../src/state/tree.ts";
import { isLeveled } from "../../src/state/tree-views.ts";
import type { ShownTable } from "../../src/tools/live/change.ts";
import { level0Runs } from "../../src/tools/live/level0-runs.ts";

/** Where the tree is drawn: x in parts of the width from 0 to 1, y in pixels. */
export type Layout = {
  readonly rows: readonly Row[];
  readonly marks: readonly Mark[];
  readonly heightPx: number;
};

/** A level or a tier. L0 is one row with a lane for each run. */
export type Row = {
  /** Among its kind; a tier's is its id. */
  readonly number: number;
  readonly name: string;
  /** 0 for what is newest on disk. */
  readonly depth: number;
  readonly tables: number;
  /** undefined where not all sizes are known. */
  readonly sizeBytes: number | undefined;
  readonly top: number;
  readonly height: number;
};

/** A table, or neighbours that are too narrow to be drawn each by itself. */
export type Mark = {
  readonly ids: readonly number[];
  readonly depth: number;
  readonly x: number;
  readonly width: number;
  readonly top: number;
  readonly height: number;
  /** Nobody knows where its keys lie. */
  readonly isPlaceless: boolean;
};

export type LayoutInput = {
  readonly tree: Tree;
  readonly tables: ReadonlyMap<number, ShownTable>;
  readonly position: (key: Uint8Array) => number;
  readonly widthPx: number;
};

export const ROW_GAP = 14;
/** Many rows are drawn lower. */
const ROW_HEIGHTS: readonly (readonly [rowsMax: number, height: number])[] = [
  [5, 56],
  [7, 44],
  [10, 34],
  [16, 24],
  [Number.POSITIVE_INFINITY, 14],
];
const LANE_GAP = 3;
/** L0 with many runs is drawn in lower lanes. */
const LANE_HEIGHTS: readonly (readonly [lanesMax: number, height: number])[] = [
  [2, 26],
  [4, 22],
  [8, 16],
  [16, 10],
  [40, 6],
  [Number.POSITIVE_INFINITY, 3],
];
/** Narrower marks are joined with their neighbours until they are so wide. */
const NARROW_PX = 4;
const JOINED_PX = 8;

/** A stretch of the line, and whose it is. */
type Span = {
  readonly ids: readonly number[];
  readonly start: number;
  readonly end: number;
  readonly isPlaceless: boolean;
};

export function layoutTree(input: LayoutInput): Layout {
  const rows: Row[] = [];
  const marks: Mark[] = [];
  let top = 0;
  const places = placesOf(input);
  const rowHeight = heightFor(places.length, ROW_HEIGHTS);
  for (const { number, name, lanes } of places) {
    const depth = rows.length;
    const laneHeight = lanes.length > 1 ? heightFor(lanes.length, LANE_HEIGHTS) : rowHeight;
    const height = Math.max(1, lanes.length) * (laneHeight + LANE_GAP) - LANE_GAP;
    for (const [lane, spans] of lanes.entries()) {
      const laneTop = top + lane * (laneHeight + LANE_GAP);
      for (const { ids, start, end, isPlaceless } of joinNarrow(spans, input.widthPx)) {
        marks.push({ ids, depth, x: start, width: end - start, top: laneTop, height: laneHeight, isPlaceless });
      }
    }
    const ids = lanes.flat().flatMap((span) => span.ids);
    rows.push({ number, name, depth, tables: ids.length, sizeBytes: sizeOf(ids, input.tables), top, height });
    top += height + ROW_GAP;
  }
  return { rows, marks, heightPx: Math.max(0, top - ROW_GAP) };
}

type PlacedLevel = { readonly number: number; readonly name: string; readonly lanes: readonly (readonly Span[])[] };

function placesOf(input: LayoutInput): readonly PlacedLevel[] {
  const { level0, levels } = input.tree;
  const isOfLevels = isLeveled(input.tree);
  const level0Lanes = level0Runs(level0, input.tables).map((run) => spansOf(run, input));
  const first = { number: 0, name: "L0", lanes: level0Lanes.length === 0 ? [[]] : level0Lanes };
  const others = levels.map(({ number, tables }): PlacedLevel => {
    return { number, name: isOfLevels ? `L${number}` : `T${number}`, lanes: [spansOf(tables, input)] };
  });
  return isOfLevels || level0.length > 0 ? [first, ...others] : others;
}

/** In key order. Where some are unknown, all are laid side by side in their order. */
function spansOf(ids: readonly number[], { tables, position }: LayoutInput): readonly Span[] {
  const known = ids.map((id) => tables.get(id)?.keys);
  return ids.map((id, index) => {
    const keys = known.every((each) => each !== undefined) ? known[index] : undefined;
    if (keys === undefined) {
      return { ids: [id], start: index / ids.length, end: (index + 1) / ids.length, isPlaceless: true };
    }
    return { ids: [id], start: position(keys.first), end: position(keys.last), isPlaceless: false };
  });
}

function joinNarrow(spans: readonly Span[], widthPx: number): readonly Span[] {
  const joined: Span[] = [];
  const width = ({ start, end }: Span): number => (end - start) * widthPx;
  for (const span of spans) {
    const last = joined.at(-1);
    const isNear = last !== undefined && (span.start - last.end) * widthPx < NARROW_PX;
    const isNarrow = width(span) < NARROW_PX && last !== undefined && (last.ids.length > 1 || width(last) < NARROW_PX);
    if (last !== undefined && isNear && isNarrow && width(last) < JOINED_PX) {
      joined[joined.length - 1] = { ...last, ids: [...last.ids, ...span.ids], end: span.end };
    } else {
      joined.push(span);
    }
  }
  return joined;
}

function heightFor(count: number, heights: typeof ROW_HEIGHTS): number {
  return heights.find(([max]) => count <= max)?.[1] ?? 0;
}

function sizeOf(ids: readonly number[], tables: ReadonlyMap<number, ShownTable>): number | undefined {
  let sum = 0;
  for (const id of ids) {
    const sizeBytes = tables.get(id)?.sizeBytes;
    if (sizeBytes === undefined) return undefined;
    sum += sizeBytes;
  }
  return sum;
}
