import type { CompactionTask, Edit } from "../manifest/edit.ts";
import type { CompactionOptions } from "../options.ts";
import type { Level, Tree } from "./tree.ts";
import { toLevels, toTiers } from "./tree-views.ts";

/**
 * Edits that make the tree out of nothing, for a manifest of the reference, which knows no other beginning. They are of the
 * kinds that the strategy writes, because the reference reads no others.
 *
 * `nextId` is above every id of the tree; ids from it on are given to tables that appear and are replaced at once.
 */
export function rebuildEdits(tree: Tree, strategy: CompactionOptions["strategy"], nextId: number): readonly Edit[] {
  if (strategy === "tiered") return rebuildTiers(toTiers(tree).levels, nextId);
  const { level0, levels } = toLevels(tree);
  return [
    ...levels.filter((level) => level.tables.length > 0).map((level) => fillLevel(level, strategy)),
    ...level0.toReversed().flatMap(flushed),
  ];
}

function fillLevel({ number, tables }: Level, strategy: "none" | "simple" | "leveled"): Edit {
  const nothing = { upperLevel: undefined, upperTables: [], lowerTables: [], isLowerLevelBottom: false };
  const task: CompactionTask =
    strategy === "none" && number === 1
      ? { strategy: "full", level0: [], level1: [] }
      : { strategy: strategy === "simple" ? "simple" : "leveled", ...nothing, lowerLevel: number };
  return { kind: "compaction", task, outputs: tables };
}

/** The oldest first. A tier of one table that gave it its number was, or might have been, flushed as it is. */
function rebuildTiers(tiers: readonly Level[], nextId: number): readonly Edit[] {
  let id = nextId;
  return tiers.toReversed().flatMap(({ tables }, index): readonly Edit[] => {
    if (tables.length === 1) return tables.flatMap(flushed);
    const replaced = { id, tables: [id] };
    id++;
    const task: CompactionTask = { strategy: "tiered", tiers: [replaced], isBottomIncluded: index === 0 };
    return [...flushed(replaced.id), { kind: "compaction", task, outputs: tables }];
  });
}

function flushed(id: number): readonly Edit[] {
  return [
    { kind: "newMemtable", id },
    { kind: "flush", id },
  ];
}
