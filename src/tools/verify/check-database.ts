import { join } from "node:path";
import { logFileName, MANIFEST_NAME, tableFileName } from "../../fs/file-names.ts";
import type { FileSystem } from "../../fs/file-system.ts";
import type { DatabaseFormat } from "../../options.ts";
import { type DirectoryContents, listDatabaseFiles } from "../../recovery/directory-contents.ts";
import { strangersAmong } from "../../recovery/strangers.ts";
import { attempt } from "../anatomy/fault.ts";
import { FileBytes } from "../anatomy/file-bytes.ts";
import { type KnownDatabase, readKnownDatabase } from "../anatomy/known-database.ts";
import type { ExpectedTable } from "../anatomy/table-parts.ts";
import { checkLogs, checkStrayLogs } from "./check-logs.ts";
import { checkOpening } from "./check-opening.ts";
import { checkPlaces, type PlacedTable } from "./check-places.ts";
import { type CheckedTable, checkDescription, checkTable } from "./check-table.ts";
import { Findings } from "./findings.ts";

/** Where a database lies, and what was found in it so far. */
type Check = {
  readonly fs: FileSystem;
  readonly directory: string;
  readonly files: DirectoryContents;
  readonly findings: Findings;
};

/**
 * Checks everything in a directory, in the order manifest, tables, logs, and last of all whether the engine opens it.
 * Where the manifest cannot be believed every table and log is checked for itself. Yields how many bytes were read since
 * the last time. Writes nothing. Throws LsmError UNSUPPORTED for what a newer program wrote, and IoError for the directory.
 */
export function* checkDatabase(fs: FileSystem, directory: string): Generator<number, Findings> {
  const findings = new Findings();
  const check: Check = { fs, directory, files: listDatabaseFiles(fs, directory), findings };
  const sink = findings.sinkOf(MANIFEST_NAME);
  let isReadable = true;
  const known = attempt(
    (part, offset, problem) => {
      isReadable = false;
      sink(part, offset, problem);
    },
    "record",
    () => readKnownDatabase(fs, directory, check.files),
  );
  findings.sizeBytes += sizeOf(check, MANIFEST_NAME);
  yield 0;
  if (known !== undefined) yield* checkKnown(check, known);
  else if (isReadable) noteUnmade(check);
  else yield* checkUnknown(check);
  for (const name of check.files.temporaryNames) findings.note(name, "left over: a file that was never finished");
  return findings;
}

function* checkKnown(check: Check, known: KnownDatabase): Generator<number> {
  const { fs, directory, findings } = check;
  findings.format = known.format;
  if (known.warning !== undefined) {
    findings.note(MANIFEST_NAME, "its last bytes were left by a write that a crash interrupted, and do not count");
  }
  const placed = yield* checkLiveTables(check, known);
  for (const problem of checkPlaces(known.tree, placed)) findings.sinkOf(MANIFEST_NAME)("tree", undefined, problem);
  const newest = [...placed.values()].reduce((most, { maxTimestamp }) => Math.max(most, maxTimestamp), 0);
  yield* checkLogs(check, known, newest);
  noteOtherTables(check, known);
  if (findings.faultCount > 0) return;
  // What nothing above has found, the engine itself may.
  for (const problem of checkOpening(fs, directory, known.databaseId)) {
    findings.sinkOf(MANIFEST_NAME)("database", undefined, problem);
  }
}

/** Answers what is known of the tables that could be read. */
function* checkLiveTables(check: Check, known: KnownDatabase): Generator<number, Map<number, PlacedTable>> {
  const { findings, files } = check;
  const present = new Set(files.tableIds);
  const placed = new Map<number, PlacedTable>();
  for (const id of [known.tree.level0, ...known.tree.levels.map((level) => level.tables)].flat()) {
    const name = tableFileName(id);
    if (!present.has(id)) {
      findings.sinkOf(name)("file", undefined, "the table is missing, though the manifest names it");
      continue;
    }
    const expected = { format: findings.format, id, databaseId: known.databaseId };
    const found = yield* checkOneTable(check, name, expected, (table, sizeBytes, isSound) => {
      const described = known.described.get(id);
      if (described !== undefined && isSound) checkDescription(described, sizeBytes, table, findings.sinkOf(name));
    });
    const { firstKey, lastKey } = found ?? {};
    if (found === undefined || firstKey === undefined || lastKey === undefined) continue;
    placed.set(id, { id, sizeBytes: sizeOf(check, name), firstKey, lastKey, maxTimestamp: found.maxTimestamp });
  }
  return placed;
}

type Seen = (table: CheckedTable, sizeBytes: number, isSound: boolean) => void;

function* checkOneTable(
  { fs, directory, findings }: Check,
  name: string,
  expected: ExpectedTable,
  seen: Seen,
): Generator<number, CheckedTable | undefined> {
  const sink = findings.sinkOf(name);
  const before = findings.faultCount;
  const opened = attempt(sink, "file", () => FileBytes.open(fs, join(directory, name)));
  if (opened === undefined) return undefined;
  using file = opened;
  const table = yield* checkTable(file, expected, sink);
  refuseOtherFormat(findings, name, table.format);
  findings.tables++;
  findings.sizeBytes += file.sizeBytes;
  findings.blocks += table.blockCount;
  findings.entries += table.entryCount;
  seen(table, file.sizeBytes, findings.faultCount === before);
  return table;
}

/** All tables of a database have the format of the first. */
function refuseOtherFormat(findings: Findings, name: string, format: DatabaseFormat | undefined): void {
  findings.format ??= format;
  if (format === undefined || format === findings.format) return;
  findings.sinkOf(name)("file", undefined, `the table is of format ${format}, and the database is ${findings.format}`);
}

function noteOtherTables({ fs, directory, files, findings }: Check, known: KnownDatabase): void {
  const live = new Set([known.tree.level0, ...known.tree.levels.map((level) => level.tables)].flat());
  const unlogged = new Set(known.liveMemtables.filter(({ hasLog }) => !hasLog).map(({ id }) => id));
  const tableIds = files.tableIds.filter((id) => !live.has(id));
  const strangers = strangersAmong(fs, directory, { tableIds, logIds: [] }, known.databaseId);
  const reasonOf = new Map(strangers.map(({ id, reason }) => [id, `left alone: ${reason}`]));
  for (const id of tableIds) {
    const mayBeAll = known.format === "native" && unlogged.has(id);
    const text = mayBeAll
      ? "not in the manifest, and perhaps all that is left of a memtable without a log"
      : "left over: the manifest does not name it";
    findings.note(tableFileName(id), reasonOf.get(id) ?? text);
  }
}

/** Nothing says what belongs together: each file by itself. */
function* checkUnknown(check: Check): Generator<number> {
  for (const id of check.files.tableIds) yield* checkOneTable(check, tableFileName(id), { id }, () => {});
  yield* checkStrayLogs(check);
}

function noteUnmade({ files, findings }: Check): void {
  const text = "left by a crash while the database was made: it opens as a new one";
  if (files.hasManifest) findings.note(MANIFEST_NAME, text);
  for (const id of files.logIds) findings.note(logFileName(id), text);
}

function sizeOf({ fs, directory }: Check, name: string): number {
  return fs.stat(join(directory, name))?.sizeBytes ?? 0;
}
