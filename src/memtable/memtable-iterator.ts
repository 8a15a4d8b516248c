/**
 * Cursors over a memtable. They stand on a position of the key order; puts that come later may move every position, so
 * a cursor whose order changed finds its key again before it moves.
 */

import { assert } from "../errors.ts";
import type { BidirectionalIterator, SeekableIterator } from "../iterator/storage-iterator.ts";
import type { Arena } from "./arena.ts";
import type { KeyOrder } from "./key-order.ts";
import {
  KEY_HASH,
  KEY_LENGTH,
  KEY_NEWEST,
  keyStartOf,
  kindOf,
  timestampOf,
  VERSION_OLDER,
  VERSION_VALUE_LENGTH,
  valueStartOf,
  versionAt,
} from "./node.ts";

const NO_BYTES: Uint8Array = new Uint8Array(0);

/**
 * A cursor over the entries a memtable held when it was placed. Puts may go on under it: keys that came later may be
 * met or not, no entry is skipped or met twice. The lent bytes stay readable for the life of the memtable.
 */
export abstract class MemtableIterator implements SeekableIterator {
  valid = false;
  keyBuffer: Uint8Array = NO_BYTES;
  keyStart = 0;
  keyEnd = 0;
  timestamp = 0;
  kind = 0;
  valueBuffer: Uint8Array = NO_BYTES;
  valueStart = 0;
  valueEnd = 0;
  readonly activeIterators = 1;
  /** fingerprint32 of the key, as it was given to `put`. */
  hash = 0;

  protected readonly arena: Arena;
  protected readonly order: KeyOrder;
  /** Where the current key stands in the order of `orderVersion`. */
  protected position = 0;
  protected node = 0;
  private orderVersion = 0;

  constructor(arena: Arena, order: KeyOrder) {
    this.arena = arena;
    this.order = order;
  }

  abstract next(): void;
  abstract seekToFirst(): void;
  abstract seek(key: Uint8Array, keyStart: number, keyEnd: number, timestamp: number): void;

  protected sortOrder(): void {
    this.order.sort();
    this.orderVersion = this.order.version;
  }

  /** The position of the current key in the order as it is now. */
  protected positionNow(): number {
    if (this.orderVersion !== this.order.version) {
      this.orderVersion = this.order.version;
      this.position = this.order.positionOf(this.node);
    }
    return this.position;
  }

  protected show(position: number, node: number, version: number): void {
    const { words, bytes } = this.arena;
    const keyStart = keyStartOf(node);
    const valueStart = valueStartOf(version);
    this.position = position;
    this.node = node;
    this.keyBuffer = bytes;
    this.keyStart = keyStart;
    this.keyEnd = keyStart + words[node + KEY_LENGTH]!;
    this.hash = words[node + KEY_HASH]! >>> 0;
    this.timestamp = timestampOf(words, version);
    this.kind = kindOf(words, version);
    this.valueBuffer = bytes;
    this.valueStart = valueStart;
    this.valueEnd = valueStart + words[version + VERSION_VALUE_LENGTH]!;
    this.valid = true;
  }
}

/** Per user key its newest version at or before a read timestamp, tombstones included; in both directions. */
export class VisibleMemtableIterator extends MemtableIterator implements BidirectionalIterator {
  private readonly readTimestamp: number;

  constructor(arena: Arena, order: KeyOrder, readTimestamp: number) {
    super(arena, order);
    this.readTimestamp = readTimestamp;
  }

  override seekToFirst(): void {
    this.sortOrder();
    this.showFrom(0);
  }

  override seek(key: Uint8Array, keyStart: number, keyEnd: number, timestamp: number): void {
    this.sortOrder();
    const order = this.order;
    const position = order.lowerBound(key, keyStart, keyEnd);
    this.showFrom(position);
    if (!this.valid || this.position !== position || this.timestamp <= timestamp) return;

    // The key found may be the one sought, and its visible version newer than the sought one, thus before it.
    if (isKeyOf(this, key, keyStart, keyEnd)) this.showFrom(position + 1);
  }

