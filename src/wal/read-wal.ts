import { CorruptionError, LsmError } from "../errors.ts";
import type { FileSystem } from "../fs/file-system.ts";
import type { DatabaseFormat, ReferenceFormat } from "../options.ts";
import { isWholeButForALength } from "./damaged-length.ts";
import { detectWalFormat, guessWalFormat } from "./detect-format.ts";
import { findRecord } from "./find-record.ts";
import { readLogBytes } from "./log-bytes.ts";
import { isTornTail, zeroRunStart } from "./torn-tail.ts";
import { entryDamage, visitRecord, type WalTotals, type WalVisitor } from "./wal-entries.ts";
import { announcedEnd, isEmptyRecord, isRecordAt } from "./wal-record.ts";

/**
 * Reading a log after a crash, and telling a torn tail from damage (design D14).
 *
 * A torn tail is the last append, interrupted: it was not acknowledged, so it is dropped with a warning. Everything else
 * that is no whole record is damage: a wrong checksum behind lengths that fit, an empty record with more than zeros
 * behind it, and whatever has a whole record after it, since appends go to the file in order.
 *
 * What these formats cannot tell: damage that enlarges a length of the last record makes it seem unfinished, and passes
 * for a torn tail unless all else in the record is sound. The other way round, a torn record with a whole record in its
 * value, as when somebody stores a copy of a log, passes for damage; `tail` opens it.
 */

/** `strict` refuses damage. `tail` takes a log up to its first bad record, whatever follows, and reports what it dropped. */
export type WalRecovery = "strict" | "tail";

export type WalContents = {
  /** As given, or that of the first record; undefined when there is neither. */
  readonly format: DatabaseFormat | undefined;
  /** In `mvcc` they are called frames. */
  readonly records: number;
  readonly entries: number;
  /** Where the last record taken ends; `cutWal` takes this. */
  readonly validBytes: number;
  /** Bytes after that. */
  readonly tornBytes: number;
  /** The largest timestamp; 0 in `plain` and when there is no entry. */
  readonly lastTimestamp: number;
  /** One sentence about what was dropped; undefined when nothing was. */
  readonly warning: string | undefined;
};

/**
 * Shows every entry of a log in order to `visit`, without writing to the file.
 *
 * Throws CorruptionError for damage when `recovery` is `strict`, after the entries before it were shown; LsmError
 * FORMAT_MISMATCH when the log is of another format than the given one, and UNSUPPORTED for more than 4 GiB, before any
 * entry; IoError.
 */
export function readWal(
  fs: FileSystem,
  path: string,
  format: ReferenceFormat | undefined,
  recovery: WalRecovery,
  visit: WalVisitor,
): WalContents {
  const bytes = readLogBytes(fs, path);
  if (format !== undefined) refuseOtherFormat(format, bytes, path);
  const found = format ?? detectWalFormat(bytes);
  const totals: WalTotals = { records: 0, entries: 0, lastTimestamp: 0 };
  const flaw = found === undefined ? flawOfUnknownFormat(bytes, path) : visitRecords(found, bytes, path, totals, visit);
  if (flaw === undefined) {
    return { format: found, ...totals, validBytes: bytes.length, tornBytes: 0, warning: undefined };
  }
  if (recovery === "strict" && flaw.damage !== undefined) throw flaw.damage;
  const tornBytes = bytes.length - flaw.offset;
  return { format: found, ...totals, validBytes: flaw.offset, tornBytes, warning: warningOf(flaw, found, bytes, path) };
}

/** The format of a log by its first record; undefined when that is not whole. Throws UNSUPPORTED and IoError as `readWal`. */
export function readWalFormat(fs: FileSystem, path: string): ReferenceFormat | undefined {
  return detectWalFormat(readLogBytes(fs, path));
}

/** Cuts a log to `validBytes` and makes that durable. */
export function cutWal(fs: FileSystem, path: string, validBytes: number): void {
  const file = fs.open(path, "append");
  try {
    file.truncate(validBytes);
    file.sync();
  } finally {
    file.close();
  }
}

