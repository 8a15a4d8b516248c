import { join } from "node:path";
import { isSameDatabase } from "../../codec/native-header.ts";
import { LsmError } from "../../errors.ts";
import { logFileName, MANIFEST_NAME, tableFileName } from "../../fs/file-names.ts";
import type { FileSystem } from "../../fs/file-system.ts";
import type { RangeDeletes } from "../../iterator/range-deletes.ts";
import type { StorageIterator } from "../../iterator/storage-iterator.ts";
import type { DatabaseFormat } from "../../options.ts";
import { listDatabaseFiles } from "../../recovery/directory-contents.ts";
import { attempt } from "../anatomy/fault.ts";
import { FileBytes } from "../anatomy/file-bytes.ts";
import { readTableParts } from "../anatomy/read-table-parts.ts";
import type { TableParts } from "../anatomy/table-parts.ts";
import { type ChosenFiles, chooseFiles, type TableOrder } from "./choose-files.ts";
import { identify } from "./identify.ts";
import type { RepairReport } from "./losses.ts";
import { type ManifestKnowledge, readManifestKnowledge } from "./manifest-knowledge.ts";
import { SalvageCursor } from "./salvage-cursor.ts";
import { salvageLog } from "./salvage-log.ts";
import { type SalvagedTable, salvageTable } from "./salvage-table.ts";

/** Everything that could be read of a database. */
export type Salvage = {
  readonly format: DatabaseFormat;
  /** The newest first, each on its first entry. */
  readonly sources: readonly StorageIterator[];
  readonly rangeDeletes: readonly RangeDeletes[];
  readonly maxTimestamp: number;
  readonly read: {
    readonly tables: number;
    readonly blocks: number;
    readonly logs: number;
    readonly records: number;
    readonly entries: number;
  };
};

/** Reads a database whatever is wrong with it, and tells the report what could not be read. Yields how many bytes were read. */
export function* salvageDatabase(
  fs: FileSystem,
  directory: string,
  order: TableOrder,
  report: RepairReport,
): Generator<number, Salvage> {
  const files = listDatabaseFiles(fs, directory);
  const manifest = readManifestKnowledge(fs, directory, files, report.sinkOf(MANIFEST_NAME));
  const chosen = chooseFiles(directory, files, manifest, order);
  const salvager = new Salvager(fs, directory, manifest, report);
  salvager.identify(chosen);
  salvager.noteChoice(chosen);
  for (const id of chosen.tables) yield* salvager.table(id);
  // The oldest first, so that those of `plain` are numbered in their order.
  for (const id of [...chosen.logs].reverse()) yield salvager.log(id);
  return salvager.result(chosen);
}

class Salvager {
  readonly #fs: FileSystem;
  readonly #directory: string;
  readonly #manifest: ManifestKnowledge;
  readonly #report: RepairReport;
  readonly #tables = new Map<number, { readonly salvaged: SalvagedTable; readonly isSound: boolean }>();
  readonly #logs = new Map<number, StorageIterator[]>();
  readonly #rangeDeletes: RangeDeletes[] = [];
  #format: DatabaseFormat | undefined;
  #databaseId: Uint8Array | undefined;
  #maxTimestamp = 0;
  #logTimestamp = 0;
  #logCount = 0;
  #records = 0;
  #entries = 0;

  constructor(fs: FileSystem, directory: string, manifest: ManifestKnowledge, report: RepairReport) {
    this.#fs = fs;
    this.#directory = directory;
    this.#manifest = manifest;
    this.#report = report;
    this.#databaseId = manifest.databaseId;
  }

