import { EMPTY_BLOCK } from "../block/block.ts";
import { BlockIterator } from "../block/block-iterator.ts";
import { lowerBoundInBlock } from "../block/block-search.ts";
import { assert } from "../errors.ts";
import { type BlockSource, ReadAhead } from "./read-ahead.ts";
import type { SSTable } from "./sstable.ts";

/**
 * `cached`: blocks come through the block cache. `once`: they are read ahead, forward, and not kept, for tables about to
 * be replaced.
 */
export type TableAccess = "cached" | "once";

/**
 * A cursor over a table: a block cursor that goes on into the next block, so that no field is copied per entry. Blocks
 * are loaded when the cursor enters them.
 */
export class SSTableIterator extends BlockIterator {
  private table: SSTable | undefined = undefined;
  private source: BlockSource | undefined = undefined;
  private blockIndex = 0;
  private readonly access: TableAccess;

  constructor(table: SSTable | undefined, access: TableAccess = "cached") {
    super(EMPTY_BLOCK);
    this.access = access;
    if (table !== undefined) this.setTable(table);
  }

  override seekToFirst(): void {
    if (this.table !== undefined) this.enterBlock(0);
  }

  override seek(key: Uint8Array, keyStart: number, keyEnd: number, timestamp: number): void {
    const table = this.table;
    if (table === undefined) return;
    this.loadBlock(table.search.blockOf(key, keyStart, keyEnd, timestamp));
    this.standOn(lowerBoundInBlock(this.block, key, keyStart, keyEnd, timestamp));
    if (!this.valid) this.leaveBlock();
  }

  override seekToLast(): void {
    if (this.table !== undefined) this.enterBlockAtEnd(this.table.blockCount - 1);
  }

  override seekBackward(key: Uint8Array, keyStart: number, keyEnd: number, timestamp: number): void {
    const table = this.table;
    if (table === undefined) return;
    this.loadBlock(table.search.blockOf(key, keyStart, keyEnd, timestamp));
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
    if (this.table === undefined || before < 0) return false;
    return this.table.search.endsWithKey(before, this.keyBuffer, this.keyStart, this.keyEnd);
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
    this.source = this.access === "cached" ? table : new ReadAhead(table);
  }

  private leaveBlock(): void {
    const next = this.blockIndex + 1;
    if (this.table !== undefined && next < this.table.blockCount) this.enterBlock(next);
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
    assert(this.source !== undefined, "a cursor in a block has a table");
    this.enter(this.source.scanBlock(blockIndex));
  }
}
