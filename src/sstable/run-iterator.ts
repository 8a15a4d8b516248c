import { compareBytes, compareKeys } from "../codec/bytes.ts";
import { assert } from "../errors.ts";
import type { SSTable } from "./sstable.ts";
import { SSTableIterator, type TableAccess } from "./sstable-iterator.ts";

const CHECKED_RUNS = new WeakSet<readonly SSTable[]>();

/**
 * A cursor over a sorted run: tables with disjoint key ranges, in key order. It reads only from the table it stands in
 * and counts as one source, also when the run is empty or it has come to its end.
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
    this.#stepTo(0);
    super.seekToFirst();
  }

  override seek(key: Uint8Array, keyStart: number, keyEnd: number, timestamp: number): void {
    this.#stepTo(lastTableFrom(this.#tables, key, keyStart, keyEnd));
    super.seek(key, keyStart, keyEnd, timestamp);
  }

  override seekToLast(): void {
    this.#stepTo(Math.max(this.#tables.length - 1, 0));
    super.seekToLast();
  }

  override seekBackward(key: Uint8Array, keyStart: number, keyEnd: number, timestamp: number): void {
    this.#stepTo(lastTableFrom(this.#tables, key, keyStart, keyEnd));
    super.seekBackward(key, keyStart, keyEnd, timestamp);
  }

  /** Where the table it stands in, or stood in last, has its place in the run. */
  get tablePosition(): number {
    return this.#position;
  }

  protected override leaveTable(): void {
    this.valid = false;
    if (this.#position + 1 >= this.#tables.length) return;
    this.#stepTo(this.#position + 1);
    super.seekToFirst();
  }

  protected override leaveTableBackward(): void {
    this.valid = false;
    if (this.#position === 0) return;
    this.#stepTo(this.#position - 1);
    super.seekToLast();
  }

  #stepTo(position: number): void {
    const table = this.#tables[position];
    this.#position = position;
    if (table !== undefined) this.setTable(table);
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
