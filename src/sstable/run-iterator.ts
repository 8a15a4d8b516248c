import { compareBytes, compareKeys } from "../codec/bytes.ts";
import { assert } from "../errors.ts";
import type { SSTable } from "./sstable.ts";
import { SSTableIterator, type TableAccess } from "./sstable-iterator.ts";

const CHECKED_RUNS = new WeakSet<readonly SSTable[]>();

/**
 * A cursor over a sorted run: tables with disjoint key ranges, in key order. It reads only from the table it stands in,
 * passes those that hold range deletes alone without reading them, and counts as one source, also when the run is empty
 * or it has come to its end.
 */
export class RunIterator extends SSTableIterator {
  readonly #tables: readonly SSTable[];
  #position = 0;

  constructor(tables: readonly SSTable[], access: TableAccess = "cached") {
    super(tables[0], access);
    // A run is a value that many cursors are made over; one check of it serves them all.
    if (!CHECKED_RUNS.has(tables)) {
      assertSortedAndDisjoint(tables);
      CHECKED_RUNS.add(tables);
    }
    this.#tables = tables;
  }

  override seekToFirst(): void {
    if (this.#stepForward(0)) super.seekToFirst();
  }

  override seek(key: Uint8Array, keyStart: number, keyEnd: number, timestamp: number): void {
    const position = lastTableFrom(this.#tables, key, keyStart, keyEnd);
    if (!this.#stepForward(position)) return;
    // Past tables without entries every key lies behind the one sought.
    if (this.#position === position) super.seek(key, keyStart, keyEnd, timestamp);
    else super.seekToFirst();
  }

  override seekToLast(): void {
    if (this.#stepBackward(this.#tables.length - 1)) super.seekToLast();
  }

  override seekBackward(key: Uint8Array, keyStart: number, keyEnd: number, timestamp: number): void {
    const position = lastTableFrom(this.#tables, key, keyStart, keyEnd);
    if (!this.#stepBackward(position)) return;
    if (this.#position === position) super.seekBackward(key, keyStart, keyEnd, timestamp);
    else super.seekToLast();
  }

  /** Where the table it stands in, or stood in last, has its place in the run. */
  get tablePosition(): number {
    return this.#position;
  }

  protected override leaveTable(): void {
    if (this.#stepForward(this.#position + 1)) super.seekToFirst();
  }

  protected override leaveTableBackward(): void {
    if (this.#stepBackward(this.#position - 1)) super.seekToLast();
  }

  /** Goes to the first table from `position` on that has entries; where there is none the cursor is at its end. */
  #stepForward(position: number): boolean {
    let next = position;
    while (this.#tables[next]?.entryCount === 0) next++;
    return this.#stepTo(next);
  }

  /** Goes to the last table up to `position` that has entries; where there is none the cursor is at its end. */
  #stepBackward(position: number): boolean {
    let next = position;
    while (this.#tables[next]?.entryCount === 0) next--;
    return this.#stepTo(next);
  }

  #stepTo(position: number): boolean {
    this.valid = false;
    this.resumePlace = undefined;
    const table = this.#tables[position];
    if (table === undefined) return false;
    this.#position = position;
    this.setTable(table);
    return true;
  }
}

/** Index of the last table whose first key is at or before the key, or 0. */
function lastTableFrom(tables: readonly SSTable[], key: Uint8Array, keyStart: number, keyEnd: number): number {
  let low = 0;
  let high = tables.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const { firstKey } = tables[middle]!;
    if (compareBytes(firstKey, 0, firstKey.length, key, keyStart, keyEnd) <= 0) low = middle + 1;
    else high = middle;
  }
  return low === 0 ? 0 : low - 1;
}

function assertSortedAndDisjoint(tables: readonly SSTable[]): void {
  for (const [position, table] of tables.entries()) {
    const before = tables[position - 1];
    assert(compareKeys(table.firstKey, table.lastKey) <= 0, "a table's first key is not after its last");
    assert(
      before === undefined || compareKeys(before.lastKey, table.firstKey) < 0,
      "tables of a sorted run are in key order and disjoint",
    );
  }
}
