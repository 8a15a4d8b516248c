import type { Block } from "../block/block.ts";
import type { Missing } from "./held.ts";

const NO_SLOT = -1;
const SLOTS_AT_FIRST = 256;
/** How far a scan looks for room; it gives up soon because its blocks are not worth much. */
const SCAN_SWEEP_SLOTS = 8;
/** Of the capacity, for what tables keep besides blocks. It costs more to read again than a block, so it gets more room. */
const TAKEN_SHARE = 3 / 4;
/**
 * The same, however small the capacity: without a table's index and filter every look-up would read them, a hundred times
 * as much as the block it wants. They are about 3.5 % of a table with entries of 116 bytes, so this is for a GiB of those.
 */
const TAKEN_MIN: number = 32 * 1024 * 1024;

/**
 * Blocks read from tables, bounded in bytes and shared by all tables of a database. Each table finds its blocks in an
 * array of its own (`TableBlocks`), so a hit costs two array reads and no hashing.
 *
 * Replacement is CLOCK (Corbató 1968): a point read marks a block, the hand unmarks, and what it meets unmarked goes.
 * A scan neither marks nor unmarks: it takes room that is free or held by an unmarked block nearby, or goes without,
 * so that no scan, however long, drives out what point reads use.
 *
 * What tables keep besides blocks takes its room out of the same capacity, where they say so (`take`), up to a share. What
 * a small capacity's share lacks of a minimum lies beside it, and takes nothing from the blocks.
 */
export class BlockCache {
  readonly capacityBytes: number;
  /** While defined, look-ups are answered from memory alone (design D10): what they lack is added here, and counts as found. */
  missing: Missing[] | undefined = undefined;
  /** Of blocks, and of what tables took. */
  usedBytes = 0;
  #takenBytes = 0;
  /** Of what tables take, what lies beside the capacity. */
  readonly #besideBytes: number;
  hits = 0;
  misses = 0;
  /** Of the tables that share the cache. */
  readonly filters: FilterCounts = { refusals: 0, passes: 0, findings: 0 };
  /** By slot; undefined where a slot is free. */
  readonly blocks: (Block | undefined)[] = [];
  /** By slot: 1 when a point read used the block since the hand passed. */
  marks: Uint8Array = new Uint8Array(SLOTS_AT_FIRST);
  readonly #owners: (TableBlocks | undefined)[] = [];
  /** By slot: which of its owner's blocks it holds. */
  readonly #indexes: number[] = [];
  readonly #freeSlots: number[] = [];
  #hand = 0;

  /** `takenMinBytes`: what tables may take at least, beside the capacity where that is small. */
  constructor(capacityBytes: number, takenMinBytes: number = TAKEN_MIN) {
    this.capacityBytes = capacityBytes;
    this.#besideBytes = Math.max(takenMinBytes - capacityBytes * TAKEN_SHARE, 0);
  }

  /** Takes room for a table's index and filter out of the capacity; blocks make way for it. */
  take(sizeBytes: number): void {
    this.#takenBytes += sizeBytes;
    this.usedBytes += sizeBytes;
    while (this.#blockBytes > Math.max(this.#roomBytes, 0)) this.#evictNext();
  }

  /** Gives back what was taken. */
  giveBack(sizeBytes: number): void {
    this.#takenBytes -= sizeBytes;
    this.usedBytes -= sizeBytes;
  }

  /** Whether tables took more than their share, so that some should give back theirs. */
  get isOvertaken(): boolean {
    return this.#takenBytes > this.capacityBytes * TAKEN_SHARE + this.#besideBytes;
  }

  get #blockBytes(): number {
    return this.usedBytes - this.#takenBytes;
  }

  /** What tables leave of the capacity for blocks; nothing is left where it is negative. */
  get #roomBytes(): number {
    return this.capacityBytes - Math.max(this.#takenBytes - this.#besideBytes, 0);
  }

