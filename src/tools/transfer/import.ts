import { MiniLsm } from "../../engine/mini-lsm.ts";
import { type ErrorCode, LsmError } from "../../errors.ts";
import type { DatabaseFormat } from "../../options.ts";
import { refuseOtherThanDatabase } from "../source.ts";
import { filled, makeDatabase } from "../target/make-database.ts";
import { refuseOccupied, type TargetPlace } from "../target/target-place.ts";
import type { Watch } from "../watch.ts";
import { SourceError, type TransferEntry } from "./transfer-entry.ts";

/** Where entries go: to a new database, or into one that is there. */
export type ImportTarget =
  | { readonly kind: "new"; readonly place: TargetPlace; readonly format: DatabaseFormat }
  | { readonly kind: "existing"; readonly directory: string };

export type ImportSource = {
  /** As many entries at a time as are there. What they throw ends the import. */
  readonly entries: AsyncIterable<Iterable<TransferEntry>>;
  /** How far it is, in what the watch counts. */
  readonly position: (entries: number) => number;
  /** All of it, in the same; undefined where nobody knows. */
  readonly total: number | undefined;
};

/** Lengths are those of keys and values in bytes. Of two entries of one key both count, and the later one is there. */
export type Imported = {
  readonly format: DatabaseFormat;
  readonly entries: number;
  readonly keyBytes: number;
  readonly valueBytes: number;
};

/** What an entry, and not the world around it, has wrong. */
const ENTRY_CODES: ReadonlySet<ErrorCode> = new Set(["KEY_EMPTY", "KEY_TOO_LARGE", "VALUE_EMPTY", "VALUE_TOO_LARGE"]);

/**
 * Puts entries into a database, in their order. A new one appears when it has all of them and is on disk, else there is none.
 * One that was there keeps what came before an error: entries are puts, so that the same import can be made again.
 *
 * Rejects with SourceError where an entry cannot be read or does not fit into the format, with LsmError DATABASE_EXISTS,
 * DATABASE_MISSING, NOT_A_DATABASE, LOCKED, CORRUPTION, IO_ERROR, with what the source throws, and with the reason of the
 * watch's signal.
 */
export async function importEntries(target: ImportTarget, source: ImportSource, watch: Watch): Promise<Imported> {
  const count: Count = { entries: 0, keyBytes: 0, valueBytes: 0 };
  const fill = (database: MiniLsm, check: () => void): Promise<Imported> =>
    putAll({ database, source, count, watch, check });
  if (target.kind === "new") {
    refuseOccupied(target.place);
    return await makeDatabase(target.place, target.format, watch.signal, fill);
  }
  const { directory } = target;
  refuseOtherThanDatabase(directory);
  // Without a log, as it was written without one, perhaps; the close writes tables. Merging is left to whoever opens it next.
  const options = { createIfMissing: false, durability: "none", compaction: { strategy: "none" } } as const;
  const database = await MiniLsm.open(directory, options);
  try {
    return await filled(database, watch.signal, fill);
  } catch (error) {
    if (error instanceof LsmError && count.entries > 0) throw partly(directory, count.entries, error);
    throw error;
  }
}

/** Of two entries of one key both count. */
type Count = { entries: number; keyBytes: number; valueBytes: number };

type Putting = {
  readonly database: MiniLsm;
  readonly source: ImportSource;
  readonly count: Count;
  readonly watch: Watch;
  readonly check: () => void;
};

async function putAll({ database, source, count, watch, check }: Putting): Promise<Imported> {
  watch.begin(source.total);
  for await (const some of source.entries) {
    for (const entry of some) {
      put(database, entry);
      count.entries++;
      count.keyBytes += entry.key.length;
      count.valueBytes += entry.value.length;
      if (!watch.isBreathDue()) continue;
      await watch.breathe(source.position(count.entries));
      check();
    }
    check();
  }
  return { format: database.format, ...count };
}

function put(database: MiniLsm, { key, value, place }: TransferEntry): void {
  try {
    database.put(key, value);
  } catch (error) {
    if (!(error instanceof LsmError && ENTRY_CODES.has(error.code))) throw error;
    throw new SourceError(place, `this entry does not fit into the format ${database.format}: ${error.message}`, error);
  }
}

function partly(directory: string, entries: number, cause: LsmError): LsmError {
  const count = entries === 1 ? "1 entry was" : `${entries} entries were`;
  const rest = `${count} put into ${directory} before that: importing again from the beginning does no harm`;
  return new LsmError(cause.code, `${cause.message}; ${rest}`, { cause });
}
