import { readU16, readU32, readU64 } from "../codec/byte-reader.ts";
import { type ByteWriter, writeU16, writeU64 } from "../codec/byte-writer.ts";
import { copyBytes } from "../codec/bytes.ts";
import { CorruptionError } from "../errors.ts";
import type { DatabaseFormat } from "../options.ts";

/**
 * Data block: entries in internal key order, searched in place through a table of their offsets.
 *
 *   block = entry[0] … entry[n-1] | offset[0] u16 … offset[n-1] u16 | n u16
 *   entry = overlap u16 | suffix_len u16 | suffix | timestamp u64 (mvcc only) | value_len u16 | value
 *
 * Integers are big-endian; an offset counts bytes from the start of the block. A key is the first `overlap` bytes of the
 * block's first key and then the suffix; the first entry has overlap 0. An empty value is a delete. Entries touch each
 * other and the offset table. The checksum behind a block belongs to the sstable.
 */
export const SIZE_OVERLAP = 2;
export const SIZE_SUFFIX_LENGTH = 2;
export const SIZE_VALUE_LENGTH = 2;
export const SIZE_ENTRY_OFFSET = 2;
export const SIZE_ENTRY_COUNT = 2;

/** Where an entry's key suffix starts, counted from the entry. */
export const ENTRY_SUFFIX_START: number = SIZE_OVERLAP + SIZE_SUFFIX_LENGTH;

/** Bytes of an entry besides its suffix, timestamp and value. */
export const ENTRY_OVERHEAD: number = ENTRY_SUFFIX_START + SIZE_VALUE_LENGTH;

/** Offsets and counts are 16 bits wide. */
export const ENTRIES_MAX = 0xffff;
export const ENTRY_OFFSET_MAX = 0xffff;

const SIZE_TIMESTAMP = 8;
/** The upper half of 2^53-1. */
const TIMESTAMP_HIGH_MAX = 0x1fffff;

/** Bytes of a timestamp in files of a format. */
export function timestampSize(format: DatabaseFormat): number {
  return format === "mvcc" ? SIZE_TIMESTAMP : 0;
}

/** Appends one entry whose key shares its first `overlap` bytes with the block's first key. Lengths fit their fields. */
export function encodeEntry(
  writer: ByteWriter,
  sizeTimestamp: number,
  overlap: number,
  keyBuffer: Uint8Array,
  keyStart: number,
  keyEnd: number,
  timestamp: number,
  valueBuffer: Uint8Array,
  valueStart: number,
  valueEnd: number,
): void {
  const suffixStart = keyStart + overlap;
  const suffixLength = keyEnd - suffixStart;
  const valueLength = valueEnd - valueStart;
  let at = writer.reserve(ENTRY_OVERHEAD + suffixLength + sizeTimestamp + valueLength);
  const buffer = writer.buffer;
  writeU16(buffer, at, overlap);
  writeU16(buffer, at + SIZE_OVERLAP, suffixLength);
  at += ENTRY_SUFFIX_START;
  copyBytes(keyBuffer, suffixStart, keyEnd, buffer, at);
  at += suffixLength;
  if (sizeTimestamp > 0) writeU64(buffer, at, timestamp);
  at += sizeTimestamp;
  writeU16(buffer, at, valueLength);
  copyBytes(valueBuffer, valueStart, valueEnd, buffer, at + SIZE_VALUE_LENGTH);
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

/**
 * A block's bytes, known to be well formed: whoever reads an entry below `count` checks nothing more.
 *
 * Bytes handed to the constructor must have passed `decodeBlock`.
 */
export class Block {
  readonly bytes: Uint8Array;
  readonly count: number;
  /** Where the entries end and their offsets begin. */
  readonly entriesEnd: number;
  readonly firstKeyEnd: number;
  /** 8 where entries carry timestamps, else 0. */
  readonly sizeTimestamp: number;
  /** Of each key the first bytes in which keys of the block differ, where `addHeads` was called (`block-search.ts`). */
  heads: Uint32Array | undefined = undefined;
  /** How many bytes all keys share, where there are heads. */
  headStart = 0;

  constructor(bytes: Uint8Array, count: number, sizeTimestamp: number) {
    this.bytes = bytes;
    this.count = count;
    this.sizeTimestamp = sizeTimestamp;
    this.entriesEnd = bytes.length - SIZE_ENTRY_COUNT - count * SIZE_ENTRY_OFFSET;
    this.firstKeyEnd = ENTRY_SUFFIX_START + (count > 0 ? readU16(bytes, SIZE_OVERLAP) : 0);
  }

  /** Memory the block takes with its heads, whether or not it has them yet. */
  get memorySizeBytes(): number {
    return this.bytes.length + this.count * Uint32Array.BYTES_PER_ELEMENT;
  }

  /** Where entry `index` starts in `bytes`. */
  entryStart(index: number): number {
    return readU16(this.bytes, this.entriesEnd + index * SIZE_ENTRY_OFFSET);
  }
}

/** Stands for "in no block". */
export const EMPTY_BLOCK: Block = new Block(new Uint8Array(SIZE_ENTRY_COUNT), 0, 0);

/** Checks all of a block's structure. `fileOffset` is where it starts in `file`. Throws CorruptionError. */
export function decodeBlock(bytes: Uint8Array, format: DatabaseFormat, file: string, fileOffset: number): Block {
  const fail = (at: number, detail: string): never => {
    throw new CorruptionError(file, fileOffset + at, detail);
  };
  const sizeTimestamp = timestampSize(format);
  if (bytes.length < SIZE_ENTRY_COUNT) fail(0, `a block of ${bytes.length} bytes cannot hold its entry count`);
  const countStart = bytes.length - SIZE_ENTRY_COUNT;
  const count = readU16(bytes, countStart);
  if (count === 0) fail(countStart, "the block has no entries");
  const entriesEnd = countStart - count * SIZE_ENTRY_OFFSET;
  if (entriesEnd < 0) fail(countStart, `${count} entry offsets do not fit in a block of ${bytes.length} bytes`);

  const sizeMin = ENTRY_OVERHEAD + sizeTimestamp;
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
    const valueLengthAt = start + ENTRY_SUFFIX_START + suffixLength + sizeTimestamp;
    if (sizeTimestamp > 0 && readU32(bytes, valueLengthAt - sizeTimestamp) > TIMESTAMP_HIGH_MAX) {
      fail(valueLengthAt - sizeTimestamp, `the timestamp of entry ${index} is larger than 2^53-1`);
    }
    const end = valueLengthAt + SIZE_VALUE_LENGTH + readU16(bytes, valueLengthAt);
    if (end > entriesEnd) fail(valueLengthAt, `the value of entry ${index} does not fit in the block`);
    start = end;
  }
  if (start !== entriesEnd) fail(start, "the last entry does not end where the entry offsets begin");
  return new Block(bytes, count, sizeTimestamp);
}

/** The timestamp that ends where the value length at `valueLengthAt` begins; 0 without timestamps. */
export function entryTimestamp(block: Block, valueLengthAt: number): number {
  return block.sizeTimestamp === 0 ? 0 : readU64(block.bytes, valueLengthAt - block.sizeTimestamp);
}
