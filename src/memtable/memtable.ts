/**
 * The newest entries of a database, in memory: every version of every key, found by hash, in key order on demand. Range
 * deletes lie beside them; whoever reads asks both.
 *
 * No JavaScript object is made per entry: keys and values lie in one arena (`node.ts`), found through `hash-index.ts`
 * and ordered by `key-order.ts`. A put appends and never changes an entry, so readers need no protection from it.
 */
import { assert } from "../errors.ts";
import { RangeDeletes } from "../iterator/range-deletes.ts";
import type { LookupResult } from "../iterator/storage-iterator.ts";
import { Arena, BYTES_PER_WORD, CAPACITY_BYTES_MAX, wordsFor } from "./arena.ts";
import type { ArenaSpares } from "./arena-spares.ts";
import { HashIndex } from "./hash-index.ts";
import { KeyOrder } from "./key-order.ts";
import type { MemtableImage } from "./memtable-image.ts";
import type { MemtableIterator } from "./memtable-iterator.ts";
import { VersionMemtableIterator, VisibleMemtableIterator } from "./memtable-iterator.ts";
import {
  KEY_HASH,
  KEY_HEADER_WORDS,
  KEY_LENGTH,
  KEY_NEWEST,
  keyStartOf,
  kindOf,
  timestampOf,
  VERSION_HEADER_WORDS,
  VERSION_OLDER,
  VERSION_VALUE_LENGTH,
  valueStartOf,
  versionAt,
  writeTimestampAndKind,
} from "./node.ts";

export type MemtableOptions = {
  /** Counted for each put beside key and value: 0 in `plain`, 8 in `mvcc`. */
  readonly entryOverheadBytes: number;
  /** The memtable before this one: room for as much is made at once, which saves a third of the time of filling it. */
  readonly predecessor?: Memtable | undefined;
  /** Where its memory comes from when they have some. */
  readonly spares?: ArenaSpares | undefined;
};

/** Room beside what the predecessor held, so that a slightly larger one does not have to grow at its very end. */
const ROOM_FACTOR = 1.125;
/** Beside key and value: both headers, and key and value padded to words. */
const PUT_OVERHEAD_BYTES_MAX: number = (KEY_HEADER_WORDS + VERSION_HEADER_WORDS + 2) * BYTES_PER_WORD;

export class Memtable {
  readonly id: number;
  /** None until the first `deleteRange`. */
  rangeDeletes: RangeDeletes = RangeDeletes.none;
  /**
   * Bytes of key, value and overhead over all puts, and of both bounds over all range deletes, more where they are cut.
   * Overwrites count again, so it never shrinks.
   */
  approximateSizeBytes = 0;
  /** Versions that a `versionIterator` would show. */
  entryCount = 0;
  /** Of the newest write; 0 before the first. */
  lastTimestamp = 0;
  /** Counted for each write beside key and value. */
  readonly entryOverheadBytes: number;
  private readonly arena: Arena;
  private readonly index: HashIndex;
  private readonly order: KeyOrder;
  private frozen = false;

  constructor(id: number, options: MemtableOptions) {
    this.id = id;
    this.entryOverheadBytes = options.entryOverheadBytes;
    const { predecessor, spares } = options;
    const keysExpected = Math.ceil((predecessor?.order.count ?? 0) * ROOM_FACTOR);
    this.arena = new Arena(Math.ceil((predecessor?.arena.usedBytes ?? 0) * ROOM_FACTOR), spares);
    this.index = new HashIndex(this.arena, keysExpected);
    this.order = new KeyOrder(this.arena, keysExpected);
  }

  get isEmpty(): boolean {
    return this.entryCount === 0 && this.rangeDeletes.isEmpty;
  }

  get isFrozen(): boolean {
    return this.frozen;
  }

  /** What is really allocated, spare capacity included. */
  get memoryBytes(): number {
    return this.arena.capacityBytes + this.index.memoryBytes + this.order.memoryBytes + this.rangeDeletes.sizeBytes;
  }

  /**
   * Whether so many puts, whose keys and values have so many bytes together, certainly fit. A memtable holds less than
   * 2 GiB, and a put beyond is a broken invariant: where sizes are not bounded otherwise, whoever writes asks first and
   * freezes. What does not fit in an empty memtable fits in none.
   */
  hasRoomFor(puts: number, sizeBytes: number): boolean {
    return this.arena.usedBytes + puts * PUT_OVERHEAD_BYTES_MAX + sizeBytes <= CAPACITY_BYTES_MAX;
  }

  /**
   * Takes the memory for so many puts, for which there is room, so that none of them fails half done. Throws RangeError
   * where the system has no such memory.
   */
  reserve(puts: number, sizeBytes: number): void {
    this.arena.reserve(puts * PUT_OVERHEAD_BYTES_MAX + sizeBytes);
  }

  /**
   * Adds a version of a key. `hash` is fingerprint32 of the key. Timestamps never decrease from write to write; the same
   * key and timestamp again replaces the earlier value for all who look afterwards. The bytes are copied. Key and value
   * may be empty.
   */
  put(
    hash: number,
    key: Uint8Array,
    keyStart: number,
    keyEnd: number,
    timestamp: number,
    kind: number,
    value: Uint8Array,
    valueStart: number,
    valueEnd: number,
  ): void {
    assert(!this.frozen, "a frozen memtable takes no puts");
    assert(timestamp >= this.lastTimestamp, "timestamps of a memtable never decrease");

    const known = this.index.find(hash, key, keyStart, keyEnd);
    const node = known === 0 ? this.writeKey(hash, key, keyStart, keyEnd) : known;
    this.addVersion(node, timestamp, kind, value, valueStart, valueEnd);
    if (known === 0) {
      // Only now, so that a key without a version is never found, not even when memory ran out in between.
      this.order.append(node);
      this.index.insert(hash, node);
    }
    this.lastTimestamp = timestamp;
    this.approximateSizeBytes += keyEnd - keyStart + (valueEnd - valueStart) + this.entryOverheadBytes;
  }

