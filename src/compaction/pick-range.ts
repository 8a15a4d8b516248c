import { compareKeys } from "../codec/bytes.ts";
import type { CompactionTask } from "../manifest/edit.ts";
import type { CompactionOptions, DatabaseFormat } from "../options.ts";
import { type KeyRange, overlaps } from "../read/key-range.ts";
import type { TableLookup, Tree } from "../state/tree.ts";
import { overlapping, spanOf } from "./overlapping.ts";
import { highestDown } from "./pick-full.ts";

export type RangeCompaction = {
  readonly range: KeyRange;
  readonly strategy: CompactionOptions["strategy"];
  readonly format: DatabaseFormat;
  /** A step below L0 takes about this much from its upper level. */
  readonly stepSizeBytes: number;
  /** Whether a table is known to hold deletes. */
  readonly holdsDeletes: (id: number) => boolean;
};

/**
 * How far a compaction of a range has come: the places above this one are done (0 is L0, then come the levels), and of
 * this one what lies up to `lastKey`.
 */
export type RangeProgress = { readonly place: number; readonly lastKey?: Uint8Array };

export const RANGE_BEGIN: RangeProgress = { place: 0 };

type Step = { readonly task: CompactionTask; readonly next: RangeProgress };

/**
 * The next step of a compaction of a range, as LevelDB's CompactRange; undefined when it is done. Each place is passed once,
 * from left to right, so that it ends however much is written meanwhile, and other compactions may run between two steps.
 *
 * Tasks are such as the reference's manifest can express for the strategy: `leveled` ones name tables, `simple` ones whole
 * levels, `tiered` ones neighbouring tiers, and without a strategy there is the one task of everything. The manifest of
 * `native` takes a task of any kind, so that there levels are compacted by tables whatever the strategy.
 */
export function pickRange(
  tree: Tree,
  table: TableLookup,
  compaction: RangeCompaction,
  at: RangeProgress,
): Step | undefined {
  const { strategy, format } = compaction;
  if (strategy === "tiered") return pickTiers(tree, table, compaction, at);
  if (strategy === "leveled" || format === "native") return pickTables(tree, table, compaction, at);
  if (strategy === "simple") return pickLevels(tree, table, compaction, at);
  return pickEverything(tree, table, compaction, at);
}

/** Down to the last level, past levels that hold nothing in between. There, tables that hold deletes are written anew. */
function pickTables(tree: Tree, table: TableLookup, compaction: RangeCompaction, at: RangeProgress): Step | undefined {
  const { levels } = tree;
  for (let place = at.place; place <= levels.length; place++) {
    const lastKey = place === at.place ? at.lastKey : undefined;
    const upperTables = upperOf(tree, table, compaction, { place, ...(lastKey && { lastKey }) });
    if (upperTables.length === 0) continue;
    const span = spanOf(upperTables.map(table));
    const next = place === 0 ? { place: 1 } : { place, lastKey: span.lastKey };
    const isLast = place === levels.length;
    const lower = isLast ? place - 1 : lowerFor(tree, table, place, upperTables);
    const task: CompactionTask = {
      strategy: "leveled",
      upperLevel: isLast || place === 0 ? undefined : place,
      upperTables: isLast ? [] : upperTables,
      lowerLevel: lower + 1,
      lowerTables: isLast ? upperTables : overlapping(levels[lower]?.tables ?? [], span, table),
      isLowerLevelBottom: lower + 1 === levels.length,
    };
    return { task, next };
  }
  return undefined;
}

/** The tables of a place that a step begins with, in their order there. */
function upperOf(
  { level0, levels }: Tree,
  table: TableLookup,
  { range, stepSizeBytes, holdsDeletes }: RangeCompaction,
  { place, lastKey }: RangeProgress,
): readonly number[] {
  const tables = place === 0 ? level0 : (levels[place - 1]?.tables ?? []);
  const isMeant = touches(range, table);
  const meant = tables.filter(
    (id) =>
      isMeant(id) &&
      (lastKey === undefined || compareKeys(table(id).firstKey, lastKey) > 0) &&
      (place < levels.length || holdsDeletes(id)),
  );
  const taken: number[] = [];
  for (let sizeBytes = 0; taken.length < meant.length && (place === 0 || sizeBytes < stepSizeBytes); ) {
    const id = meant[taken.length] as number;
    taken.push(id);
    sizeBytes += table(id).sizeBytes;
  }
  return taken.length === 0 ? taken : overlapping(tables, spanOf(taken.map(table)), table);
}

/** Into the next level that holds something between the tables' keys: to pass it would put newer entries below older ones. */
function lowerFor({ levels }: Tree, table: TableLookup, place: number, upperTables: readonly number[]): number {
  const span = spanOf(upperTables.map(table));
  const next = levels.findIndex((level, index) => index >= place && overlapping(level.tables, span, table).length > 0);
  return next < 0 ? levels.length - 1 : next;
}

/** Whole levels, each into the next one. */
function pickLevels(tree: Tree, table: TableLookup, { range }: RangeCompaction, at: RangeProgress): Step | undefined {
  const isMeant = touches(range, table);
  for (let { place } = at; place < tree.levels.length; place++) {
    const upperTables = place === 0 ? tree.level0 : (tree.levels[place - 1]?.tables ?? []);
    if (!upperTables.some(isMeant)) continue;
    const from = { level0: place === 0 ? upperTables : [], levels: emptiedAbove(tree, place) };
    const task = highestDown(from, true);
    return task && { task: { strategy: "simple", ...task }, next: { place: place + 1 } };
  }
  return undefined;
}

function emptiedAbove({ levels }: Tree, place: number): Tree["levels"] {
  return levels.map((level) => (level.number < place ? { ...level, tables: [] } : level));
}

/** From the newest tier that is meant to the oldest, with those between; a sole one is written anew only for its deletes. */
function pickTiers(
  { levels }: Tree,
  table: TableLookup,
  { range, holdsDeletes }: RangeCompaction,
  at: RangeProgress,
): Step | undefined {
  const isMeant = levels.map((tier) => tier.tables.some(touches(range, table)));
  const [first, last] = [isMeant.indexOf(true), isMeant.lastIndexOf(true)];
  if (at.place > 0 || first < 0) return undefined;
  const tiers = levels.slice(first, last + 1).map(({ number, tables }) => ({ id: number, tables }));
  if (tiers.length === 1 && !tiers.some((tier) => tier.tables.some(holdsDeletes))) return undefined;
  const isBottomIncluded = last + 1 === levels.length;
  return { task: { strategy: "tiered", tiers, isBottomIncluded }, next: { place: 1 } };
}

/** The one task that the reference has without a strategy. */
function pickEverything(
  { level0, levels }: Tree,
  table: TableLookup,
  { range }: RangeCompaction,
  at: RangeProgress,
): Step | undefined {
  if (at.place > 0 || !level0.some(touches(range, table))) return undefined;
  return { task: { strategy: "full", level0, level1: levels[0]?.tables ?? [] }, next: { place: 1 } };
}

function touches(range: KeyRange, table: TableLookup): (id: number) => boolean {
  return (id) => {
    const { firstKey, lastKey } = table(id);
    return overlaps(range, firstKey, lastKey);
  };
}
