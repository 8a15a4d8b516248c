import { type Block, EMPTY_BLOCK } from "../block/block.ts";
import { BlockIterator } from "../block/block-iterator.ts";
import { lowerBoundInBlock } from "../block/block-search.ts";
import { assert } from "../errors.ts";
import type { Direction } from "../iterator/merge-order.ts";
import { BEHIND_VERSIONS } from "../iterator/storage-iterator.ts";
import { TIMESTAMP_MAX } from "../key.ts";
import { type BlockSource, ReadAhead } from "./read-ahead.ts";
import type { SSTable } from "./sstable.ts";
import type { TableContent } from "./table-content.ts";
import type { TableFeed } from "./table-feed.ts";

/**
 * `cached`: blocks come through the block cache. `once`: they are read ahead, forward, and not kept, for tables about to
 * be replaced. A feed: from there, and the cursor may have to wait.
 */
export type TableAccess = "cached" | "once" | TableFeed;

/** A place as seeks name it, forward or backward. */
type Place = { readonly key: Uint8Array; readonly timestamp: number; readonly direction: Direction };

/**
 * A cursor over a table: a block cursor that goes on into the next block, so that no field is copied per entry. The table's
 * content is loaded when the cursor is placed, and held while it stands there; blocks are loaded when it enters them. A
 * table may have no blocks, only range deletes.
 */
export class SSTableIterator extends BlockIterator {
  private table: SSTable | undefined = undefined;
  /** Of the table; undefined until the cursor was placed in it. */
  private content: TableContent | undefined = undefined;
  private source: BlockSource | undefined = undefined;
  private blockIndex = 0;
  private readonly access: TableAccess;
  /** From which to go on when the feed has got what is missing. */
  protected resumePlace: Place | undefined = undefined;

  constructor(table: SSTable | undefined, access: TableAccess = "cached") {
    super(EMPTY_BLOCK);
    this.access = access;
    if (table !== undefined) this.setTable(table);
  }

  /** Whether the cursor stands nowhere because its feed lacks something. */
  get isWaiting(): boolean {
    return this.resumePlace !== undefined;
  }

  /** Goes to where it would stand if it had not had to wait; it may have to wait again, further on. Does nothing unless it waits. */
  resume(): void {
    if (this.resumePlace === undefined) return;
    const { key, timestamp, direction } = this.resumePlace;
    this.resumePlace = undefined;
    if (direction === "ascending") this.seek(key, 0, key.length, timestamp);
    else this.seekBackward(key, 0, key.length, timestamp);
  }

  override seekToFirst(): void {
    if (this.table === undefined) return;
    const content = this.openContent(this.table);
    if (content === undefined) this.waitAt(this.table.firstKey, TIMESTAMP_MAX, "ascending");
    else if (content.blockCount > 0) this.enterBlock(0);
    else this.leaveTable();
  }

  override seek(key: Uint8Array, keyStart: number, keyEnd: number, timestamp: number): void {
    if (this.table === undefined) return;
    const content = this.openContent(this.table);
    if (content === undefined) {
      this.waitAt(key.slice(keyStart, keyEnd), timestamp, "ascending");
      return;
    }
    const blockIndex = content.blockCount === 0 ? 0 : content.blockFrom(key, keyStart, keyEnd, timestamp);
    if (blockIndex === content.blockCount) this.leaveTable();
    else this.seekFromBlock(blockIndex, key, keyStart, keyEnd, timestamp);
  }

  override seekToLast(): void {
    if (this.table === undefined) return;
    const content = this.openContent(this.table);
    if (content === undefined) this.waitAt(this.table.lastKey, BEHIND_VERSIONS, "descending");
    else if (content.blockCount > 0) this.enterBlockAtEnd(content.blockCount - 1);
    else this.leaveTableBackward();
  }

  override seekBackward(key: Uint8Array, keyStart: number, keyEnd: number, timestamp: number): void {
    if (this.table === undefined) return;
    const content = this.openContent(this.table);
    if (content?.blockCount === 0) {
      this.leaveTableBackward();
      return;
    }
    const isLoaded = content !== undefined && this.loadBlock(content.search.blockOf(key, keyStart, keyEnd, timestamp));
    if (!isLoaded) {
      this.waitAt(key.slice(keyStart, keyEnd), timestamp, "descending");
      return;
    }
    this.standOn(lowerBoundInBlock(this.block, key, keyStart, keyEnd, timestamp) - 1);
    if (!this.valid) this.leaveBlockBackward();
  }

  override next(): void {
    assert(this.valid, "a cursor that moves is valid");
    if (++this.index < this.block.count) this.readEntry(this.valueEnd);
    else this.leaveBlock();
  }

  override previous(): void {
    assert(this.valid, "a cursor that moves is valid");
    if (--this.index >= 0) this.readEntry(this.block.entryStart(this.index));
    else this.leaveBlockBackward();
  }

