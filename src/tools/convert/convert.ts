import { MiniLsm } from "../../engine/mini-lsm.ts";
import { nodeFileSystem } from "../../fs/node-file-system.ts";
import type { DatabaseFormat, Options } from "../../options.ts";
import { sizeOnDisk } from "../database-files.ts";
import { openSource, refuseOtherThanDatabase } from "../source.ts";
import { Staging } from "../target/staging.ts";
import { refuseOccupied, refuseOverlap, targetPlace } from "../target/target-place.ts";
import type { Watch } from "../watch.ts";
import { type Copied, copyEntries } from "./copy-entries.ts";

/** Directories as they were given, and the format of the new one. */
export type ConversionRequest = { readonly from: string; readonly to: string; readonly format: DatabaseFormat };

/** What came of it. Sizes are bytes of all files of a database. */
export type Conversion = Copied & {
  readonly from: { readonly format: DatabaseFormat; readonly sizeBytes: number };
  readonly to: { readonly format: DatabaseFormat; readonly sizeBytes: number };
};

/** Who asked for a conversion, as it goes on. It counts entries. */
export interface ConversionWatch extends Watch {
  warn(message: string): void;
}

const MIB = 1024 * 1024;

/** Nobody else writes there, and what is half made is thrown away: a log would be written for nothing. */
const TARGET_OPTIONS: Partial<Options> = {
  errorIfExists: true,
  durability: "none",
  cacheSizeBytes: 8 * MIB,
  // Larger ones were no faster with ten million small entries, and took 60 to 130 MB more.
  memtableSizeBytes: 2 * MIB,
  memtableLimit: 1,
  memtableStop: 4,
  // The strategy and the numbers of the shell and of the Rust program, either of which may go on with the database.
  compaction: {
    strategy: "leveled",
    levelSizeMultiplier: 2,
    level0FilesTrigger: 2,
    maxLevels: 4,
    baseLevelSizeBytes: 128 * MIB,
  },
};

/** Of the formats only this one is told by tables and logs alone, and nothing is in them. */
const EMPTY_MVCC = "is empty, and an empty database does not say that it is mvcc: give the format when it is opened";

/**
 * Makes a new database of the entries that another one holds: those that a scan shows, without older versions and
 * deletes. Entries stream: memory does not grow with their number. When the promise resolves the new database is closed
 * and survives a power cut; when it rejects, or the process ends before, there is none.
 *
 * Rejects with LsmError: INVALID_ARGUMENT for directories that lie in one another, DATABASE_MISSING and NOT_A_DATABASE
 * for `from`, DATABASE_EXISTS for a `to` that holds anything, LOCKED, CORRUPTION, IO_ERROR, and as an EntryRefusedError.
 */
export async function convertDatabase(request: ConversionRequest, watch: ConversionWatch): Promise<Conversion> {
  refuseOtherThanDatabase(request.from);
  const target = targetPlace(request.to, "conversion");
  refuseOverlap(request.from, target);
  refuseOccupied(target);

  const source = await openSource(request.from, ({ message }) => watch.warn(message));
  try {
    const staging = await Staging.begin(target);
    try {
      const copied = await fill(staging.database, request.format, source.database, watch);
      watch.signal.throwIfAborted();
      staging.publish();
      if (copied.entries === 0 && request.format === "mvcc") watch.warn(`${request.to} ${EMPTY_MVCC}`);
      return {
        ...copied,
        from: { format: source.database.format, sizeBytes: sizeOnDisk(nodeFileSystem, request.from) },
        to: { format: request.format, sizeBytes: sizeOnDisk(nodeFileSystem, target.path) },
      };
    } finally {
      await staging.end();
    }
  } finally {
    await source.close();
  }
}

async function fill(
  directory: string,
  format: DatabaseFormat,
  source: MiniLsm,
  watch: ConversionWatch,
): Promise<Copied> {
  const database = await MiniLsm.open(directory, { ...TARGET_OPTIONS, format });
  try {
    const copied = await copy(source, database, watch);
    // Writes what is still in memory to tables, each of them synced.
    await database.close();
    return copied;
  } catch (error) {
    // What went wrong is known; what the close says about a database that is thrown away is not news.
    await database.close().catch(() => {});
    throw error;
  }
}

async function copy(source: MiniLsm, target: MiniLsm, watch: ConversionWatch): Promise<Copied> {
  let failure: Error | undefined;
  target.on("backgroundError", ({ error }) => {
    failure ??= error;
  });
  watch.begin(undefined);
  using cursor = source.cursor();
  return await copyEntries(cursor, target, {
    isDue: () => watch.isBreathDue(),
    take: async (entries) => {
      await watch.breathe(entries);
      watch.signal.throwIfAborted();
      if (failure !== undefined) throw failure;
    },
  });
}