/** The reference's words for a record. */
const NOUN = { plain: "record", mvcc: "frame" } as const;

/** Where the good records end before the bytes do. `damage` is undefined for a torn tail. */
type Flaw = { readonly offset: number; readonly damage: CorruptionError | undefined };

function visitRecords(
  format: ReferenceFormat,
  bytes: Uint8Array,
  path: string,
  totals: WalTotals,
  visit: WalVisitor,
): Flaw | undefined {
  let offset = 0;
  while (offset < bytes.length) {
    if (!isRecordAt(format, bytes, offset)) return { offset, damage: damageAt(format, bytes, path, offset) };
    const end = announcedEnd(format, bytes, offset);
    const damage = entryDamage(format, bytes, offset, end, path, totals.lastTimestamp);
    if (damage !== undefined) return { offset, damage };
    visitRecord(format, bytes, offset, end, totals, visit);
    offset = end;
  }
  return undefined;
}

/** What is wrong with the bytes at `offset`, where no whole record stands; undefined for a torn tail. */
function damageAt(
  format: ReferenceFormat,
  bytes: Uint8Array,
  path: string,
  offset: number,
): CorruptionError | undefined {
  if (!isTornTail(format, bytes, offset)) {
    const detail = isEmptyRecord(format, bytes, offset)
      ? `empty WAL ${NOUN[format]} at byte offset ${offset}`
      : `WAL checksum mismatch at byte offset ${offset}`;
    return new CorruptionError(path, offset, detail);
  }
  return followerDamage(format, bytes, path, offset);
}

/** The same for a log that begins with a whole record of neither format: a torn tail only when nothing speaks for damage in either. */
function flawOfUnknownFormat(bytes: Uint8Array, path: string): Flaw | undefined {
  if (bytes.length === 0) return undefined;
  const likely = guessWalFormat(bytes);
  const other = otherThan(likely);
  const damage = damageAt(likely, bytes, path, 0) ?? followerDamage(other, bytes, path, 0);
  if (damage === undefined && isWholeButForALength(other, bytes, 0)) {
    return { offset: 0, damage: new CorruptionError(path, 0, `WAL ${NOUN[other]} with a damaged length`) };
  }
  return { offset: 0, damage };
}

function followerDamage(
  format: ReferenceFormat,
  bytes: Uint8Array,
  path: string,
  offset: number,
): CorruptionError | undefined {
  const follower = findRecord(format, bytes, offset + 1, zeroRunStart(bytes));
  if (follower === undefined) return undefined;
  const detail = `damaged WAL ${NOUN[format]}: a whole one follows at byte offset ${follower}`;
  return new CorruptionError(path, offset, detail);
}

function warningOf(flaw: Flaw, format: ReferenceFormat | undefined, bytes: Uint8Array, path: string): string {
  const { offset, damage } = flaw;
  const noun = NOUN[format ?? "plain"];
  const dropped = `${bytes.length - offset} bytes up to the end of the file`;
  if (damage === undefined) {
    return `ignoring incomplete WAL ${noun} at byte offset ${offset} of ${path}: ${dropped}, left by an append that did not finish`;
  }
  const follower = format === undefined ? undefined : findRecord(format, bytes, offset + 1, bytes.length);
  const among = follower === undefined ? "" : `, and with them a whole ${noun} at byte offset ${follower}`;
  return `${damage.message}: dropped ${dropped}${among}`;
}

function refuseOtherFormat(format: ReferenceFormat, bytes: Uint8Array, path: string): void {
  const other = otherThan(format);
  if (isRecordAt(format, bytes, 0) || !isRecordAt(other, bytes, 0)) return;
  throw new LsmError("FORMAT_MISMATCH", `${path} is a log of format ${other}, and ${format} was expected`);
}

function otherThan(format: ReferenceFormat): ReferenceFormat {
  return format === "plain" ? "mvcc" : "plain";
}
