import type { MiniLsm } from "../../engine/mini-lsm.ts";
import { nodeFileSystem } from "../../fs/node-file-system.ts";
import type { DatabaseFormat } from "../../options.ts";
import { sizeOnDisk } from "../database-files.ts";
import { openSource, refuseOtherThanDatabase } from "../source.ts";
import { makeDatabase } from "../target/make-database.ts";
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
    const copied = await makeDatabase(target, request.format, watch.signal, (made, check) =>
      copy(source.database, made, watch, check),
    );
    if (copied.entries === 0 && request.format === "mvcc") watch.warn(`${request.to} ${EMPTY_MVCC}`);
    return {
      ...copied,
      from: { format: source.database.format, sizeBytes: sizeOnDisk(nodeFileSystem, request.from) },
      to: { format: request.format, sizeBytes: sizeOnDisk(nodeFileSystem, target.path) },
    };
  } finally {
    await source.close();
  }
}

async function copy(source: MiniLsm, target: MiniLsm, watch: ConversionWatch, check: () => void): Promise<Copied> {
  watch.begin(undefined);
  using cursor = source.cursor();
  return await copyEntries(cursor, target, {
    isDue: () => watch.isBreathDue(),
    take: async (entries) => {
      await watch.breathe(entries);
      check();
    },
  });
}