  /** Takes a block that a point read loaded. */
  insertMarked(owner: TableBlocks, index: number, block: Block): void {
    const size = block.memorySizeBytes;
    const roomBytes = this.#roomBytes;
    if (size > roomBytes) return;
    while (this.#blockBytes + size > roomBytes) this.#evictNext();
    this.marks[this.#place(owner, index, block)] = 1;
  }

  /** Takes a block that a scan loaded, if there is room for it without harm to point reads. */
  insertUnmarked(owner: TableBlocks, index: number, block: Block): void {
    const size = block.memorySizeBytes;
    const roomBytes = this.#roomBytes;
    if (size > roomBytes) return;
    for (let left = SCAN_SWEEP_SLOTS; this.#blockBytes + size > roomBytes; left--) {
      if (left === 0) return;
      const slot = this.#advanceHand();
      if (this.marks[slot] === 0 && this.blocks[slot] !== undefined) this.#free(slot);
    }
    this.marks[this.#place(owner, index, block)] = 0;
  }

  /** Forgets the block in a slot; a free slot is left alone. */
  release(slot: number): void {
    this.#free(slot);
  }

  /** Ends, because every round of the hand unmarks or frees each used slot, and some slot is used while bytes are. */
  #evictNext(): void {
    for (;;) {
      const slot = this.#advanceHand();
      if (this.blocks[slot] === undefined) continue;
      if (this.marks[slot] === 0) {
        this.#free(slot);
        return;
      }
      this.marks[slot] = 0;
    }
  }

  #advanceHand(): number {
    this.#hand = this.#hand + 1 < this.blocks.length ? this.#hand + 1 : 0;
    return this.#hand;
  }

  #place(owner: TableBlocks, index: number, block: Block): number {
    const slot = this.#freeSlots.pop() ?? this.#addSlot();
    this.blocks[slot] = block;
    this.#owners[slot] = owner;
    this.#indexes[slot] = index;
    owner.slots[index] = slot;
    this.usedBytes += block.memorySizeBytes;
    return slot;
  }

  #addSlot(): number {
    const slot = this.blocks.length;
    if (slot === this.marks.length) {
      const grown = new Uint8Array(slot * 2);
      grown.set(this.marks);
      this.marks = grown;
    }
    return slot;
  }

  #free(slot: number): void {
    const block = this.blocks[slot];
    const owner = this.#owners[slot];
    if (block === undefined || owner === undefined) return;
    owner.slots[this.#indexes[slot]!] = NO_SLOT;
    this.usedBytes -= block.memorySizeBytes;
    this.blocks[slot] = undefined;
    this.#owners[slot] = undefined;
    this.#freeSlots.push(slot);
  }
}

/** What became of look-ups in tables that have a filter. */
export type FilterCounts = {
  /** Of the filter: the key is certainly not there. */
  refusals: number;
  /** The key may be there. */
  passes: number;
  /** It was. */
  findings: number;
};

/** One table's part of a cache: which of its blocks are there. */
export class TableBlocks {
  /** By block index: its slot in the cache, or -1. Written by the cache. */
  readonly slots: Int32Array;
  readonly #cache: BlockCache;
  #isRetired = false;

  constructor(cache: BlockCache, blockCount: number) {
    this.#cache = cache;
    this.slots = new Int32Array(blockCount).fill(NO_SLOT);
  }

  /** The block if it is cached, for a point read: it will be kept longer. */
  find(index: number): Block | undefined {
    const slot = this.slots[index]!;
    const cache = this.#cache;
    if (slot < 0) {
      cache.misses++;
      return undefined;
    }
    cache.hits++;
    cache.marks[slot] = 1;
    return cache.blocks[slot];
  }

  /** The block if it is cached, for a scan: the cache does not take notice. */
  peek(index: number): Block | undefined {
    const slot = this.slots[index]!;
    const cache = this.#cache;
    if (slot < 0) {
      cache.misses++;
      return undefined;
    }
    cache.hits++;
    return cache.blocks[slot];
  }

  /** Whether the block is cached. */
  has(index: number): boolean {
    return this.slots[index]! >= 0;
  }

  /** Offers a block that a point read loaded. */
  insertFound(index: number, block: Block): void {
    if (!this.#isRetired && !this.has(index)) this.#cache.insertMarked(this, index, block);
  }

  /** Offers a block that a scan loaded. */
  insertScanned(index: number, block: Block): void {
    if (!this.#isRetired && !this.has(index)) this.#cache.insertUnmarked(this, index, block);
  }

  /** Drops all of the table's blocks. */
  clear(): void {
    for (const slot of this.slots) if (slot >= 0) this.#cache.release(slot);
  }

  /** Drops all of the table's blocks, and takes none from now on. */
  retire(): void {
    this.clear();
    this.#isRetired = true;
  }
}
