import { readU16, readU32 } from "../codec/byte-reader.ts";
import { commonPrefixLength, compareBytes } from "../codec/bytes.ts";
import { type Block, entryTimestamp } from "./block.ts";
import { ENTRY_SUFFIX_START, SIZE_OVERLAP } from "./entry-layout.ts";

const HEAD_SIZE = 4;

/**
 * Index of the first entry at or after (key, timestamp) in internal order; `block.count` when there is none. Entries of
 * blocks without timestamps have timestamp 0.
 *
 * No key is put together: the target is compared once with the block's first key, and from then on what an entry shares
 * with the first key is already known, so only suffixes are read. With heads most steps read not even those, which
 * saves a cache miss each (measured over 22 MB of blocks: a get takes 690 ns instead of 840).
 */
export function lowerBoundInBlock(
  block: Block,
  key: Uint8Array,
  keyStart: number,
  keyEnd: number,
  timestamp: number,
): number {
  const bytes = block.bytes;
  const firstKeyEnd = block.firstKeyEnd;
  const shared = commonPrefixLength(key, keyStart, keyEnd, bytes, ENTRY_SUFFIX_START, firstKeyEnd);
  const differsAt = keyStart + shared;
  if (ENTRY_SUFFIX_START + shared < firstKeyEnd) {
    const isBeforeFirst = differsAt === keyEnd || key[differsAt]! < bytes[ENTRY_SUFFIX_START + shared]!;
    if (isBeforeFirst) return 0;
  }
  const heads = block.heads;
  // Behind the first key, at a byte that all keys share: behind all of them.
  if (heads !== undefined && shared < block.headStart) return block.count;
  const keyHead = heads === undefined ? 0 : headOf(key, keyStart + block.headStart, keyEnd);
  let low = 0;
  let high = block.count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const middleHead = heads === undefined ? keyHead : heads[middle]!;
    const isBefore =
      middleHead === keyHead
        ? compareEntry(block, middle, key, keyStart, keyEnd, timestamp, shared) < 0
        : middleHead < keyHead;
    if (isBefore) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Order of an entry and a target that is not before the first key and shares `shared` bytes with it. */
function compareEntry(
  block: Block,
  index: number,
  key: Uint8Array,
  keyStart: number,
  keyEnd: number,
  timestamp: number,
  shared: number,
): number {
  const bytes = block.bytes;
  const start = block.entryStart(index);
  const overlap = readU16(bytes, start);
  // An entry that agrees with the first key beyond `shared` lies before the target, as the first key does.
  if (overlap > shared) return -1;
  const suffixStart = start + ENTRY_SUFFIX_START;
  const suffixEnd = suffixStart + readU16(bytes, start + SIZE_OVERLAP);
  const order = compareBytes(bytes, suffixStart, suffixEnd, key, keyStart + overlap, keyEnd);
  if (order !== 0) return order;
  return timestamp - entryTimestamp(block, suffixEnd + block.sizeTimestamp);
}

/** Whether entry `index`, which must exist, has exactly this user key. */
export function entryHasKey(block: Block, index: number, key: Uint8Array, keyStart: number, keyEnd: number): boolean {
  return keyIsAt(block, block.entryStart(index), key, keyStart, keyEnd);
}

/** Whether the entry at `start` has exactly this user key. */
export function keyIsAt(block: Block, start: number, key: Uint8Array, keyStart: number, keyEnd: number): boolean {
  const bytes = block.bytes;
  const overlap = readU16(bytes, start);
  const suffixStart = start + ENTRY_SUFFIX_START;
  const suffixEnd = suffixStart + readU16(bytes, start + SIZE_OVERLAP);
  if (overlap + suffixEnd - suffixStart !== keyEnd - keyStart) return false;
  const suffixFrom = keyStart + overlap;
  // The suffix first: it is where the keys of a block differ.
  return (
    compareBytes(bytes, suffixStart, suffixEnd, key, suffixFrom, keyEnd) === 0 &&
    compareBytes(bytes, ENTRY_SUFFIX_START, ENTRY_SUFFIX_START + overlap, key, keyStart, suffixFrom) === 0
  );
}

/**
 * Whether the entry at `start` has the user key of an earlier one, which starts at `earlier`. Entries share as much as
 * they can with the block's first key, so equal keys have equal overlaps, and no key need be put together.
 */
export function repeatsKey(block: Block, earlier: number, start: number): boolean {
  const bytes = block.bytes;
  const overlap = readU16(bytes, start);
  const suffixLength = readU16(bytes, start + SIZE_OVERLAP);
  if (earlier === 0) return suffixLength === 0 && overlap === readU16(bytes, SIZE_OVERLAP);
  if (suffixLength !== readU16(bytes, earlier + SIZE_OVERLAP) || overlap !== readU16(bytes, earlier)) return false;
  const suffixStart = start + ENTRY_SUFFIX_START;
  const shift = earlier - start;
  // From the end: it is where neighbours differ.
  for (let at = suffixStart + suffixLength - 1; at >= suffixStart; at--) {
    if (bytes[at] !== bytes[at + shift]) return false;
  }
  return true;
}

/** Gives a block its heads: of each key the four bytes behind what all keys of the block share, as one number. */
export function addHeads(block: Block): void {
  const bytes = block.bytes;
  let headStart = block.firstKeyEnd - ENTRY_SUFFIX_START;
  for (let index = 1; index < block.count; index++) {
    headStart = Math.min(headStart, readU16(bytes, block.entryStart(index)));
  }
  const heads = new Uint32Array(block.count);
  for (let index = 0; index < block.count; index++) heads[index] = headOfEntry(block, index, headStart);
  block.heads = heads;
  block.headStart = headStart;
}

/** The four bytes of an entry's key from `headStart` as one number, zeros behind the end. */
function headOfEntry(block: Block, index: number, headStart: number): number {
  const bytes = block.bytes;
  const start = block.entryStart(index);
  const overlap = readU16(bytes, start);
  const suffixStart = start + ENTRY_SUFFIX_START;
  const suffixEnd = suffixStart + readU16(bytes, start + SIZE_OVERLAP);
  let value = 0;
  for (let position = headStart; position < headStart + HEAD_SIZE; position++) {
    const at = position < overlap ? ENTRY_SUFFIX_START + position : suffixStart + position - overlap;
    value = (value << 8) | (at < suffixEnd ? bytes[at]! : 0);
  }
  return value >>> 0;
}

/** The four bytes from `start` as one number, zeros behind the end. */
function headOf(bytes: Uint8Array, start: number, end: number): number {
  if (start + HEAD_SIZE <= end) return readU32(bytes, start);
  let value = 0;
  for (let at = start; at < start + HEAD_SIZE; at++) value = (value << 8) | (at < end ? bytes[at]! : 0);
  return value >>> 0;
}
