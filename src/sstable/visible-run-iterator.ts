import { type Block, entryTimestamp } from "../block/block.ts";
import { entryHasKey, repeatsKey } from "../block/block-search.ts";
import { ENTRY_SUFFIX_START, SIZE_OVERLAP } from "../block/entry-layout.ts";
import { readU16 } from "../codec/byte-reader.ts";
import { BEHIND_VERSIONS } from "../iterator/storage-iterator.ts";
import { RunIterator } from "./run-iterator.ts";
import type { SSTable } from "./sstable.ts";
import type { TableAccess } from "./sstable-iterator.ts";

/**
 * A cursor over what a reader at one timestamp sees of a sorted run of versioned tables: of each key its newest version
 * at or before that timestamp, deletes too.
 *
 * Whether an entry belongs to the key that is shown is read from the block, so keys are not copied, and older versions
 * are passed without being read (measured: 5 ns per entry more than a cursor over all versions where keys have one
 * version, and 11 ns less where they have four).
 */
export class VisibleRunIterator extends RunIterator {
  private readonly readTimestamp: number;
  /** Where the entry it stands on starts in the block. */
  private entryStart = 0;

  constructor(tables: readonly SSTable[], readTimestamp: number, access?: TableAccess) {
    super(tables, access);
    this.readTimestamp = readTimestamp;
  }

  override seekToFirst(): void {
    super.seekToFirst();
    this.skipUnseen();
  }

  override seek(key: Uint8Array, keyStart: number, keyEnd: number, timestamp: number): void {
    if (timestamp === BEHIND_VERSIONS) {
      super.seek(key, keyStart, keyEnd, BEHIND_VERSIONS);
      this.skipUnseen();
      return;
    }
    super.seek(key, keyStart, keyEnd, this.readTimestamp);
    const isBefore =
      this.valid && this.timestamp > timestamp && entryHasKey(this.block, this.index, key, keyStart, keyEnd);
    if (isBefore) this.next();
    else this.skipUnseen();
  }

  override seekToLast(): void {
    super.seekToLast();
    this.findSeen();
  }

  override seekBackward(key: Uint8Array, keyStart: number, keyEnd: number, timestamp: number): void {
    super.seekBackward(key, keyStart, keyEnd, timestamp);
    this.findSeen();
  }

  override next(): void {
    const isLeft = this.leaveKeyInBlock();
    if (!isLeft) this.leaveKeyBehindBlock();
    if (this.timestamp > this.readTimestamp) this.skipUnseen();
  }

  override previous(): void {
    super.previous();
    this.findSeen();
  }

  protected override readEntry(start: number): void {
    this.entryStart = start;
    super.readEntry(start);
  }

  /** Goes to the next key of the block; false when there is none. Older versions of the key are passed without being read. */
  private leaveKeyInBlock(): boolean {
    const block = this.block;
    const count = block.count;
    const keyStart = this.entryStart;
    let start = this.valueEnd;
    let index = this.index + 1;
    while (index < count && repeatsKey(block, keyStart, start)) start = block.entryStart(++index);
    this.index = index;
    if (index === count) return false;
    this.readEntry(start);
    return true;
  }

  /** Goes on into the next block, and through it when it begins with the key that the last one ended with. */
  private leaveKeyBehindBlock(): void {
    let repeats = true;
    while (repeats) {
      const block = this.block;
      super.next();
      repeats =
        this.valid &&
        entryHasKey(block, block.count - 1, this.keyBuffer, this.keyStart, this.keyEnd) &&
        !this.leaveKeyInBlock();
    }
    this.resumeBehindKey();
  }

  /** Backward, to the newest version that is seen of the first key that has one. Met first are a key's oldest versions. */
  private findSeen(): void {
    while (this.valid && this.timestamp > this.readTimestamp) super.previous();
    if (!this.valid) return;
    this.findNewestInBlock();
    if (this.index === 0) this.seekNewerInTable(this.readTimestamp);
  }

  /** To the newest version in the block that is seen of the key. Those between are not read. */
  private findNewestInBlock(): void {
    const block = this.block;
    let index = this.index;
    let start = this.entryStart;
    while (index > 0) {
      const newer = block.entryStart(index - 1);
      if (!repeatsKey(block, newer, start) || timestampAt(block, newer) > this.readTimestamp) break;
      start = newer;
      index--;
    }
    if (index === this.index) return;
    this.index = index;
    this.readEntry(start);
  }

  /** To the first entry that is not too new: of its key the newest that is seen, since no older one was passed. */
  private skipUnseen(): void {
    while (this.valid && this.timestamp > this.readTimestamp) super.next();
  }
}

/** Timestamp of the entry that starts at `start`. */
function timestampAt(block: Block, start: number): number {
  const suffixEnd = start + ENTRY_SUFFIX_START + readU16(block.bytes, start + SIZE_OVERLAP);
  return entryTimestamp(block, suffixEnd + block.sizeTimestamp);
}
