import { entryHasKey, repeatsKey } from "../block/block-search.ts";
import { RunIterator } from "./run-iterator.ts";
import type { SSTable } from "./sstable.ts";

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

  constructor(tables: readonly SSTable[], readTimestamp: number) {
    super(tables);
    this.readTimestamp = readTimestamp;
  }

  override seekToFirst(): void {
    super.seekToFirst();
    this.skipUnseen();
  }

  override seek(key: Uint8Array, keyStart: number, keyEnd: number, timestamp: number): void {
    super.seek(key, keyStart, keyEnd, this.readTimestamp);
    const isBefore =
      this.valid && this.timestamp > timestamp && entryHasKey(this.block, this.index, key, keyStart, keyEnd);
    if (isBefore) this.next();
    else this.skipUnseen();
  }

  override next(): void {
    const isLeft = this.leaveKeyInBlock();
    if (!isLeft) this.leaveKeyBehindBlock();
    if (this.timestamp > this.readTimestamp) this.skipUnseen();
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
  }

  /** To the first entry that is not too new: of its key the newest that is seen, since no older one was passed. */
  private skipUnseen(): void {
    while (this.valid && this.timestamp > this.readTimestamp) super.next();
  }
}
