import type { ReferenceFormat } from "../options.ts";
import { startsWithEntry } from "./find-record.ts";
import { isRecordAt } from "./wal-record.ts";

/** The format of a log by its first record, which is whole and has its checksum; undefined when it has no such record. */
export function detectWalFormat(bytes: Uint8Array): ReferenceFormat | undefined {
  if (isRecordAt("plain", bytes, 0)) return "plain";
  return isRecordAt("mvcc", bytes, 0) ? "mvcc" : undefined;
}

/**
 * The format that bytes without a whole first record seem to be of.
 *
 * A `plain` log cannot begin with two zeros, its key would be empty; a frame shorter than 64 KiB does. A longer frame is
 * told by its first entry: nearly any bytes have a length like that of an unfinished frame, but few a timestamp.
 */
export function guessWalFormat(bytes: Uint8Array): ReferenceFormat {
  const beginsWithZeros = bytes.length > 2 && bytes[0] === 0 && bytes[1] === 0;
  return beginsWithZeros || startsWithEntry(bytes, 0, bytes.length) ? "mvcc" : "plain";
}
