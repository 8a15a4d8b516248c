import { ByteReader, readU16, readU64 } from "../codec/byte-reader.ts";
import { CorruptionError } from "../errors.ts";
import { ENTRY_KIND } from "../key.ts";
import type { ReferenceFormat } from "../options.ts";
import { SIZE_BODY_LENGTH, SIZE_CHECKSUM, SIZE_LENGTH, SIZE_TIMESTAMP } from "./wal-record.ts";

/** Is shown one entry of a log; the bytes are lent until it returns. `kind` is one of `ENTRY_KIND`. */
export type WalVisitor = (
  timestamp: number,
  kind: number,
  keyBuffer: Uint8Array,
  keyStart: number,
  keyEnd: number,
  valueBuffer: Uint8Array,
  valueStart: number,
  valueEnd: number,
) => void;

/** What the records visited so far held. */
export type WalTotals = { records: number; entries: number; lastTimestamp: number };

/**
 * What is wrong with the entries of the intact record bytes[start, end): they do not fill their frame, a key is empty, a
 * timestamp is over 2^53-1 or smaller than one before it. The checksum says that it was written like that, so a crash
 * is no excuse. Always undefined in `plain`, where a record is intact or not.
 */
export function entryDamage(
  format: ReferenceFormat,
  bytes: Uint8Array,
  start: number,
  end: number,
  file: string,
  timestampBefore: number,
): CorruptionError | undefined {
  if (format === "plain") return undefined;
  try {
    checkBody(new ByteReader(bytes, start + SIZE_BODY_LENGTH, end - SIZE_CHECKSUM, file, 0), timestampBefore);
    return undefined;
  } catch (error) {
    if (error instanceof CorruptionError) return error;
    throw error;
  }
}

function checkBody(reader: ByteReader, timestampBefore: number): void {
  let timestampMin = timestampBefore;
  while (reader.remaining > 0) {
    const at = reader.position;
    const keyLength = reader.u16();
    if (keyLength === 0) reader.fail(at, "WAL entry with an empty key");
    reader.skip(keyLength);
    const timestamp = reader.u64();
    // Memtables count on it, and writers take their timestamps one after the other.
    if (timestamp < timestampMin) reader.fail(at, `WAL timestamp ${timestamp} after ${timestampMin}`);
    timestampMin = timestamp;
    reader.skip(reader.u16());
  }
}

/** Shows the entries of the record bytes[start, end), which is intact and has no `entryDamage`, and counts them. */
export function visitRecord(
  format: ReferenceFormat,
  bytes: Uint8Array,
  start: number,
  end: number,
  totals: WalTotals,
  visit: WalVisitor,
): void {
  if (format === "mvcc") {
    visitBody(bytes, start + SIZE_BODY_LENGTH, end - SIZE_CHECKSUM, totals, visit);
  } else {
    const keyEnd = start + SIZE_LENGTH + readU16(bytes, start);
    visitEntry(bytes, start + SIZE_LENGTH, keyEnd, keyEnd + SIZE_LENGTH, 0, visit);
    totals.entries++;
  }
  totals.records++;
}

function visitBody(bytes: Uint8Array, bodyStart: number, bodyEnd: number, totals: WalTotals, visit: WalVisitor): void {
  for (let at = bodyStart; at < bodyEnd; ) {
    const keyEnd = at + SIZE_LENGTH + readU16(bytes, at);
    const timestamp = readU64(bytes, keyEnd);
    const valueStart = keyEnd + SIZE_TIMESTAMP + SIZE_LENGTH;
    at = visitEntry(bytes, at + SIZE_LENGTH, keyEnd, valueStart, timestamp, visit);
    totals.lastTimestamp = timestamp;
    totals.entries++;
  }
}

/** Answers where the value ends; its length stands right before it. */
function visitEntry(
  bytes: Uint8Array,
  keyStart: number,
  keyEnd: number,
  valueStart: number,
  timestamp: number,
  visit: WalVisitor,
): number {
  const valueEnd = valueStart + readU16(bytes, valueStart - SIZE_LENGTH);
  const kind = valueStart === valueEnd ? ENTRY_KIND.delete : ENTRY_KIND.put;
  visit(timestamp, kind, bytes, keyStart, keyEnd, bytes, valueStart, valueEnd);
  return valueEnd;
}
