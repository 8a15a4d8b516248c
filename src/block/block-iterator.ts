import { readU16 } from "../codec/byte-reader.ts";
import { copyBytes } from "../codec/bytes.ts";
import { assert } from "../errors.ts";
import type { BidirectionalIterator } from "../iterator/storage-iterator.ts";
import { ENTRY_KIND } from "../key.ts";
import { type Block, entryKind, entryTimestamp, entryValueLength } from "./block.ts";
import { lowerBoundInBlock } from "./block-search.ts";
import { ENTRY_SUFFIX_START, SIZE_OVERLAP } from "./entry-layout.ts";

const SCRATCH_SIZE_BYTES = 64;

/**
 * A cursor over the entries of one block. A key that shares nothing with the block's first key is lent from the block,
 * any other is put together in a scratch buffer of the cursor.
 */
export class BlockIterator implements BidirectionalIterator {
  valid = false;
  keyBuffer: Uint8Array;
  keyStart = 0;
  keyEnd = 0;
  timestamp = 0;
  kind: number = ENTRY_KIND.put;
  valueBuffer: Uint8Array;
  valueStart = 0;
  valueEnd = 0;
  readonly activeIterators = 1;
  protected block: Block;
  /** Index of the entry the cursor stands on, while valid. */
  protected index = 0;
  private scratch: Uint8Array = new Uint8Array(SCRATCH_SIZE_BYTES);
  /** How many leading bytes of `scratch` equal the block's first key. */
  private scratchShared = 0;

  constructor(block: Block) {
    this.block = block;
    this.keyBuffer = block.bytes;
    this.valueBuffer = block.bytes;
  }

  seekToFirst(): void {
    this.standOn(0);
  }

  seek(key: Uint8Array, keyStart: number, keyEnd: number, timestamp: number): void {
    this.standOn(lowerBoundInBlock(this.block, key, keyStart, keyEnd, timestamp));
  }

  seekToLast(): void {
    this.standOn(this.block.count - 1);
  }

  seekBackward(key: Uint8Array, keyStart: number, keyEnd: number, timestamp: number): void {
    this.standOn(lowerBoundInBlock(this.block, key, keyStart, keyEnd, timestamp) - 1);
  }

  next(): void {
    assert(this.valid, "a cursor that moves is valid");
    if (++this.index < this.block.count) this.readEntry(this.valueEnd);
    else this.valid = false;
  }

  previous(): void {
    assert(this.valid, "a cursor that moves is valid");
    if (--this.index >= 0) this.readEntry(this.block.entryStart(this.index));
    else this.valid = false;
  }

  /** Goes to another block without standing on an entry of it. */
  protected enter(block: Block): void {
    this.block = block;
    this.valueBuffer = block.bytes;
    this.scratchShared = 0;
  }

  /** Goes to an entry of the block; before the first one and behind the last the cursor is invalid. */
  protected standOn(index: number): void {
    this.index = index;
    this.valid = index >= 0 && index < this.block.count;
    if (this.valid) this.readEntry(this.block.entryStart(index));
  }

  /** Fills the fields from the entry at `start`. Entries touch, so the one after starts at `valueEnd`. */
  protected readEntry(start: number): void {
    const block = this.block;
    const bytes = block.bytes;
    const overlap = readU16(bytes, start);
    const suffixStart = start + ENTRY_SUFFIX_START;
    const suffixEnd = suffixStart + readU16(bytes, start + SIZE_OVERLAP);
    if (overlap === 0) {
      this.keyBuffer = bytes;
      this.keyStart = suffixStart;
      this.keyEnd = suffixEnd;
    } else {
      this.joinKey(overlap, suffixStart, suffixEnd);
    }
    const valueLengthAt = suffixEnd + block.sizeTimestamp;
    this.timestamp = entryTimestamp(block, valueLengthAt);
    const valueLength = entryValueLength(block, valueLengthAt);
    this.kind = entryKind(block, valueLengthAt, valueLength);
    this.valueStart = valueLengthAt + block.sizeValueLength;
    this.valueEnd = this.valueStart + valueLength;
  }

  /** Puts a key together. The overlap shrinks going forward and grows going backward: what is shared is copied about once. */
  private joinKey(overlap: number, suffixStart: number, suffixEnd: number): void {
    const bytes = this.block.bytes;
    const length = overlap + suffixEnd - suffixStart;
    if (length > this.scratch.length) this.growScratch(length);
    const scratch = this.scratch;
    if (overlap > this.scratchShared) {
      const from = this.scratchShared;
      copyBytes(bytes, ENTRY_SUFFIX_START + from, ENTRY_SUFFIX_START + overlap, scratch, from);
    }
    this.scratchShared = overlap;
    copyBytes(bytes, suffixStart, suffixEnd, scratch, overlap);
    this.keyBuffer = scratch;
    this.keyStart = 0;
    this.keyEnd = length;
  }

  private growScratch(length: number): void {
    this.scratch = new Uint8Array(Math.max(length, this.scratch.length * 2));
    this.scratchShared = 0;
  }
}
