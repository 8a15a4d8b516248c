import { EMPTY_BLOCK } from "../block/block.ts";
import { BlockIterator } from "../block/block-iterator.ts";
import { lowerBoundInBlock } from "../block/block-search.ts";
import { assert } from "../errors.ts";
import type { SSTable } from "./sstable.ts";

/**
 * A cursor over a table: a block cursor that goes on into the next block, so that no field is copied per entry. Blocks
 * are loaded when the cursor enters them; one is held at a time.
 */
export class SSTableIterator extends BlockIterator {
  protected table: SSTable | undefined;
  private blockIndex = 0;

  constructor(table: SSTable | undefined) {
    super(EMPTY_BLOCK);
    this.table = table;
  }

  override seekToFirst(): void {
    if (this.table !== undefined) this.enterBlock(this.table, 0);
  }

  override seek(key: Uint8Array, keyStart: number, keyEnd: number, timestamp: number): void {
    const table = this.table;
    if (table === undefined) return;
    const blockIndex = table.search.blockOf(key, keyStart, keyEnd, timestamp);
    this.valid = false;
    this.blockIndex = blockIndex;
    this.enter(table.scanBlock(blockIndex));
    this.standOn(lowerBoundInBlock(this.block, key, keyStart, keyEnd, timestamp));
    if (!this.valid) this.leaveBlock(table);
  }

  override next(): void {
    const table = this.table;
    assert(this.valid && table !== undefined, "a cursor that moves is valid");
    if (++this.index < this.block.count) this.readEntry(this.valueEnd);
    else this.leaveBlock(table);
  }

  /** Called behind the last entry of the table. */
  protected leaveTable(): void {
    this.valid = false;
  }

  /** Stands on the first entry of a table. */
  protected enterTable(table: SSTable): void {
    this.table = table;
    this.enterBlock(table, 0);
  }

  private leaveBlock(table: SSTable): void {
    const next = this.blockIndex + 1;
    if (next < table.blockCount) this.enterBlock(table, next);
    else this.leaveTable();
  }

  private enterBlock(table: SSTable, blockIndex: number): void {
    // Invalid before the load: a cursor whose move threw must not look valid.
    this.valid = false;
    this.blockIndex = blockIndex;
    this.enter(table.scanBlock(blockIndex));
    this.standOn(0);
  }
}
