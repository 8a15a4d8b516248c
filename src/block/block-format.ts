import { readU16, readU32 } from "../codec/byte-reader.ts";
import { type ByteWriter, writeU16, writeU32, writeU64 } from "../codec/byte-writer.ts";
import { copyBytes } from "../codec/bytes.ts";
import { CorruptionError } from "../errors.ts";
import { ENTRY_KIND, NATIVE_VALUE_LENGTH_MAX, VALUE_LENGTH_MAX } from "../key.ts";
import type { DatabaseFormat } from "../options.ts";
import { Block, SIZE_ENTRY_COUNT, SIZE_ENTRY_OFFSET } from "./block.ts";
import {
  ENTRY_SUFFIX_START,
  type EntryLayout,
  entryLayout,
  SIZE_LONG_LENGTH,
  SIZE_OVERLAP,
  SIZE_TIMESTAMP,
} from "./entry-layout.ts";

/**
 * Data block: entries in internal key order, searched in place through a table of their offsets.
 *
 *   block = entry[0] … entry[n-1] | offset[0] u16 … offset[n-1] u16 | n u16
 *   entry = overlap u16 | suffix_len u16 | suffix | value_len u16 | value                          in plain
 *   entry = overlap u16 | suffix_len u16 | suffix | timestamp u64 | value_len u16 | value          in mvcc
 *   entry = overlap u16 | suffix_len u16 | suffix | kind u8 | timestamp u56 | value_len u32 | value  in native
 *
 * Integers are big-endian; an offset counts bytes from the start of the block. A key is the first `overlap` bytes of the
 * block's first key and then the suffix; the first entry has overlap 0. Where no kind is stored, an empty value is a
 * delete; where one is, a delete has an empty value, and a value of more than 65 535 bytes stands alone in its block.
 * Entries touch each other and the offset table. The checksum behind a block belongs to the sstable.
 */

/** Offsets and counts are 16 bits wide. */
export const ENTRIES_MAX = 0xffff;
export const ENTRY_OFFSET_MAX = 0xffff;

/** The upper half of 2^53-1. */
const TIMESTAMP_HIGH_MAX = 0x1fffff;
/** The upper half of a timestamp without the kind. */
const TIMESTAMP_HIGH_MASK = 0xff_ffff;

/** Appends one entry whose key shares its first `overlap` bytes with the block's first key. Lengths fit their fields. */
export function encodeEntry(
  writer: ByteWriter,
  layout: EntryLayout,
  overlap: number,
  keyBuffer: Uint8Array,
  keyStart: number,
  keyEnd: number,
  timestamp: number,
  kind: number,
  valueBuffer: Uint8Array,
  valueStart: number,
  valueEnd: number,
): void {
  const suffixStart = keyStart + overlap;
  const valueLength = valueEnd - valueStart;
  const at = writer.reserve(layout.sizeOverhead + keyEnd - suffixStart + valueLength);
  const buffer = writer.buffer;
  const valueAt = writeEntryHead(
    buffer,
    at,
    layout,
    overlap,
    keyBuffer,
    suffixStart,
    keyEnd,
    timestamp,
    kind,
    valueLength,
  );
  copyBytes(valueBuffer, valueStart, valueEnd, buffer, valueAt);
}

/** Writes all of an entry but its value at `start` of `buffer`, and answers where the value is to begin. */
export function writeEntryHead(
  buffer: Uint8Array,
  start: number,
  layout: EntryLayout,
  overlap: number,
  keyBuffer: Uint8Array,
  suffixStart: number,
  suffixEnd: number,
  timestamp: number,
  kind: number,
  valueLength: number,
): number {
  writeU16(buffer, start, overlap);
  writeU16(buffer, start + SIZE_OVERLAP, suffixEnd - suffixStart);
  let at = start + ENTRY_SUFFIX_START;
  copyBytes(keyBuffer, suffixStart, suffixEnd, buffer, at);
  at += suffixEnd - suffixStart;
  if (layout.hasKinds) return writeNativeFields(buffer, at, timestamp, kind, valueLength);
  if (layout.sizeTimestamp > 0) writeU64(buffer, at, timestamp);
  at += layout.sizeTimestamp;
  writeU16(buffer, at, valueLength);
  return at + layout.sizeValueLength;
}