  /**
   * Where blocks before this one hold newer versions of the user key that the cursor stands on, down to the timestamp of a
   * reader: goes to the newest that this reader sees.
   */
  protected seekNewerInTable(timestamp: number): void {
    const { content, keyBuffer, keyStart, keyEnd } = this;
    const before = this.blockIndex - 1;
    if (content === undefined || before < 0 || !content.search.endsWithKey(before, keyBuffer, keyStart, keyEnd)) return;
    const blockIndex = content.blockFrom(keyBuffer, keyStart, keyEnd, timestamp);
    if (blockIndex <= before) this.seekFromBlock(blockIndex, keyBuffer, keyStart, keyEnd, timestamp);
  }

  /** Called behind the last entry of the table. */
  protected leaveTable(): void {
    this.valid = false;
  }

  /** Called before the first entry of the table. */
  protected leaveTableBackward(): void {
    this.valid = false;
  }

  /** Goes to another table without standing on an entry of it. */
  protected setTable(table: SSTable): void {
    if (table === this.table) return;
    this.valid = false;
    this.table = table;
    this.content = undefined;
    this.source = undefined;
  }

  /** While the next block of the table is waited for: to go on behind all versions of the key that the one before ends with. */
  protected resumeBehindKey(): void {
    if (!this.isWaiting || this.content === undefined || this.blockIndex === 0) return;
    this.waitAt(this.content.search.lastKey(this.blockIndex - 1), BEHIND_VERSIONS, "ascending");
  }

  /** Where the feed has got all that is wanted of the run, there is nothing to wait for. */
  private waitAt(key: Uint8Array, timestamp: number, direction: Direction): void {
    const isWaiting = typeof this.access === "object" && this.access.isWaiting;
    this.resumePlace = isWaiting ? { key, timestamp, direction } : undefined;
  }

  /** undefined where the feed has none, or not yet. */
  private openContent(table: SSTable): TableContent | undefined {
    if (this.content !== undefined) return this.content;
    // Invalid before the load, as with blocks.
    this.valid = false;
    if (typeof this.access === "object") {
      this.content = this.access.content(table);
      return this.content;
    }
    const content = table.content;
    this.content = content;
    this.source = this.access === "cached" ? content : new ReadAhead(content);
    return content;
  }

  /** To the first entry at or after the place, which lies in this block or is the first of the next. */
  private seekFromBlock(
    blockIndex: number,
    key: Uint8Array,
    keyStart: number,
    keyEnd: number,
    timestamp: number,
  ): void {
    if (!this.loadBlock(blockIndex)) {
      this.waitAt(key.slice(keyStart, keyEnd), timestamp, "ascending");
      return;
    }
    if (this.access === "cached") this.content?.expectSeeks(blockIndex, this.block);
    this.standOn(lowerBoundInBlock(this.block, key, keyStart, keyEnd, timestamp));
    if (!this.valid) this.leaveBlock();
  }

  private leaveBlock(): void {
    const next = this.blockIndex + 1;
    if (this.content !== undefined && next < this.content.blockCount) this.enterBlock(next);
    else this.leaveTable();
  }

  private leaveBlockBackward(): void {
    if (this.blockIndex > 0) this.enterBlockAtEnd(this.blockIndex - 1);
    else this.leaveTableBackward();
  }

  private enterBlock(blockIndex: number): void {
    if (this.loadBlock(blockIndex)) this.standOn(0);
    else if (this.content !== undefined) {
      this.waitAt(this.content.search.firstKey(blockIndex), TIMESTAMP_MAX, "ascending");
    }
  }

  private enterBlockAtEnd(blockIndex: number): void {
    if (this.loadBlock(blockIndex)) this.standOn(this.block.count - 1);
    else if (this.content !== undefined) {
      const { search, blockCount } = this.content;
      const next = blockIndex + 1;
      // The versions of the next block's first key that this one may hold are newer than the reader, or were looked for.
      if (next < blockCount) this.waitAt(search.firstKey(next), TIMESTAMP_MAX, "descending");
      else this.waitAt(search.lastKey(blockIndex), BEHIND_VERSIONS, "descending");
    }
  }

  /** False where the feed has no such block, or not yet. */
  private loadBlock(blockIndex: number): boolean {
    // Invalid before the load: a cursor whose move threw must not look valid.
    this.valid = false;
    this.blockIndex = blockIndex;
    // One block may be as large as a value can be: the last one is let go of before the next one is read.
    this.enter(EMPTY_BLOCK);
    this.keyBuffer = EMPTY_BLOCK.bytes;
    const block = this.blockAt(blockIndex);
    if (block !== undefined) this.enter(block);
    return block !== undefined;
  }

  private blockAt(blockIndex: number): Block | undefined {
    if (typeof this.access === "object") {
      assert(this.content !== undefined, "a cursor in a block has a table");
      return this.access.block(this.content, blockIndex);
    }
    assert(this.source !== undefined, "a cursor in a block has a table");
    return this.source.scanBlock(blockIndex);
  }
}
