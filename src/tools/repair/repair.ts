import { randomFillSync } from "node:crypto";
import { SIZE_DATABASE_ID } from "../../codec/native-header.ts";
import { MergeJob } from "../../compaction/merge-job.ts";
import { RangeDeleteOutput } from "../../compaction/range-delete-output.ts";
import { LsmError } from "../../errors.ts";
import { nodeFileSystem } from "../../fs/node-file-system.ts";
import { MergeIterator } from "../../iterator/merge-iterator.ts";
import { RangeDeletes } from "../../iterator/range-deletes.ts";
import { type DatabaseFormat, DEFAULT_OPTIONS } from "../../options.ts";
import { writeManifest } from "../../recovery/write-manifest.ts";
import type { NewTable } from "../../sstable/table-output.ts";
import { sizeOnDisk } from "../database-files.ts";
import { printOf, refuseChanged, refuseHeld } from "../held-directory.ts";
import { refuseOtherThanDatabase } from "../source.ts";
import { Staging } from "../target/staging.ts";
import { refuseOccupied, refuseOverlap, targetPlace } from "../target/target-place.ts";
import { type Watch, walk } from "../watch.ts";
import type { TableOrder } from "./choose-files.ts";
import { RepairReport } from "./losses.ts";
import { type Salvage, salvageDatabase } from "./salvage-database.ts";
import { SalvagePolicy } from "./salvage-policy.ts";

/** Directories as they were given. */
export type RepairRequest = { readonly from: string; readonly to: string; readonly order: TableOrder };

/** What came of it. */
export type Repair = {
  readonly format: DatabaseFormat;
  /** What could be read: whole blocks of tables, whole records of logs, and the entries in them. */
  readonly read: {
    readonly tables: number;
    readonly blocks: number;
    readonly logs: number;
    readonly records: number;
    readonly entries: number;
  };
  readonly written: { readonly tables: number; readonly entries: number; readonly sizeBytes: number };
  readonly report: RepairReport;
};

const MIB = 1024 * 1024;
const SLICE_BYTES = 256 * 1024;

/** As the shell, and the Rust program, make them, and as the library does. The level is the deepest that either has. */
const SHAPES: { readonly [format in DatabaseFormat]: { readonly tableSizeBytes: number; readonly level: number } } = {
  plain: { tableSizeBytes: 2 * MIB, level: 4 },
  mvcc: { tableSizeBytes: 2 * MIB, level: 4 },
  native: { tableSizeBytes: DEFAULT_OPTIONS.tableSizeBytes, level: 7 },
};

/**
 * Makes a new database of everything in another one that can still be read: all versions of all entries of whole blocks and
 * records, in one sorted run. The old one is only read. When the promise resolves the new database survives a power cut; when
 * it rejects there is none.
 *
 * Rejects with LsmError: INVALID_ARGUMENT, DATABASE_MISSING, NOT_A_DATABASE, DATABASE_EXISTS, LOCKED, UNSUPPORTED for what a
 * newer program wrote, CORRUPTION where nothing could be read, IO_ERROR, and with the reason of the watch's signal.
 */
export async function repairDatabase({ from, to, order }: RepairRequest, watch: Watch): Promise<Repair> {
  refuseOtherThanDatabase(from);
  refuseHeld(from);
  const target = targetPlace(to, "repair");
  refuseOverlap(from, target);
  refuseOccupied(target);
  const fs = nodeFileSystem;
  const before = printOf(fs, from);
  const report = new RepairReport();
  watch.begin(2 * sizeOnDisk(fs, from));
  const salvage = await walk(salvageDatabase(fs, from, order, report), watch);
  const { format, read } = salvage;
  const isDamaged = report.faultCount + report.lossCount > 0;
  if (isDamaged && read.entries === 0 && salvage.rangeDeletes.length === 0) {
    throw new LsmError("CORRUPTION", `nothing in ${from} could be read: there is nothing to make a database of`);
  }
  const staging = await Staging.begin(target);
  try {
    fs.makeDirectory(staging.database);
    const written = await walk(writeDatabase(staging.database, salvage), watch);
    refuseChanged(fs, from, before);
    watch.signal.throwIfAborted();
    staging.publish();
    return { format, read, written: { ...written, sizeBytes: sizeOnDisk(fs, target.path) }, report };
  } finally {
    await staging.end();
  }
}

/** Yields how many bytes were written, about. */
function* writeDatabase(
  directory: string,
  { format, sources, rangeDeletes, maxTimestamp }: Salvage,
): Generator<number, { readonly tables: number; readonly entries: number }> {
  const { tableSizeBytes, level } = SHAPES[format];
  const databaseId = format === "native" ? randomFillSync(new Uint8Array(SIZE_DATABASE_ID)) : undefined;
  const policy = new SalvagePolicy(format);
  let id = 0;
  const merged = RangeDeletes.merged(rangeDeletes);
  // With a watermark below all timestamps nothing that anybody could have seen is left out.
  const rules = { reachesBottom: false, watermark: 0, droppedPrefixes: [] };
  const job = new MergeJob(new MergeIterator(sources, "internal"), policy, new RangeDeleteOutput(merged, rules), {
    fs: nodeFileSystem,
    directory,
    format,
    blockSizeBytes: DEFAULT_OPTIONS.blockSizeBytes,
    databaseId,
    tableSizeBytes,
    nextId: () => id++,
  });
  let outcome = job.run(SLICE_BYTES);
  for (; outcome === "more"; outcome = job.run(SLICE_BYTES)) yield SLICE_BYTES;
  writeManifestOf(directory, format, { databaseId, level, tables: outcome, lastTimestamp: maxTimestamp });
  return { tables: outcome.length, entries: policy.kept };
}

type Written = {
  readonly databaseId: Uint8Array | undefined;
  readonly level: number;
  readonly tables: readonly NewTable[];
  readonly lastTimestamp: number;
};

/** One run, in the deepest level: nothing lies below it, and nothing is moved for its sake. */
function writeManifestOf(directory: string, format: DatabaseFormat, written: Written): void {
  const { databaseId, level, tables, lastTimestamp } = written;
  const levels = Array.from({ length: level }, (_, index) => ({
    number: index + 1,
    tables: index + 1 === level ? tables : [],
  }));
  if (format === "native") {
    const id = databaseId ?? new Uint8Array(SIZE_DATABASE_ID);
    writeManifest(nodeFileSystem, directory, {
      format,
      databaseId: id,
      tables: { level0: [], levels },
      lastTimestamp,
      liveMemtables: [],
    });
    return;
  }
  const tree = {
    level0: [],
    levels: levels.map(({ number, tables: run }) => ({ number, tables: run.map(({ id }) => id) })),
  };
  writeManifest(nodeFileSystem, directory, { format, tree, strategy: "leveled", liveMemtables: [] });
}
