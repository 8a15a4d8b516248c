import { bytesToJson, safeJson } from "../../tools/bytes-json.ts";
import type { InspectedDatabase, InspectedMemtable, InspectedTable } from "../../tools/inspect/inspect-database.ts";
import { countOf } from "../answers/count.ts";
import { visibleText } from "../answers/text.ts";
import { faultJson, faultLine } from "./fault-line.ts";
import { valueText } from "./span-text.ts";

/** A database as people read it, level by level. */
export function databaseText(path: string, database: InspectedDatabase): string {
  const { format, databaseId, manifestBytes, level0, levels, memtables, leftovers, faults } = database;
  const all = [...level0, ...levels.flatMap((level) => level.tables)];
  const id = databaseId === undefined ? "" : `, id ${databaseId}`;
  const lines = [
    `${visibleText(path)}: ${format ?? "no format yet"}${id}, ${countOf(all.length, "table")} of ${bytesOf(all)}`,
    `manifest: ${countOf(manifestBytes, "byte")}`,
    ...[{ number: 0, tables: level0 }, ...levels].flatMap(({ number, tables }) => [
      `L${number}: ${countOf(tables.length, "table")}, ${bytesOf(tables)}`,
      ...tables.map(tableLine),
    ]),
    ...memtables.map(memtableLine),
    ...leftovers.map((name) => `left over: ${visibleText(name)}`),
    ...faults.map(faultLine),
  ];
  return lines.map((line) => `${line}\n`).join("");
}

function tableLine({ id, sizeBytes, firstKey, lastKey, ...table }: InspectedTable): string {
  const counts = [
    countText(table.blocks, "block"),
    countText(table.entries, "entry", "entries"),
    countText(table.deletes, "delete"),
    countText(table.fragments, "range delete"),
    table.maxTimestamp === undefined ? undefined : `up to timestamp ${table.maxTimestamp}`,
  ].filter((text) => text !== undefined);
  const range =
    firstKey === undefined || lastKey === undefined ? "?" : `${valueText(firstKey)} to ${valueText(lastKey)}`;
  return `  ${id}: ${countOf(sizeBytes, "byte")}, ${counts.map((text) => `${text}, `).join("")}${range}`;
}

function countText(count: number | undefined, one: string, many?: string): string | undefined {
  return count === undefined ? undefined : countOf(count, one, many);
}

function memtableLine({ id, log }: InspectedMemtable): string {
  if (log === undefined) return `memtable ${id}: no log`;
  const { sizeBytes, records, entries } = log;
  const sizes = [countOf(sizeBytes, "byte"), countOf(records, "record"), countOf(entries, "entry", "entries")];
  return `memtable ${id}: log of ${sizes.join(", ")}`;
}

function bytesOf(tables: readonly InspectedTable[]): string {
  return countOf(
    tables.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    "byte",
  );
}

export function databaseJson(path: string, database: InspectedDatabase): string {
  const { format, databaseId, manifestBytes, level0, levels, memtables, leftovers, faults } = database;
  return `${safeJson({
    path,
    format: format ?? null,
    databaseId: databaseId ?? null,
    manifestBytes,
    level0: level0.map(tableJson),
    levels: levels.map(({ number, tables }) => ({ number, tables: tables.map(tableJson) })),
    memtables: memtables.map(({ id, log }) => ({ id, log: log ?? null })),
    leftovers,
    faults: faults.map(faultJson),
  })}\n`;
}

function tableJson({
  id,
  sizeBytes,
  blocks,
  entries,
  deletes,
  fragments,
  maxTimestamp,
  firstKey,
  lastKey,
}: InspectedTable) {
  return {
    id,
    sizeBytes,
    blocks: blocks ?? null,
    entries: entries ?? null,
    deletes: deletes ?? null,
    fragments: fragments ?? null,
    maxTimestamp: maxTimestamp ?? null,
    firstKey: firstKey === undefined ? null : bytesToJson(firstKey),
    lastKey: lastKey === undefined ? null : bytesToJson(lastKey),
  };
}
