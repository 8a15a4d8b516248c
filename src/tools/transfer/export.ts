import type { Cursor } from "../../engine/cursor.ts";
import { MiniLsm } from "../../engine/mini-lsm.ts";
import type { Range } from "../../engine/range.ts";
import { LsmError } from "../../errors.ts";
import { nodeFileSystem } from "../../fs/node-file-system.ts";
import type { DatabaseFormat } from "../../options.ts";
import { printOf, refuseChanged, refuseHeld } from "../held-directory.ts";
import { refuseOtherThanDatabase } from "../source.ts";
import type { Watch } from "../watch.ts";
import { CSV_HEADER, csvLine } from "./csv.ts";
import { jsonLine } from "./json-lines.ts";
import type { TextFormat } from "./text-entries.ts";
import { TEXT_BYTES_MAX } from "./transfer-entry.ts";

/** A directory as it was given, and which of its entries. */
export type ExportRequest = { readonly from: string; readonly format: TextFormat; readonly range: Range };

/** Where text goes. Answers false when nobody takes any more. */
export type TextSink = (text: string) => boolean;

/** Lengths are those of keys and values in bytes. */
export type Exported = {
  readonly format: DatabaseFormat;
  readonly entries: number;
  readonly keyBytes: number;
  readonly valueBytes: number;
  /** Whether somebody took all of it. */
  readonly isWhole: boolean;
};

const MIB = 1024 * 1024;
/** A scan meets every block once, so most of a cache would only lie there. */
const CACHE_SIZE_BYTES = 8 * MIB;
/** So much text goes to the sink at once. */
const PIECE_CHARACTERS = 64 * 1024;

/**
 * Gives the entries of a database to a sink as text, in key order: what a scan shows. The database is only read, without a
 * LOCK. Rejects with LsmError DATABASE_MISSING, NOT_A_DATABASE, LOCKED when somebody has it open or changed it meanwhile,
 * VALUE_TOO_LARGE for what does not fit into a line, CORRUPTION, IO_ERROR, with what the sink throws, and with the reason of
 * the watch's signal.
 */
export async function exportDatabase(
  { from, format, range }: ExportRequest,
  sink: TextSink,
  watch: Watch & { warn(message: string): void },
): Promise<Exported> {
  refuseOtherThanDatabase(from);
  refuseHeld(from);
  const before = printOf(nodeFileSystem, from);
  const options = { readOnly: true, cacheSizeBytes: CACHE_SIZE_BYTES };
  const database = await MiniLsm.open(from, options, (events) =>
    events.on("warning", ({ message }) => watch.warn(message)),
  );
  try {
    watch.begin(undefined);
    using cursor = database.cursor(range);
    const exported = await writeEntries(cursor, format, sink, watch);
    refuseChanged(nodeFileSystem, from, before);
    return { format: database.format, ...exported };
  } finally {
    await database.close();
  }
}

async function writeEntries(
  cursor: Cursor,
  format: TextFormat,
  sink: TextSink,
  watch: Watch,
): Promise<Omit<Exported, "format">> {
  const line = format === "csv" ? csvLine : jsonLine;
  let text = format === "csv" ? CSV_HEADER : "";
  let [entries, keyBytes, valueBytes] = [0, 0, 0];
  for (; cursor.valid; cursor.next()) {
    const key = cursor.keyBuffer.subarray(cursor.keyStart, cursor.keyEnd);
    const value = cursor.valueBuffer.subarray(cursor.valueStart, cursor.valueEnd);
    refuseTooLarge(key, value);
    text += line(key, value);
    entries++;
    keyBytes += key.length;
    valueBytes += value.length;
    if (text.length < PIECE_CHARACTERS) continue;
    if (!sink(text)) return { entries, keyBytes, valueBytes, isWhole: false };
    text = "";
    if (!watch.isBreathDue()) continue;
    await watch.breathe(entries);
    watch.signal.throwIfAborted();
  }
  const isWhole = text === "" || sink(text);
  return { entries, keyBytes, valueBytes, isWhole };
}

function refuseTooLarge(key: Uint8Array, value: Uint8Array): void {
  if (value.length <= TEXT_BYTES_MAX) return;
  const name = JSON.stringify(Buffer.from(key).toString("latin1").slice(0, 40));
  throw new LsmError(
    "VALUE_TOO_LARGE",
    `the value of ${name} has ${value.length} bytes, and a line holds ${TEXT_BYTES_MAX}: leave it out by a range, or use backup or convert`,
  );
}
