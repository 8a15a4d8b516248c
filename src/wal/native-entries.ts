import { ByteReader, readU32, readU64 } from "../codec/byte-reader.ts";
import { CorruptionError } from "../errors.ts";
import { ENTRY_KIND, KEY_LENGTH_MAX, NATIVE_VALUE_LENGTH_MAX } from "../key.ts";
import {
  RANGE_BOUND_LENGTH_MAX,
  SIZE_CHECKSUM,
  SIZE_HEAD,
  SIZE_KIND,
  SIZE_LENGTH,
  SIZE_TIMESTAMP,
} from "./native-record.ts";
import type { WalTotals, WalVisitor } from "./wal-entries.ts";

/**
 * What is wrong with the body of the intact record bytes[start, end): a timestamp over 2^53-1 or smaller than one before
 * it, or entries that no writer writes. The checksum says that it was written like that, so a crash is no excuse.
 */
export function nativeEntryDamage(
  bytes: Uint8Array,
  start: number,
  end: number,
  file: string,
  timestampBefore: number,
): CorruptionError | undefined {
  try {
    checkBody(new ByteReader(bytes, start + SIZE_HEAD, end - SIZE_CHECKSUM, file, 0), timestampBefore);
    return undefined;
  } catch (error) {
    if (error instanceof CorruptionError) return error;
    throw error;
  }
}

function checkBody(reader: ByteReader, timestampBefore: number): void {
  const start = reader.position;
  const timestamp = reader.u64();
  // Memtables count on it, and writers take their timestamps one after the other.
  if (timestamp < timestampBefore) reader.fail(start, `WAL timestamp ${timestamp} after ${timestampBefore}`);
  while (reader.remaining > 0) {
    const at = reader.position;
    const kind = reader.u8();
    const keyLength = reader.u32();
    reader.skip(keyLength);
    const valueLength = reader.u32();
    reader.skip(valueLength);
    if (!isPossible(kind, keyLength, valueLength)) {
      reader.fail(at, `WAL entry of kind ${kind} with a key of ${keyLength} and a value of ${valueLength} bytes`);
    }
  }
}

function isPossible(kind: number, keyLength: number, valueLength: number): boolean {
  if (kind === ENTRY_KIND.put) return keyLength <= KEY_LENGTH_MAX && valueLength <= NATIVE_VALUE_LENGTH_MAX;
  if (kind === ENTRY_KIND.delete) return keyLength <= KEY_LENGTH_MAX && valueLength === 0;
  return kind === ENTRY_KIND.rangeDelete && Math.max(keyLength, valueLength) <= RANGE_BOUND_LENGTH_MAX;
}

/** Shows the entries of the record bytes[start, end), which is intact and has no `nativeEntryDamage`, and counts them. */
export function visitNativeRecord(
  bytes: Uint8Array,
  start: number,
  end: number,
  totals: WalTotals,
  visit: WalVisitor,
): void {
  const timestamp = readU64(bytes, start + SIZE_HEAD);
  const bodyEnd = end - SIZE_CHECKSUM;
  for (let at = start + SIZE_HEAD + SIZE_TIMESTAMP; at < bodyEnd; ) {
    const keyStart = at + SIZE_KIND + SIZE_LENGTH;
    const keyEnd = keyStart + readU32(bytes, keyStart - SIZE_LENGTH);
    const valueStart = keyEnd + SIZE_LENGTH;
    const valueEnd = valueStart + readU32(bytes, keyEnd);
    visit(timestamp, bytes[at] as number, bytes, keyStart, keyEnd, bytes, valueStart, valueEnd);
    totals.entries++;
    at = valueEnd;
  }
  totals.lastTimestamp = timestamp;
  totals.records++;
}
