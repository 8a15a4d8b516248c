import { EMPTY_BLOCK } from "../block/block.ts";
import { BlockIterator } from "../block/block-iterator.ts";
import { lowerBoundInBlock } from "../block/block-search.ts";
import { assert } from "../errors.ts";
import { type BlockSource, ReadAhead } from "./read-ahead.ts";
import type { SSTable } from "./sstable.ts";
import type { TableContent } from "./table-content.ts";

/**
 * `cached`: blocks come through the block cache. `once`: they are read ahead, forward, and not kept, for tables about to
 * be replaced.
 */
export type TableAccess = "cached" | "once";

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

  constructor(table: SSTable | undefined, access: TableAccess = "cached") {
    super(EMPTY_BLOCK);
    this.access = access;
    if (table !== undefined) this.setTable(table);
  }

  override seekToFirst(): void {
    if (this.table === undefined) return;
    if (this.openContent(this.table).blockCount > 0) this.enterBlock(0);
    else this.leaveTable();
  }

  override seek(key: Uint8Array, keyStart: number, keyEnd: number, timestamp: number): void {
    if (this.table === undefined) return;
    const content = this.openContent(this.table);
    const blockIndex = content.blockCount === 0 ? 0 : content.blockFrom(key, keyStart, keyEnd, timestamp);
    if (blockIndex === content.blockCount) {
      this.leaveTable();
      return;
    }
    this.loadBlock(blockIndex);
    this.standOn(lowerBoundInBlock(this.block, key, keyStart, keyEnd, timestamp));
    if (!this.valid) this.leaveBlock();
  }

  override seekToLast(): void {
    if (this.table === undefined) return;
    const { blockCount } = this.openContent(this.table);
    if (blockCount > 0) this.enterBlockAtEnd(blockCount - 1);
    else this.leaveTableBackward();
  }

  override seekBackward(key: Uint8Array, keyStart: number, keyEnd: number, timestamp: number): void {
    if (this.table === undefined) return;
    const { blockCount, search } = this.openContent(this.table);
    if (blockCount === 0) {
      this.leaveTableBackward();
      return;
    }
    this.loadBlock(search.blockOf(key, keyStart, keyEnd, timestamp));
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

  /** Whether the block before this one in the table ends with the user key that the cursor stands on. */
  protected followsItsKey(): boolean {
    const before = this.blockIndex - 1;
    if (this.content === undefined || before < 0) return false;
    return this.content.search.endsWithKey(before, this.keyBuffer, this.keyStart, this.keyEnd);
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

  private openContent(table: SSTable): TableContent {
    if (this.content !== undefined) return this.content;
    // Invalid before the load, as with blocks.
    this.valid = false;
    const content = table.content;
    this.content = content;
    this.source = this.access === "cached" ? content : new ReadAhead(content);
    return content;
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
    this.loadBlock(blockIndex);
    this.standOn(0);
  }

  private enterBlockAtEnd(blockIndex: number): void {
    this.loadBlock(blockIndex);
    this.standOn(this.block.count - 1);
  }

  private loadBlock(blockIndex: number): void {
    // Invalid before the load: a cursor whose move threw must not look valid.
    this.valid = false;
    this.blockIndex = blockIndex;
    // One block may be as large as a value can be: the last one is let go of before the next one is read.
    this.enter(EMPTY_BLOCK);
    this.keyBuffer = EMPTY_BLOCK.bytes;
    assert(this.source !== undefined, "a cursor in a block has a table");
    this.enter(this.source.scanBlock(blockIndex));
  }
}