function writeNativeFields(
  buffer: Uint8Array,
  start: number,
  timestamp: number,
  kind: number,
  valueLength: number,
): number {
  writeU64(buffer, start, timestamp);
  // The first byte of a timestamp is always 0.
  buffer[start] = kind;
  const at = start + SIZE_TIMESTAMP;
  writeU32(buffer, at, valueLength);
  return at + SIZE_LONG_LENGTH;
}

/** Appends what follows the entries: their first `count` offsets, and the count. */
export function encodeOffsets(writer: ByteWriter, offsets: Uint16Array, count: number): void {
  let at = writer.reserve(count * SIZE_ENTRY_OFFSET + SIZE_ENTRY_COUNT);
  for (let index = 0; index < count; index++) {
    writeU16(writer.buffer, at, offsets[index]!);
    at += SIZE_ENTRY_OFFSET;
  }
  writeU16(writer.buffer, at, count);
}

/** Checks all of a block's structure. `fileOffset` is where it starts in `file`. Throws CorruptionError. */
export function decodeBlock(bytes: Uint8Array, format: DatabaseFormat, file: string, fileOffset: number): Block {
  const fail = (at: number, detail: string): never => {
    throw new CorruptionError(file, fileOffset + at, detail);
  };
  const layout = entryLayout(format);
  const { sizeTimestamp, hasKinds } = layout;
  if (bytes.length < SIZE_ENTRY_COUNT) fail(0, `a block of ${bytes.length} bytes cannot hold its entry count`);
  const countStart = bytes.length - SIZE_ENTRY_COUNT;
  const count = readU16(bytes, countStart);
  if (count === 0) fail(countStart, "the block has no entries");
  const entriesEnd = countStart - count * SIZE_ENTRY_OFFSET;
  if (entriesEnd < 0) fail(countStart, `${count} entry offsets do not fit in a block of ${bytes.length} bytes`);

  const sizeMin = layout.sizeOverhead;
  let firstKeyLength = 0;
  let start = 0;
  for (let index = 0; index < count; index++) {
    const offsetAt = entriesEnd + index * SIZE_ENTRY_OFFSET;
    // Every entry must end where the next one starts, so offsets that pass here are strictly increasing and start at 0.
    if (readU16(bytes, offsetAt) !== start) fail(offsetAt, `entry ${index} starts at ${start}, not at its offset`);
    if (start + sizeMin > entriesEnd) fail(start, `entry ${index} does not fit in the block`);
    const overlap = readU16(bytes, start);
    const suffixLength = readU16(bytes, start + SIZE_OVERLAP);
    if (index === 0) firstKeyLength = suffixLength;
    if (overlap > (index === 0 ? 0 : firstKeyLength)) fail(start, `entry ${index} shares more than the first key has`);
    if (start + sizeMin + suffixLength > entriesEnd) fail(start, `the key of entry ${index} does not fit in the block`);
    const timestampAt = start + ENTRY_SUFFIX_START + suffixLength;
    const valueLengthAt = timestampAt + sizeTimestamp;
    const valueLength = hasKinds ? readU32(bytes, valueLengthAt) : readU16(bytes, valueLengthAt);
    if (sizeTimestamp > 0) {
      const high = readU32(bytes, timestampAt);
      if ((hasKinds ? high & TIMESTAMP_HIGH_MASK : high) > TIMESTAMP_HIGH_MAX) {
        fail(timestampAt, `the timestamp of entry ${index} is larger than 2^53-1`);
      }
    }
    const end = valueLengthAt + layout.sizeValueLength + valueLength;
    if (end > entriesEnd) fail(valueLengthAt, `the value of entry ${index} does not fit in the block`);
    if (hasKinds) {
      const fault = faultOfKind(bytes[timestampAt]!, valueLength, count);
      if (fault !== undefined) fail(timestampAt, `entry ${index} ${fault}`);
    }
    start = end;
  }
  if (start !== entriesEnd) fail(start, "the last entry does not end where the entry offsets begin");
  return new Block(bytes, count, layout);
}

/** What is wrong with an entry that has its kind beside a value of so many bytes, in a block of `count` entries. */
function faultOfKind(kind: number, valueLength: number, count: number): string | undefined {
  if (kind !== ENTRY_KIND.put && kind !== ENTRY_KIND.delete) return `has the unknown kind ${kind}`;
  if (kind === ENTRY_KIND.delete && valueLength > 0) return "is a delete with a value";
  if (valueLength <= VALUE_LENGTH_MAX) return undefined;
  if (count > 1) return "has a large value and does not stand alone";
  return valueLength > NATIVE_VALUE_LENGTH_MAX ? "has a value that is too large" : undefined;
}
