import { MiniLsm } from "../../engine/mini-lsm.ts";
import type { DatabaseFormat, Options } from "../../options.ts";
import { Staging } from "./staging.ts";
import type { TargetPlace } from "./target-place.ts";

const MIB = 1024 * 1024;

/** Nobody else writes there, and what is half made is thrown away: a log would be written for nothing. */
const OPTIONS: Partial<Options> = {
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

/** Entries are put into `database`; `check` is called between them, and throws when there is no use in going on. */
export type Filling<Result> = (database: MiniLsm, check: () => void) => Promise<Result>;

/**
 * Makes a database and lets it be filled. It gets its name when it is filled, closed and on disk; when anything rejects,
 * the signal's reason included, there is none.
 */
export async function makeDatabase<Result>(
  target: TargetPlace,
  format: DatabaseFormat,
  signal: AbortSignal,
  fill: Filling<Result>,
): Promise<Result> {
  const staging = await Staging.begin(target);
  try {
    const database = await MiniLsm.open(staging.database, { ...OPTIONS, format });
    const result = await filled(database, signal, fill);
    signal.throwIfAborted();
    staging.publish();
    return result;
  } finally {
    await staging.end();
  }
}

/** Fills a database that is open, and closes it whatever happens. */
export async function filled<Result>(database: MiniLsm, signal: AbortSignal, fill: Filling<Result>): Promise<Result> {
  let failure: Error | undefined;
  database.on("backgroundError", ({ error }) => {
    failure ??= error;
  });
  try {
    const result = await fill(database, () => {
      signal.throwIfAborted();
      if (failure !== undefined) throw failure;
    });
    // Writes what is still in memory to tables, each of them synced.
    await database.close();
    return result;
  } catch (error) {
    // What went wrong is known; what the close says about it is not news.
    await database.close().catch(() => {});
    throw error;
  }
}
