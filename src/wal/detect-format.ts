import type { DatabaseFormat } from "../options.ts";
import { isRecordAt } from "./wal-record.ts";

/**
 * The format of a log, by its first bytes; undefined when they are no whole record of either.
 *
 * A `plain` log cannot begin with two zeros, its key would be empty. A frame of `mvcc` begins with two zeros when it is
 * shorter than 64 KiB; a longer one is told by its checksum.
 */
export function detectWalFormat(bytes: Uint8Array): DatabaseFormat | undefined {
  if (isRecordAt("plain", bytes, 0)) return "plain";
  if (isRecordAt("mvcc", bytes, 0)) return "mvcc";
  const beginsWithZeros = bytes.length > 2 && bytes[0] === 0 && bytes[1] === 0;
  return beginsWithZeros && bytes.some((byte) => byte !== 0) ? "mvcc" : undefined;
}
