import { compareBytes } from "../codec/bytes.ts";
import { assert } from "../errors.ts";
import type { MergeOrder } from "./merge-order.ts";
import type { StorageIterator } from "./storage-iterator.ts";

const NO_BYTES: Uint8Array = new Uint8Array(0);

/**
 * Two cursors as one, for sources of different kinds; `newer` wins on the same entry. Both are already placed.
 *
 * The older source is moved past an entry as soon as the newer one stands on it, so the constructor, too, may throw. A
 * source that throws is never asked again.
 */
export class TwoMergeIterator implements StorageIterator {
  valid = false;
  keyBuffer: Uint8Array = NO_BYTES;
  keyStart = 0;
  keyEnd = 0;
  timestamp = 0;
  kind = 0;
  valueBuffer: Uint8Array = NO_BYTES;
  valueStart = 0;
  valueEnd = 0;

  private readonly newer: StorageIterator;
  private readonly older: StorageIterator;
  private readonly byTimestamp: boolean;
  private current: StorageIterator;

  constructor(newer: StorageIterator, older: StorageIterator, order: MergeOrder) {
    this.newer = newer;
    this.older = older;
    this.byTimestamp = order === "internal";
    this.current = newer;
    this.choose();
  }

  get activeIterators(): number {
    return this.newer.activeIterators + this.older.activeIterators;
  }

  next(): void {
    assert(this.valid, "a cursor is moved only while it is valid");
    // Valid again once the step is done: a source that throws leaves the merge invalid.
    this.valid = false;
    this.current.next();
    this.choose();
  }

  private choose(): void {
    const { newer, older } = this;
    if (!older.valid) {
      if (newer.valid) this.show(newer);
    } else if (!newer.valid) {
      this.show(older);
    } else {
      const difference = this.compare();
      if (difference === 0) older.next();
      this.show(difference <= 0 ? newer : older);
    }
  }

  private compare(): number {
    const { newer, older } = this;
    const difference = compareBytes(
      newer.keyBuffer,
      newer.keyStart,
      newer.keyEnd,
      older.keyBuffer,
      older.keyStart,
      older.keyEnd,
    );
    return difference === 0 && this.byTimestamp ? older.timestamp - newer.timestamp : difference;
  }

  private show(source: StorageIterator): void {
    this.current = source;
    this.keyBuffer = source.keyBuffer;
    this.keyStart = source.keyStart;
    this.keyEnd = source.keyEnd;
    this.timestamp = source.timestamp;
    this.kind = source.kind;
    this.valueBuffer = source.valueBuffer;
    this.valueStart = source.valueStart;
    this.valueEnd = source.valueEnd;
    this.valid = true;
  }
}
