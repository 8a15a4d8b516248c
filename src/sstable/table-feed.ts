import type { Block } from "../block/block.ts";
import type { SSTable } from "./sstable.ts";
import type { TableContent } from "./table-content.ts";

/**
 * Where a cursor gets what it reads from when it may not wait for the disk.
 *
 * Where undefined is answered, the cursor stands nowhere. Either nothing more is wanted of the run, or the feed remembers
 * what is missing, `isWaiting` is true, and the cursor goes on by `resume` when it is there.
 */
export interface TableFeed {
  readonly isWaiting: boolean;
  content(table: SSTable): TableContent | undefined;
  block(content: TableContent, index: number): Block | undefined;
}
