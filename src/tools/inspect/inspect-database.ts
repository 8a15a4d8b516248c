import { join } from "node:path";
import { compareKeys } from "../../codec/bytes.ts";
import { logFileName, MANIFEST_NAME, tableFileName } from "../../fs/file-names.ts";
import type { FileSystem } from "../../fs/file-system.ts";
import type { DatabaseFormat } from "../../options.ts";
import { type DirectoryContents, listDatabaseFiles } from "../../recovery/directory-contents.ts";
import { indexKeyEnd } from "../../sstable/format.ts";
import type { NewTable } from "../../sstable/table-output.ts";
import { attempt, type Fault, type FaultSink } from "../anatomy/fault.ts";
import { FileBytes } from "../anatomy/file-bytes.ts";
import { type KnownDatabase, readKnownDatabase } from "../anatomy/known-database.ts";
import { logStretches, readingOfLog, visitStretch } from "../anatomy/log-stretches.ts";
import { readTableParts } from "../anatomy/read-table-parts.ts";
import { hexOfBytes } from "./span.ts";

/** What is known of a table without reading its blocks. undefined where nothing tells. */
export type InspectedTable = {
  readonly id: number;
  readonly sizeBytes: number;
  readonly blocks: number | undefined;
  readonly entries: number | undefined;
  readonly deletes: number | undefined;
  readonly fragments: number | undefined;
  readonly maxTimestamp: number | undefined;
  readonly firstKey: Uint8Array | undefined;
  readonly lastKey: Uint8Array | undefined;
};

export type InspectedMemtable = {
  readonly id: number;
  /** undefined where there is none. */
  readonly log: { readonly sizeBytes: number; readonly records: number; readonly entries: number } | undefined;
};

/** What a database consists of. */
export type InspectedDatabase = {
  readonly format: DatabaseFormat | undefined;
  /** In hexadecimal; undefined but in `native`. */
  readonly databaseId: string | undefined;
  readonly manifestBytes: number;
  readonly level0: readonly InspectedTable[];
  readonly levels: readonly { readonly number: number; readonly tables: readonly InspectedTable[] }[];
  /** Announced and not flushed. */
  readonly memtables: readonly InspectedMemtable[];
  /** Files of the database's own kinds that the manifest does not name. */
  readonly leftovers: readonly string[];
  readonly faults: readonly Fault[];
};

/**
 * Looks at what a directory holds, without reading blocks: the manifest, and of tables what the manifest does not say. Writes
 * nothing. Throws LsmError UNSUPPORTED for what a newer program wrote, IoError for the directory.
 */
export function inspectDatabase(fs: FileSystem, directory: string): InspectedDatabase {
  const faults: Fault[] = [];
  const files = listDatabaseFiles(fs, directory);
  const sinkOf =
    (file: string): FaultSink =>
    (part, offset, problem) =>
      void faults.push({ file, offset, part, problem });
  const known = attempt(sinkOf(MANIFEST_NAME), "record", () => readKnownDatabase(fs, directory, files));
  const place: Place = { fs, directory, files, sinkOf, format: known?.format };
  const tables = new Map<number, InspectedTable>();
  for (const id of known === undefined ? files.tableIds : idsOf(known)) {
    const table = inspectTable(place, id, known);
    if (table !== undefined) tables.set(id, table);
  }
  const placed = (ids: readonly number[]): InspectedTable[] => ids.flatMap((id) => tables.get(id) ?? []);
  const memtables = (known?.liveMemtables ?? files.logIds.map((id) => ({ id }))).map(({ id }) =>
    inspectMemtable(place, id, known),
  );
  return {
    format: place.format,
    databaseId: known?.databaseId && hexOfBytes(known.databaseId),
    manifestBytes: sizeOf(place, MANIFEST_NAME),
    level0: placed(known?.tree.level0 ?? files.tableIds),
    levels:
      known?.tree.levels.map(({ number, tables: ids }) => ({ number, tables: placed(ids).sort(byFirstKey) })) ?? [],
    memtables,
    leftovers: known === undefined ? files.temporaryNames : leftoversOf(files, known),
    faults,
  };
}

