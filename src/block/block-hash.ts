import { readU16 } from "../codec/byte-reader.ts";
import { copyBytes } from "../codec/bytes.ts";
import { fingerprint32 } from "../codec/fingerprint32.ts";
import { type Block, entryTimestamp } from "./block.ts";
import { keyIsAt, lowerBoundInBlock, repeatsKey } from "./block-search.ts";
import { ENTRY_SUFFIX_START, SIZE_OVERLAP } from "./entry-layout.ts";

/** Marks a slot that is free. No entry of a block that is hashed starts there. */
const FREE = 0xffff;
const SCRATCH_FIRST_BYTES = 256;

/** Where keys are put together to be hashed. */
let scratch: Uint8Array = new Uint8Array(SCRATCH_FIRST_BYTES);

/**
 * Where the first entry at or after (key, timestamp) in internal order starts, if it has this user key; -1 when it has
 * another one, or when there is none. `hash` is the key's fingerprint32.
 *
 * In a block that was hashed the key is found by its hash: one or two slots are looked at, and of the block the entry
 * alone. A reader who may not see the newest version of the key is left to the binary search.
 */
export function findEntry(
  block: Block,
  hash: number,
  key: Uint8Array,
  keyStart: number,
  keyEnd: number,
  timestamp: number,
): number {
  const starts = block.starts;
  if (starts !== undefined) {
    const start = probe(block, starts, hash, key, keyStart, keyEnd);
    if (start < 0 || entryTimestamp(block, valueLengthAt(block, start)) <= timestamp) return start;
  }
  const index = lowerBoundInBlock(block, key, keyStart, keyEnd, timestamp);
  if (index === block.count) return -1;
  const start = block.entryStart(index);
  return keyIsAt(block, start, key, keyStart, keyEnd) ? start : -1;
}

/** Hashes a block: of each user key where its first entry starts, by open addressing. Does nothing to one that is too large. */
export function addStarts(block: Block): void {
  if (block.entriesEnd > FREE) return;
  const starts = new Uint16Array(block.slotCount).fill(FREE);
  let earlier = 0;
  for (let index = 0; index < block.count; index++) {
    const start = block.entryStart(index);
    // Of several versions the newest comes first.
    if (index === 0 || !repeatsKey(block, earlier, start)) insert(block, starts, start);
    earlier = start;
  }
  block.starts = starts;
}

function insert(block: Block, starts: Uint16Array, start: number): void {
  const mask = starts.length - 1;
  let slot = hashAt(block, start) & mask;
  while (starts[slot] !== FREE) slot = (slot + 1) & mask;
  starts[slot] = start;
}

function probe(
  block: Block,
  starts: Uint16Array,
  hash: number,
  key: Uint8Array,
  keyStart: number,
  keyEnd: number,
): number {
  const mask = starts.length - 1;
  let slot = hash & mask;
  // Ends, because there are more slots than keys.
  for (;;) {
    const start = starts[slot]!;
    if (start === FREE) return -1;
    if (keyIsAt(block, start, key, keyStart, keyEnd)) return start;
    slot = (slot + 1) & mask;
  }
}

function hashAt(block: Block, start: number): number {
  const bytes = block.bytes;
  const overlap = readU16(bytes, start);
  const suffixStart = start + ENTRY_SUFFIX_START;
  const suffixEnd = suffixStart + readU16(bytes, start + SIZE_OVERLAP);
  const length = overlap + suffixEnd - suffixStart;
  if (length > scratch.length) scratch = new Uint8Array(length);
  copyBytes(bytes, ENTRY_SUFFIX_START, ENTRY_SUFFIX_START + overlap, scratch, 0);
  copyBytes(bytes, suffixStart, suffixEnd, scratch, overlap);
  return fingerprint32(scratch, 0, length);
}

function valueLengthAt(block: Block, start: number): number {
  return start + ENTRY_SUFFIX_START + readU16(block.bytes, start + SIZE_OVERLAP) + block.sizeTimestamp;
}
