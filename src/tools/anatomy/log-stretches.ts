import { readU32 } from "../../codec/byte-reader.ts";
import { crc32 } from "../../codec/crc32.ts";
import {
  checkNativeHeader,
  decodeNativeHeader,
  hasNativeMagic,
  NATIVE_FILE_KIND,
  type NativeFile,
  SIZE_NATIVE_HEADER,
} from "../../codec/native-header.ts";
import type { DatabaseFormat } from "../../options.ts";
import { detectWalFormat, guessWalFormat } from "../../wal/detect-format.ts";
import { findNativeRecord } from "../../wal/find-native-record.ts";
import { findRecord } from "../../wal/find-record.ts";
import { nativeEntryDamage, visitNativeRecord } from "../../wal/native-entries.ts";
import { headerChecksum, nativeLogHeader, nativeRecordEnd, SIZE_CHECKSUM } from "../../wal/native-record.ts";
import { isTornTail } from "../../wal/torn-tail.ts";
import { entryDamage, visitRecord, type WalTotals, type WalVisitor } from "../../wal/wal-entries.ts";
import { announcedEnd, isRecordAt } from "../../wal/wal-record.ts";
import { attempt, type FaultSink, problemOf } from "./fault.ts";

/** Bytes [start, end) of a log: a whole record, or bytes between whole records that are none. */
export type LogStretch = { readonly start: number; readonly end: number; readonly isRecord: boolean };

/** How a log is read on past what is damaged in it. */
export type LogReading = {
  readonly format: DatabaseFormat;
  readonly bytes: Uint8Array;
  readonly path: string;
  /** Where the first record stands. */
  readonly start: number;
  /** What the checksums of native records are mixed with. */
  readonly headerChecksum: number;
};

/** What the log of a native database belongs to, where that is known. */
export type ExpectedLog = { readonly databaseId?: Uint8Array | undefined; readonly id?: number | undefined };

/**
 * How the bytes are to be read as a log. A format that is not told is found out. A native log whose header is damaged is
 * read with the one that it must have had, where that is known. Throws LsmError UNSUPPORTED for what a newer program wrote.
 */
export function readingOfLog(
  bytes: Uint8Array,
  path: string,
  format: DatabaseFormat | undefined,
  expected: ExpectedLog,
  sink: FaultSink,
): LogReading {
  const found = format ?? (hasNativeMagic(bytes) ? "native" : (detectWalFormat(bytes) ?? guessWalFormat(bytes)));
  if (found !== "native") return { format: found, bytes, path, start: 0, headerChecksum: 0 };
  const header = attempt(sink, "header", () => decodeNativeHeader(bytes, path));
  const start = Math.min(SIZE_NATIVE_HEADER, bytes.length);
  return { format: found, bytes, path, start, headerChecksum: mixedWith(bytes, path, header, expected, sink) };
}

/** What the checksums of records are mixed with: that of the header, be it there or only known. */
function mixedWith(
  bytes: Uint8Array,
  path: string,
  header: NativeFile | undefined,
  { databaseId, id }: ExpectedLog,
  sink: FaultSink,
): number {
  if (header === undefined) {
    if (databaseId !== undefined && id !== undefined) return headerChecksum(nativeLogHeader(databaseId, id));
    return bytes.length < SIZE_NATIVE_HEADER ? 0 : headerChecksum(bytes.subarray(0, SIZE_NATIVE_HEADER));
  }
  const expected = {
    kind: NATIVE_FILE_KIND.log,
    databaseId: databaseId ?? header.databaseId,
    fileId: id ?? header.fileId,
  };
  attempt(sink, "header", () => checkNativeHeader(bytes, path, expected));
  return headerChecksum(bytes.subarray(0, SIZE_NATIVE_HEADER));
}

/**
 * The whole records of a log in order, wherever they stand, and what lies between and behind them. What lies between, and a
 * record that is whole and says what cannot be, is told to the sink, and so is what lies behind the last one where no crash can
 * have left it.
 */
export function* logStretches(reading: LogReading, sink: FaultSink): Generator<LogStretch> {
  const { bytes, start } = reading;
  let at = start;
  let timestamp = 0;
  let gapFrom = start;
  while (at < bytes.length) {
    const end = recordEnd(reading, at);
    if (end === undefined) {
      at = findWholeRecord(reading, at + 1) ?? bytes.length;
      continue;
    }
    const damage = damageIn(reading, at, end, timestamp);
    if (damage === undefined) {
      if (gapFrom < at) yield gapOf(gapFrom, at, sink);
      yield { start: at, end, isRecord: true };
      gapFrom = end;
      timestamp = lastTimestampOf(reading, at, end);
    } else sink("record", damage.offset, problemOf(damage));
    at = end;
  }
  if (gapFrom === bytes.length) return;
  if (!mayBeTorn(reading, gapFrom)) sink("record", gapFrom, "the last record is damaged: all of it is there");
  yield { start: gapFrom, end: bytes.length, isRecord: false };
}

/** In `native` only the manifest can tell: what was durable is not torn. */
function mayBeTorn({ format, bytes }: LogReading, from: number): boolean {
  return format === "native" || isTornTail(format, bytes, from);
}

/** Shows the entries of a record that `logStretches` gave. */
export function visitStretch(reading: LogReading, { start, end }: LogStretch, visit: WalVisitor): void {
  const totals: WalTotals = { records: 0, entries: 0, lastTimestamp: 0 };
  const { format, bytes } = reading;
  if (format === "native") visitNativeRecord(bytes, start, end, totals, visit);
  else visitRecord(format, bytes, start, end, totals, visit);
}

function gapOf(start: number, end: number, sink: FaultSink): LogStretch {
  sink("record", start, `${end - start} bytes hold no whole record`);
  return { start, end, isRecord: false };
}

function recordEnd({ format, bytes, headerChecksum }: LogReading, at: number): number | undefined {
  if (format !== "native") return isRecordAt(format, bytes, at) ? announcedEnd(format, bytes, at) : undefined;
  const end = nativeRecordEnd(bytes, at);
  if (end === undefined) return undefined;
  const checksumAt = end - SIZE_CHECKSUM;
  return (crc32(bytes, at, checksumAt) ^ headerChecksum) >>> 0 === readU32(bytes, checksumAt) ? end : undefined;
}

function findWholeRecord({ format, bytes, headerChecksum }: LogReading, from: number): number | undefined {
  if (from >= bytes.length) return undefined;
  return format === "native"
    ? findNativeRecord(bytes, from, headerChecksum, -1)
    : findRecord(format, bytes, from, bytes.length);
}

function damageIn({ format, bytes, path }: LogReading, start: number, end: number, timestampBefore: number) {
  return format === "native"
    ? nativeEntryDamage(bytes, start, end, path, timestampBefore)
    : entryDamage(format, bytes, start, end, path, timestampBefore);
}

function lastTimestampOf(reading: LogReading, start: number, end: number): number {
  let last = 0;
  visitStretch(reading, { start, end, isRecord: true }, (timestamp) => {
    last = timestamp;
  });
  return last;
}