type Place = {
  readonly fs: FileSystem;
  readonly directory: string;
  readonly files: DirectoryContents;
  readonly sinkOf: (file: string) => FaultSink;
  /** Of the tables that were looked at. */
  format: DatabaseFormat | undefined;
};

function inspectTable(place: Place, id: number, known: KnownDatabase | undefined): InspectedTable | undefined {
  const name = tableFileName(id);
  const sink = place.sinkOf(name);
  if (!place.files.tableIds.includes(id)) {
    sink("file", undefined, "the table is missing, though the manifest names it");
    return undefined;
  }
  const described = known?.described.get(id);
  return described === undefined ? readTable(place, id, sink) : describedTable(described);
}

function describedTable(table: NewTable): InspectedTable {
  const { id, sizeBytes, entryCount, deleteCount, rangeDeleteCount, maxTimestamp, firstKey, lastKey } = table;
  const counts = { blocks: undefined, entries: entryCount, deletes: deleteCount, fragments: rangeDeleteCount };
  return { id, sizeBytes, ...counts, maxTimestamp, firstKey, lastKey };
}

function readTable(place: Place, id: number, sink: FaultSink): InspectedTable | undefined {
  const opened = attempt(sink, "file", () => FileBytes.open(place.fs, join(place.directory, tableFileName(id))));
  if (opened === undefined) return undefined;
  using file = opened;
  const { index, footer, format } = readTableParts(file, { format: place.format, id }, sink);
  place.format ??= format;
  const first = index?.firstKeyStarts[0];
  return {
    id,
    sizeBytes: file.sizeBytes,
    blocks: index?.firstKeyStarts.length,
    entries: footer?.entryCount,
    deletes: footer?.deleteCount,
    fragments: footer?.rangeDeleteCount,
    maxTimestamp: footer?.maxTimestamp ?? (index?.format === "mvcc" ? index.maxTimestamp : undefined),
    firstKey: first === undefined ? undefined : index?.bytes.slice(first, indexKeyEnd(index.bytes, first)),
    lastKey: first === undefined ? undefined : index?.bytes.slice(index.lastKeyStart, index.lastKeyEnd),
  };
}

function inspectMemtable(place: Place, id: number, known: KnownDatabase | undefined): InspectedMemtable {
  const name = logFileName(id);
  if (!place.files.logIds.includes(id)) return { id, log: undefined };
  const sink = place.sinkOf(name);
  const opened = attempt(sink, "file", () => FileBytes.open(place.fs, join(place.directory, name)));
  if (opened === undefined) return { id, log: undefined };
  using file = opened;
  let records = 0;
  let entries = 0;
  attempt(sink, "record", () => {
    const bytes = file.read(0, file.sizeBytes);
    if (bytes.length === 0) return;
    const reading = readingOfLog(bytes, file.path, place.format, { databaseId: known?.databaseId, id }, sink);
    place.format ??= reading.format;
    for (const stretch of logStretches(reading, sink)) {
      if (!stretch.isRecord) continue;
      records++;
      visitStretch(reading, stretch, () => void entries++);
    }
  });
  return { id, log: { sizeBytes: file.sizeBytes, records, entries } };
}

function idsOf({ tree }: KnownDatabase): readonly number[] {
  return [tree.level0, ...tree.levels.map((level) => level.tables)].flat();
}

function leftoversOf(files: DirectoryContents, known: KnownDatabase): string[] {
  const tables = new Set(idsOf(known));
  const memtables = new Set(known.liveMemtables.map(({ id }) => id));
  return [
    ...files.tableIds.filter((id) => !tables.has(id)).map(tableFileName),
    ...files.logIds.filter((id) => !memtables.has(id)).map(logFileName),
    ...files.temporaryNames,
  ];
}

function byFirstKey(a: InspectedTable, b: InspectedTable): number {
  return compareKeys(a.firstKey ?? new Uint8Array(0), b.firstKey ?? new Uint8Array(0));
}

function sizeOf({ fs, directory }: Place, name: string): number {
  return fs.stat(join(directory, name))?.sizeBytes ?? 0;
}
