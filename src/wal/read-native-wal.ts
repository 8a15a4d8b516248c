import { readU32 } from "../codec/byte-reader.ts";
import { crc32 } from "../codec/crc32.ts";
import { checkNativeHeader, NATIVE_FILE_KIND, SIZE_NATIVE_HEADER } from "../codec/native-header.ts";
import { CorruptionError } from "../errors.ts";
import type { FileSystem } from "../fs/file-system.ts";
import { findNativeRecord } from "./find-native-record.ts";
import { readLogBytes } from "./log-bytes.ts";
import { nativeEntryDamage, visitNativeRecord } from "./native-entries.ts";
import { headerChecksum, nativeLogHeader, nativeRecordEnd, SIZE_CHECKSUM, syncedAt } from "./native-record.ts";
import type { WalContents, WalRecovery } from "./read-wal.ts";
import type { WalTotals, WalVisitor } from "./wal-entries.ts";

/**
 * Reading a `native` log after a crash, and telling a torn tail from damage.
 *
 * A power cut takes any of the bytes that were not synced, and no other. So a flaw is damage exactly when its first byte
 * is known to have been durable: the manifest says so, or a whole record behind the flaw does. Every other flaw is a torn
 * tail; what stands behind it was not synced either, and is dropped with it, so that what is taken is a prefix of what was
 * written. The end of the file is a flaw when more than that was durable.
 */

export type NativeLog = {
  /** Of the database, and of the memtable: what the header of the log must say. */
  readonly databaseId: Uint8Array;
  readonly id: number;
  /** So many bytes of the log the manifest knows to be durable; 0 when it knows of none. */
  readonly syncedBytes: number;
  /** `strict` refuses damage. `tail` takes the log up to its first flaw, and reports what it dropped. */
  readonly recovery: WalRecovery;
};

/**
 * Shows every entry of a log in order to `visit`, without writing to the file. Of a range delete, key and value are the
 * bounds.
 *
 * Throws CorruptionError for damage when `recovery` is `strict`, after the entries before it were shown; LsmError
 * UNSUPPORTED for a newer version of the format and for more than 4 GiB, before any entry; IoError.
 */
export function readNativeWal(fs: FileSystem, path: string, log: NativeLog, visit: WalVisitor): WalContents {
  const bytes = readLogBytes(fs, path);
  const reading: Reading = { ...log, path, bytes, checksum: headerChecksum(nativeLogHeader(log.databaseId, log.id)) };
  const totals: WalTotals = { records: 0, entries: 0, lastTimestamp: 0 };
  const flaw = isHeaderWhole(bytes)
    ? (flawOfHeader(reading) ?? visitRecords(reading, totals, visit))
    : flawAt(reading, 0);
  if (log.recovery === "strict" && flaw?.damage !== undefined) throw flaw.damage;
  const validBytes = flaw?.offset ?? bytes.length;
  const warning = flaw === undefined ? undefined : warningOf(reading, flaw);
  return { format: "native", ...totals, validBytes, tornBytes: bytes.length - validBytes, warning };
}

type Reading = NativeLog & {
  readonly path: string;
  readonly bytes: Uint8Array;
  /** Of the header that belongs here, whether or not it is there. */
  readonly checksum: number;
};

/** Where what is good ends before the bytes do. `damage` is undefined for a torn tail. */
type Flaw = { readonly offset: number; readonly damage: CorruptionError | undefined };

function isHeaderWhole(bytes: Uint8Array): boolean {
  const checksumAt = SIZE_NATIVE_HEADER - SIZE_CHECKSUM;
  return bytes.length >= SIZE_NATIVE_HEADER && crc32(bytes, 0, checksumAt) === readU32(bytes, checksumAt);
}

/** The flaw of a whole header that is that of another file: no crash left it there. Throws UNSUPPORTED for a newer version. */
function flawOfHeader({ bytes, path, databaseId, id }: Reading): Flaw | undefined {
  try {
    checkNativeHeader(bytes, path, { kind: NATIVE_FILE_KIND.log, databaseId, fileId: id });
    return undefined;
  } catch (error) {
    if (error instanceof CorruptionError) return { offset: 0, damage: error };
    throw error;
  }
}

/** The first flaw behind the header; undefined when there is none. */
function visitRecords(reading: Reading, totals: WalTotals, visit: WalVisitor): Flaw | undefined {
  const { bytes, path } = reading;
  let offset = SIZE_NATIVE_HEADER;
  while (offset < bytes.length) {
    const end = wholeRecordEnd(reading, offset);
    if (end === undefined) return flawAt(reading, offset);
    const damage = nativeEntryDamage(bytes, offset, end, path, totals.lastTimestamp);
    if (damage !== undefined) return { offset, damage };
    visitNativeRecord(bytes, offset, end, totals, visit);
    offset = end;
  }
  return flawAt(reading, offset);
}

/** Where the whole record at `at` ends; undefined where none stands. */
function wholeRecordEnd({ bytes, checksum }: Reading, at: number): number | undefined {
  const end = nativeRecordEnd(bytes, at);
  if (end === undefined) return undefined;
  const checksumAt = end - SIZE_CHECKSUM;
  return (crc32(bytes, at, checksumAt) ^ checksum) >>> 0 === readU32(bytes, checksumAt) ? end : undefined;
}

/** What is wrong at `offset`, where no whole record stands, or no header; undefined where a log may end. */
function flawAt(reading: Reading, offset: number): Flaw | undefined {
  const { bytes, path, syncedBytes, checksum } = reading;
  const isEnd = offset === bytes.length;
  if (syncedBytes > offset) {
    const flaw = isEnd ? "the log ends" : `damaged WAL ${nounAt(offset)}`;
    const detail = `${flaw}, although the manifest says that ${syncedBytes} bytes of the log are durable`;
    return { offset, damage: new CorruptionError(path, offset, detail) };
  }
  if (isEnd) return undefined;
  const witness = findNativeRecord(bytes, offset + 1, checksum, offset);
  if (witness === undefined) return { offset, damage: undefined };
  const durable = `${syncedAt(bytes, witness)} bytes of the log were durable before the record at byte offset ${witness}`;
  return { offset, damage: new CorruptionError(path, offset, `damaged WAL ${nounAt(offset)}, although ${durable}`) };
}

function warningOf({ bytes, path, checksum }: Reading, { offset, damage }: Flaw): string {
  const dropped = `${bytes.length - offset} bytes up to the end of the file`;
  if (damage === undefined) {
    const noun = nounAt(offset);
    return `ignoring incomplete WAL ${noun} at byte offset ${offset} of ${path}: ${dropped}, none of them known to be durable`;
  }
  if (offset === bytes.length) return damage.message;
  const follower = findNativeRecord(bytes, offset + 1, checksum, -1);
  const among = follower === undefined ? "" : `, and with them a whole record at byte offset ${follower}`;
  return `${damage.message}: dropped ${dropped}${among}`;
}

function nounAt(offset: number): string {
  return offset === 0 ? "header" : "record";
}
