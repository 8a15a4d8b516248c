import { readU16 } from "../codec/byte-reader.ts";
import { commonPrefixLength, compareBytes } from "../codec/bytes.ts";
import { type Block, ENTRY_SUFFIX_START, entryTimestamp, SIZE_OVERLAP } from "./block.ts";

/**
 * Index of the first entry at or after (key, timestamp) in internal order; `block.count` when there is none. Blocks
 * without timestamps are searched by key alone.
 *
 * No key is put together: the target is compared once with the block's first key, and from then on what an entry shares
 * with the first key is already known, so only suffixes are read.
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
  let low = 0;
  let high = block.count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const start = block.entryStart(middle);
    const overlap = readU16(bytes, start);
    // An entry that agrees with the first key beyond `shared` lies before the target, as the first key does.
    let order = -1;
    if (overlap <= shared) {
      const suffixStart = start + ENTRY_SUFFIX_START;
      const suffixEnd = suffixStart + readU16(bytes, start + SIZE_OVERLAP);
      order = compareBytes(bytes, suffixStart, suffixEnd, key, keyStart + overlap, keyEnd);
      if (order === 0 && block.sizeTimestamp > 0) {
        order = timestamp - entryTimestamp(block, suffixEnd + block.sizeTimestamp);
      }
    }
    if (order < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Whether entry `index`, which must exist, has exactly this user key. */
export function entryHasKey(block: Block, index: number, key: Uint8Array, keyStart: number, keyEnd: number): boolean {
  const bytes = block.bytes;
  const start = block.entryStart(index);
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
