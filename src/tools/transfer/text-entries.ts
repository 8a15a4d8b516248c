import { type CsvColumns, csvColumns, csvEntry } from "./csv.ts";
import { type CsvRecord, CsvRecords } from "./csv-records.ts";
import { parseJsonLine } from "./json-lines.ts";
import { Lines } from "./lines.ts";
import { SourceError, type TransferEntry } from "./transfer-entry.ts";

export type TextFormat = "jsonl" | "csv";

/** What of a source was read, for who watches. */
export type ReadCount = { bytes: number };

/**
 * The entries of a text, as far as each chunk shows them. Memory is bounded by the longest record. `read` counts bytes.
 * Throws SourceError with the line, and what the chunks throw.
 */
export function textEntries(
  chunks: AsyncIterable<Uint8Array>,
  format: TextFormat,
  read: ReadCount,
): AsyncGenerator<Iterable<TransferEntry>> {
  return format === "csv" ? csvEntries(chunks, read) : jsonEntries(chunks, read);
}

async function* jsonEntries(
  chunks: AsyncIterable<Uint8Array>,
  read: ReadCount,
): AsyncGenerator<Iterable<TransferEntry>> {
  const lines = new Lines();
  function* parsed(found: ReturnType<Lines["push"]>): Generator<TransferEntry> {
    for (const { bytes, place } of found) yield parseJsonLine(bytes, place);
  }
  for await (const chunk of chunks) {
    read.bytes += chunk.length;
    yield parsed(lines.push(chunk));
  }
  yield parsed(lines.end());
}

async function* csvEntries(
  chunks: AsyncIterable<Uint8Array>,
  read: ReadCount,
): AsyncGenerator<Iterable<TransferEntry>> {
  const records = new CsvRecords();
  let columns: CsvColumns | undefined;
  function* entries(found: Iterable<CsvRecord>): Generator<TransferEntry> {
    for (const record of found) {
      if (columns === undefined) columns = csvColumns(record);
      else yield csvEntry(record, columns);
    }
  }
  for await (const chunk of chunks) {
    read.bytes += chunk.length;
    yield entries(records.push(chunk));
  }
  const last = records.end();
  yield entries(last === undefined ? [] : [last]);
  if (columns === undefined)
    throw new SourceError("line 1", "no column key, expected the columns key and value in the first line");
}