  /**
   * Hides what is older than `timestamp` in [from, to) from readers at it and above; entries here stay as they are. The
   * bytes are copied. `readers`, as in `RangeDeletes.add`: at which timestamps somebody reads, ascending.
   */
  deleteRange(from: Uint8Array, to: Uint8Array, timestamp: number, readers?: readonly number[]): void {
    assert(!this.frozen, "a frozen memtable takes no range deletes");
    assert(timestamp >= this.lastTimestamp, "timestamps of a memtable never decrease");
    if (this.rangeDeletes === RangeDeletes.none) this.rangeDeletes = new RangeDeletes();
    const before = this.rangeDeletes.sizeBytes;
    this.rangeDeletes.add(from, to, timestamp, readers);
    const growthBytes = this.rangeDeletes.sizeBytes - before;
    this.lastTimestamp = timestamp;
    this.approximateSizeBytes += Math.max(growthBytes, from.length + to.length + this.entryOverheadBytes);
  }

  /** Finds the newest version at or before `readTimestamp`, a tombstone like any other; false when there is none. */
  get(
    hash: number,
    key: Uint8Array,
    keyStart: number,
    keyEnd: number,
    readTimestamp: number,
    result: LookupResult,
  ): boolean {
    const node = this.index.find(hash, key, keyStart, keyEnd);
    if (node === 0) return false;
    const { words, bytes } = this.arena;
    const version = versionAt(words, words[node + KEY_NEWEST]!, readTimestamp);
    if (version === 0) return false;

    const valueStart = valueStartOf(version);
    result.timestamp = timestampOf(words, version);
    result.kind = kindOf(words, version);
    result.valueBuffer = bytes;
    result.valueStart = valueStart;
    result.valueEnd = valueStart + words[version + VERSION_VALUE_LENGTH]!;
    return true;
  }

  /** About how much of `approximateSizeBytes` the keys in [from, to) have: as large a share as of the keys. Without `to`, to the last key. */
  sizeBytesWithin(from: Uint8Array, to: Uint8Array | undefined): number {
    const { order } = this;
    order.sort();
    if (order.count === 0) return 0;
    const end = to === undefined ? order.count : order.lowerBound(to, 0, to.length);
    const keys = Math.max(end - order.lowerBound(from, 0, from.length), 0);
    return Math.round((this.approximateSizeBytes * keys) / order.count);
  }

  /** Nothing is put any more; readers go on. */
  freeze(): void {
    this.frozen = true;
  }

  /** What another thread needs to read this memtable, which must be frozen. The entries are shared, the order is copied. */
  image(): MemtableImage {
    assert(this.frozen, "only a frozen memtable is shared");
    const { nodes, count, sortedCount } = this.order;
    const buffer = this.arena.bytes.buffer as SharedArrayBuffer;
    const rangeDeletes = this.rangeDeletes.fragments;
    return { id: this.id, buffer, nodes: nodes.slice(0, count), sortedCount, rangeDeletes };
  }

  /** Ends a frozen memtable that nobody reads any more, on this thread or another: its memory goes to one to come. */
  giveMemoryTo(spares: ArenaSpares): void {
    assert(this.frozen, "only what takes no writes any more is given away");
    this.arena.giveTo(spares);
  }

  /** A cursor over what a reader at `readTimestamp` sees, tombstones included. */
  visibleIterator(readTimestamp: number): VisibleMemtableIterator {
    return new VisibleMemtableIterator(this.arena, this.order, readTimestamp);
  }

  /** A cursor over every version, newest first per key. */
  versionIterator(): MemtableIterator {
    return new VersionMemtableIterator(this.arena, this.order);
  }

  private writeKey(hash: number, key: Uint8Array, keyStart: number, keyEnd: number): number {
    const arena = this.arena;
    const length = keyEnd - keyStart;
    const node = arena.allocate(KEY_HEADER_WORDS + wordsFor(length));
    arena.words[node + KEY_HASH] = hash;
    arena.words[node + KEY_LENGTH] = length;
    arena.write(keyStartOf(node), key, keyStart, keyEnd);
    return node;
  }

  private addVersion(
    node: number,
    timestamp: number,
    kind: number,
    value: Uint8Array,
    valueStart: number,
    valueEnd: number,
  ): void {
    const arena = this.arena;
    const length = valueEnd - valueStart;
    const version = arena.allocate(VERSION_HEADER_WORDS + wordsFor(length));
    const words = arena.words;
    const newest = words[node + KEY_NEWEST]!;
    const replaces = newest !== 0 && timestampOf(words, newest) === timestamp;
    words[version + VERSION_OLDER] = replaces ? words[newest + VERSION_OLDER]! : newest;
    words[version + VERSION_VALUE_LENGTH] = length;
    writeTimestampAndKind(words, version, timestamp, kind);
    arena.write(valueStartOf(version), value, valueStart, valueEnd);
    words[node + KEY_NEWEST] = version;
    if (!replaces) this.entryCount++;
  }
}