  seekToLast(): void {
    this.sortOrder();
    this.showBackFrom(this.order.sortedCount - 1);
  }

  seekBackward(key: Uint8Array, keyStart: number, keyEnd: number, timestamp: number): void {
    this.sortOrder();
    const position = this.order.lowerBound(key, keyStart, keyEnd);
    if (position < this.order.sortedCount) {
      // The key sought itself, where its visible version is newer than the sought one, thus before it.
      this.showBackFrom(position);
      if (!this.valid || this.position < position) return;
      if (this.timestamp > timestamp && isKeyOf(this, key, keyStart, keyEnd)) return;
    }
    this.showBackFrom(position - 1);
  }

  override next(): void {
    assert(this.valid, "a cursor is moved only while it is valid");
    this.showFrom(this.positionNow() + 1);
  }

  previous(): void {
    assert(this.valid, "a cursor is moved only while it is valid");
    this.showBackFrom(this.positionNow() - 1);
  }

  /** Stands on the first position from `from` on that has a visible version. */
  private showFrom(from: number): void {
    const words = this.arena.words;
    const nodes = this.order.nodes;
    const count = this.order.sortedCount;
    for (let position = from; position < count; position++) {
      const node = nodes[position]!;
      const version = versionAt(words, words[node + KEY_NEWEST]!, this.readTimestamp);
      if (version === 0) continue;
      this.show(position, node, version);
      return;
    }
    this.valid = false;
  }

  /** Stands on the last position up to `from` that has a visible version. */
  private showBackFrom(from: number): void {
    const words = this.arena.words;
    const nodes = this.order.nodes;
    for (let position = from; position >= 0; position--) {
      const node = nodes[position]!;
      const version = versionAt(words, words[node + KEY_NEWEST]!, this.readTimestamp);
      if (version === 0) continue;
      this.show(position, node, version);
      return;
    }
    this.valid = false;
  }
}

/** Every version of every key, newest first per key. */
export class VersionMemtableIterator extends MemtableIterator {
  private version = 0;

  override seekToFirst(): void {
    this.sortOrder();
    this.showNewestAt(0);
  }

  override seek(key: Uint8Array, keyStart: number, keyEnd: number, timestamp: number): void {
    this.sortOrder();
    const position = this.order.lowerBound(key, keyStart, keyEnd);
    this.showNewestAt(position);
    if (!this.valid || !isKeyOf(this, key, keyStart, keyEnd)) return;

    const version = versionAt(this.arena.words, this.version, timestamp);
    if (version === 0) this.showNewestAt(position + 1);
    else this.showVersion(position, this.node, version);
  }

  override next(): void {
    assert(this.valid, "a cursor is moved only while it is valid");
    const older = this.arena.words[this.version + VERSION_OLDER]!;
    if (older === 0) this.showNewestAt(this.positionNow() + 1);
    else this.showVersion(this.position, this.node, older);
  }

  private showNewestAt(position: number): void {
    if (position >= this.order.sortedCount) {
      this.valid = false;
      return;
    }
    const node = this.order.nodes[position]!;
    this.showVersion(position, node, this.arena.words[node + KEY_NEWEST]!);
  }

  private showVersion(position: number, node: number, version: number): void {
    this.version = version;
    this.show(position, node, version);
  }
}

/** Whether the cursor, which is valid, stands on key[start, end). */
function isKeyOf(cursor: MemtableIterator, key: Uint8Array, start: number, end: number): boolean {
  const { keyBuffer, keyStart, keyEnd } = cursor;
  if (keyEnd - keyStart !== end - start) return false;
  for (let index = 0; index < keyEnd - keyStart; index++) {
    if (keyBuffer[keyStart + index] !== key[start + index]) return false;
  }
  return true;
}