  /** Finds out what the files are, which the manifest may not say. */
  identify(chosen: ChosenFiles): void {
    const names = { tables: chosen.tables.map(tableFileName), logs: chosen.logs.map(logFileName) };
    const { format, databaseId } = identify(this.#fs, this.#directory, names, this.#manifest);
    this.#format = format;
    this.#databaseId = databaseId;
  }

  /** Tells what the choice of files has cost, and on what it rests. */
  noteChoice(chosen: ChosenFiles): void {
    const { missing, missingLogs, guessed, leftAside } = chosen;
    for (const id of missing) this.#loseAll(tableFileName(id), "the table is missing, though the manifest names it");
    for (const id of missingLogs)
      this.#loseAll(logFileName(id), "the log is missing, though the manifest announces it");
    for (const id of leftAside)
      this.#report.notes.push(`${tableFileName(id)} is left over, and was not read: the manifest does not name it`);
    if (guessed.length > 1 && this.#format === "plain") {
      const names = guessed.map(tableFileName).join(", ");
      this.#report.notes.push(
        `nothing says which table is newer: of a key that several hold, the entry of the first counted (${names})`,
      );
    } else if (guessed.length > 0) {
      this.#report.notes.push(
        `every table that is not known to be replaced was read: ${guessed.map(tableFileName).join(", ")}`,
      );
    }
  }

  *table(id: number): Generator<number> {
    const name = tableFileName(id);
    const sink = this.#report.sinkOf(name);
    const before = this.#report.faultCount;
    const opened = this.#openFile(name);
    if (opened === undefined) return;
    using file = opened;
    if (this.#format === undefined) return;
    const parts = readTableParts(file, { format: this.#format, id }, sink);
    const refusal = this.#refusalOf(parts);
    if (refusal !== undefined) {
      this.#loseAll(name, refusal, file.sizeBytes);
      return;
    }
    const salvaged = yield* salvageTable(file, parts, this.#format, sink, (loss) =>
      this.#report.lose({ file: name, ...loss }),
    );
    this.#tables.set(id, { salvaged, isSound: this.#report.faultCount === before });
    this.#entries += salvaged.entries;
    this.#maxTimestamp = Math.max(this.#maxTimestamp, salvaged.maxTimestamp);
    if (!salvaged.rangeDeletes.isEmpty) this.#rangeDeletes.push(salvaged.rangeDeletes);
  }

  /** Why a table is not to be read, however sound it is. */
  #refusalOf({ header, index }: TableParts): string | undefined {
    if (
      header !== undefined &&
      this.#databaseId !== undefined &&
      !isSameDatabase(header.databaseId, this.#databaseId)
    ) {
      return "the table belongs to another database, and was not read";
    }
    if (index === undefined || index.format === this.#format) return undefined;
    return `the table is of format ${index.format}, and was not read`;
  }

  /** Answers how many bytes it had. */
  log(id: number): number {
    const name = logFileName(id);
    if (this.#tables.get(id)?.isSound === true) {
      this.#report.notes.push(`${name} was not read: what it holds is in ${tableFileName(id)}`);
      return 0;
    }
    const sink = this.#report.sinkOf(name);
    const opened = this.#openFile(name);
    if (opened === undefined) return 0;
    using file = opened;
    if (file.sizeBytes === 0 || this.#format === undefined) return 0;
    const expected = { databaseId: this.#databaseId, id };
    const { memtables, records, entries, maxTimestamp } = salvageLog(
      file,
      this.#format,
      expected,
      this.#logTimestamp,
      sink,
      (loss) => this.#report.lose({ file: name, ...loss }),
    );
    this.#logTimestamp = Math.max(this.#logTimestamp, maxTimestamp);
    this.#maxTimestamp = Math.max(this.#maxTimestamp, maxTimestamp);
    this.#logCount++;
    this.#records += records;
    this.#entries += entries;
    const cursors = memtables.map((memtable) => {
      if (!memtable.rangeDeletes.isEmpty) this.#rangeDeletes.push(memtable.rangeDeletes);
      const cursor = memtable.versionIterator();
      cursor.seekToFirst();
      return cursor;
    });
    this.#logs.set(id, cursors);
    return file.sizeBytes;
  }

  result({ tables, logs }: ChosenFiles): Salvage {
    const format = this.#format;
    if (format === undefined)
      throw new LsmError(
        "CORRUPTION",
        `nothing in ${this.#directory} says what format it has: no table and no log can be read`,
      );
    const sources: StorageIterator[] = logs
      .filter((id) => !tables.includes(id))
      .flatMap((id) => this.#logs.get(id) ?? []);
    for (const id of tables) {
      // A log whose table is damaged holds what the table held.
      sources.push(...(this.#logs.get(id) ?? []));
      const path = join(this.#directory, tableFileName(id));
      const runs = this.#tables.get(id)?.salvaged.runs ?? [];
      sources.push(...runs.map((run) => new SalvageCursor(this.#fs, path, format, run)));
    }
    const read = {
      tables: this.#tables.size,
      blocks: 0,
      logs: this.#logCount,
      records: this.#records,
      entries: this.#entries,
    };
    for (const { salvaged } of this.#tables.values()) read.blocks += salvaged.blocks;
    return {
      format,
      sources,
      rangeDeletes: this.#rangeDeletes,
      maxTimestamp: this.#maxTimestamp,
      read,
    };
  }

  #openFile(name: string): FileBytes | undefined {
    const file = attempt(this.#report.sinkOf(name), "file", () =>
      FileBytes.open(this.#fs, join(this.#directory, name)),
    );
    if (file === undefined) this.#loseAll(name, "the file cannot be opened");
    return file;
  }

  #loseAll(file: string, what: string, sizeBytes?: number): void {
    this.#report.lose({ file, offset: undefined, sizeBytes, what });
  }
}
