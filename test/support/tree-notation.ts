/**
 * Trees, edits and tasks as one line of text.
 *
 *   tree   L0: 4[a-d] 3 | L1: 1[a-m]*64 2[n-z]     tables by id, with key range and MiB where they matter
 *          T9: 9 7 | T2: 2                          tiers, newest first
 *   edit   memtable 5, flush 5, leveled L0: 5 4 + L1: 1 -> 8 9, tiered T3: 3 + T2: 2 -> 4 (outputs may be missing)
 *   task   L0: 5 4 + L1: 1 -> L1                    with "bottom" behind it when the strategy says so
 *
 * Levels that are not named are empty; ranges and sizes that are not given are [a-z] and 1 MiB.
 */
import type { CompactionTask, Edit, LevelTask } from "../../src/manifest/edit.ts";
import type { Level, TableInfo, TableLookup, Tree } from "../../src/state/tree.ts";
import { isLeveled } from "../../src/state/tree-views.ts";

const MIB = 1024 * 1024;

export type NotedTree = { readonly tree: Tree; readonly table: TableLookup };

type Place = { readonly letter: string; readonly number: number; readonly tables: readonly TableInfo[] };

export function parseTree(text: string): NotedTree {
  const places = text.split("|").filter(isNotBlank).map(parsePlace);
  const tables = new Map(places.flatMap((place) => place.tables.map((table) => [table.id, table])));
  const tree: Tree = {
    level0: places.find(isLevel0)?.tables.map(idOf) ?? [],
    levels: parseLevels(places.filter((place) => !isLevel0(place))),
  };
  return { tree, table: lookupIn(tables) };
}

/** A lookup that throws for ids it does not hold. */
export function lookupIn(tables: ReadonlyMap<number, TableInfo>): TableLookup {
  return (id) => {
    const table = tables.get(id);
    if (table === undefined) throw new Error(`there is no table ${id}`);
    return table;
  };
}

export function parseEdit(text: string): Edit {
  const [kind, ...rest] = text.trim().split(" ");
  if (kind === "memtable") return { kind: "newMemtable", id: Number(rest[0]) };
  if (kind === "flush") return { kind: "flush", id: Number(rest[0]) };
  const [inputs = "", outputs = ""] = rest.join(" ").split("->");
  const places = inputs.split("+").filter(isNotBlank).map(parsePlace);
  return {
    kind: "compaction",
    task: parseTask(kind ?? "", places),
    outputs: outputs.split(" ").filter(isNotBlank).map(Number),
  };
}

export function showTree(tree: Tree): string {
  const letter = isLeveled(tree) ? "L" : "T";
  const level0 = tree.level0.length === 0 ? [] : [showPlace("L", { number: 0, tables: tree.level0 })];
  return [...level0, ...tree.levels.map((level) => showPlace(letter, level))].join(" | ");
}

export function showTask(task: CompactionTask): string {
  switch (task.strategy) {
    case "full": {
      const places = [
        { number: 0, tables: task.level0 },
        { number: 1, tables: task.level1 },
      ];
      return `${places.map((place) => showPlace("L", place)).join(" + ")} -> L1`;
    }
    case "simple":
    case "leveled": {
      const upper = showPlace("L", { number: task.upperLevel ?? 0, tables: task.upperTables });
      const lower = showPlace("L", { number: task.lowerLevel, tables: task.lowerTables });
      return `${upper} + ${lower} -> L${task.lowerLevel}${task.isLowerLevelBottom ? " bottom" : ""}`;
    }
    case "tiered": {
      const tiers = task.tiers.map((tier) => showPlace("T", { number: tier.id, tables: tier.tables }));
      return `${tiers.join(" + ")} -> tier${task.isBottomIncluded ? " bottom" : ""}`;
    }
  }
}

function parsePlace(text: string): Place {
  const [name = "", tables = ""] = text.trim().split(":");
  const match = /^([LT])(\d+)$/.exec(name);
  if (match === null) throw new Error(`not a level or a tier: ${text}`);
  return {
    letter: match[1] ?? "",
    number: Number(match[2]),
    tables: tables.split(" ").filter(isNotBlank).map(parseTable),
  };
}

function parseTable(text: string): TableInfo {
  const match = /^(\d+)(?:\[(\w+)-(\w+)\])?(?:\*([\d.]+))?$/.exec(text);
  if (match === null) throw new Error(`not a table: ${text}`);
  const [, id, firstKey = "a", lastKey = "z", mebibytes = "1"] = match;
  return {
    id: Number(id),
    sizeBytes: Number(mebibytes) * MIB,
    firstKey: Buffer.from(firstKey),
    lastKey: Buffer.from(lastKey),
  };
}

function parseLevels(places: readonly Place[]): Level[] {
  const noted = places.map(({ number, tables }) => ({ number, tables: tables.map(idOf) }));
  if (places.some((place) => place.letter === "T")) return noted;
  const depth = Math.max(0, ...noted.map((level) => level.number));
  return Array.from({ length: depth }, (_, index) => {
    const number = index + 1;
    return noted.find((level) => level.number === number) ?? { number, tables: [] };
  });
}

function parseTask(strategy: string, places: readonly Place[]): CompactionTask {
  switch (strategy) {
    case "full":
      return { strategy, level0: places[0]?.tables.map(idOf) ?? [], level1: places[1]?.tables.map(idOf) ?? [] };
    case "simple":
    case "leveled":
      return { strategy, ...parseLevelTask(places) };
    case "tiered": {
      const tiers = places.map((place) => ({ id: place.number, tables: place.tables.map(idOf) }));
      return { strategy, tiers, isBottomIncluded: false };
    }
    default:
      throw new Error(`not an edit: ${strategy}`);
  }
}

function parseLevelTask([upper, lower]: readonly Place[]): LevelTask {
  if (upper === undefined || lower === undefined) throw new Error("an upper and a lower level are needed");
  return {
    upperLevel: upper.number === 0 ? undefined : upper.number,
    upperTables: upper.tables.map(idOf),
    lowerLevel: lower.number,
    lowerTables: lower.tables.map(idOf),
    isLowerLevelBottom: false,
  };
}

function showPlace(letter: string, { number, tables }: Level): string {
  return [`${letter}${number}:`, ...tables].join(" ");
}

function isLevel0(place: Place): boolean {
  return place.letter === "L" && place.number === 0;
}

function idOf(table: TableInfo): number {
  return table.id;
}

function isNotBlank(text: string): boolean {
  return text.trim() !== "";
}
