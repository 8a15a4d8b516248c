import { Block, EMPTY_BLOCK, entryKind, entryTimestamp, entryValueLength } from "../block/block.ts";
import { addStarts, findEntry } from "../block/block-hash.ts";
import { addHeads } from "../block/block-search.ts";
import { ENTRY_SUFFIX_START, SIZE_OVERLAP } from "../block/entry-layout.ts";
import { readU16 } from "../codec/byte-reader.ts";
import type { RangeDeletes } from "../iterator/range-deletes.ts";
import type { LookupResult } from "../iterator/storage-iterator.ts";
import { TIMESTAMP_MAX } from "../key.ts";
import { type BlockCache, TableBlocks } from "./block-cache.ts";
import { BlockReader, type BlockSpan } from "./block-reader.ts";
import type { BloomFilter } from "./bloom.ts";
import type { TableIndex } from "./format.ts";
import { Held } from "./held.ts";
import type { TableFile } from "./table-file.ts";
import type { TableParts } from "./table-parts.ts";
import { TableSearch } from "./table-search.ts";

/** Of a fragment's objects, about, besides its bytes. */
const FRAGMENT_OVERHEAD = 400;
/** Up to here what a scan reads at once may be read again soon by others like it. */
const OFFERED_SPAN_BYTES_MAX: number = 32 * 1024;
/** Of everything that does not grow with the table, about. */
const OVERHEAD = 1024;

/**
 * What a table has in memory while it is read: index, filter, range deletes, and which of its blocks are cached. The
 * blocks come through the cache and are checked when they are loaded.
 *
 * A cursor holds the content of the table it stands in. It may be read on after the table has let go of it, but from then
 * on it leaves the cache alone.
 */
export class TableContent {
  readonly blockCount: number;
  readonly bloom: BloomFilter;
  readonly rangeDeletes: RangeDeletes;
  /** For cursors: finds the block of a key, where there is a block. */
  readonly search: TableSearch;
  /** The blocks past the cache. */
  readonly reader: BlockReader;
  readonly #blocks: TableBlocks;
  readonly #index: TableIndex;
  readonly #cache: BlockCache;
  /** By block index. */
  readonly #held = new Map<number, Held<Block>>();

  constructor(parts: TableParts, file: TableFile, cache: BlockCache) {
    const { index, bloom, rangeDeletes } = parts;
    this.blockCount = index.firstKeyStarts.length;
    this.bloom = bloom;
    this.rangeDeletes = rangeDeletes;
    this.search = new TableSearch(index);
    this.reader = new BlockReader(file, index);
    this.#cache = cache;
    this.#blocks = new TableBlocks(cache, this.blockCount);
    this.#index = index;
  }

  /** About how much memory it takes, cached blocks apart. */
  get memorySizeBytes(): number {
    const { bytes, blockOffsets, firstKeyStarts } = this.#index;
    const { fragmentCount, sizeBytes } = this.rangeDeletes;
    return (
      OVERHEAD +
      bytes.length +
      this.bloom.bits.length +
      blockOffsets.byteLength +
      firstKeyStarts.byteLength +
      this.search.memorySizeBytes +
      this.#blocks.slots.byteLength +
      fragmentCount * FRAGMENT_OVERHEAD +
      sizeBytes
    );
  }

  /** As `SSTable.get`. True also where a block is missing (`BlockCache.missing`): the key is most likely there. */
  get(
    hash: number,
    key: Uint8Array,
    keyStart: number,
    keyEnd: number,
    readTimestamp: number,
    result: LookupResult,
  ): boolean {
    if (this.blockCount === 0) return false;
    const { filters } = this.#cache;
    if (!this.bloom.mayContain(hash)) {
      filters.refusals++;
      return false;
    }
    filters.passes++;
    const blockIndex = this.search.blockOf(key, keyStart, keyEnd, readTimestamp);
    let block = EMPTY_BLOCK;
    let start = -1;
    if (!this.#isPassed(blockIndex, key, keyStart, keyEnd, readTimestamp)) {
      block = this.block(blockIndex);
      if (block === EMPTY_BLOCK) {
        // Asked again once the block is there.
        filters.passes--;
        return true;
      }
      start = findEntry(block, hash, key, keyStart, keyEnd, readTimestamp);
    }
    if (start < 0) {
      // Versions of one key may go on in the next block.
      const next = blockIndex + 1;
      if (next === this.blockCount || !this.search.startsWithKey(next, key, keyStart, keyEnd)) return false;
      block = this.block(next);
      if (block === EMPTY_BLOCK) {
        // Asked again once the block is there.
        filters.passes--;
        return true;
      }
      start = 0;
    }
    filters.findings++;
    lend(block, start, result);
    return true;
  }

  /** Bytes of the blocks from the one where `from` belongs to the one where `to` does, itself excluded; without `to`, to the last one. */
  sizeBytesWithin(from: Uint8Array, to: Uint8Array | undefined): number {
    const end = to === undefined ? this.blockCount : this.#blocksBefore(to);
    return this.reader.sizeBytesOf(Math.min(this.#blocksBefore(from), end), end);
  }

  /** How many blocks end before the key. */
  #blocksBefore(key: Uint8Array): number {
    if (this.blockCount === 0) return 0;
    const index = this.search.blockOf(key, 0, key.length, TIMESTAMP_MAX);
    return this.search.endsBefore(index, key, 0, key.length, TIMESTAMP_MAX) ? index + 1 : index;
  }

  /**
   * Where to look for the first entry at or after (key, timestamp): in the block with this index, and if it is not there,
   * then it is the first of the next. `blockCount` when there is none. There is a block.
   */
  blockFrom(key: Uint8Array, keyStart: number, keyEnd: number, timestamp: number): number {
    const index = this.search.blockOf(key, keyStart, keyEnd, timestamp);
    return this.#isPassed(index, key, keyStart, keyEnd, timestamp) ? index + 1 : index;
  }

  /**
   * Whether a block ends before the place, so that it would be read in vain. The index is asked only about a block that is
   * not cached: it costs less than reading one, and more than searching one.
   */
  #isPassed(index: number, key: Uint8Array, keyStart: number, keyEnd: number, timestamp: number): boolean {
    return !this.#blocks.has(index) && this.search.endsBefore(index, key, keyStart, keyEnd, timestamp);
  }

  /**
   * A block, for a point read; `EMPTY_BLOCK` where it is missing and reads are answered from memory alone
   * (`BlockCache.missing`). Throws CorruptionError or IoError.
   */
  block(index: number): Block {
    const cached = this.#blocks.find(index);
    if (cached !== undefined) {
      // A block that is found again will be asked often enough to pay for its hash.
      if (cached.starts === undefined) addStarts(cached);
      return cached;
    }
    const held = this.#held.get(index)?.piece;
    if (held !== undefined) return held;
    const { missing } = this.#cache;
    if (missing !== undefined) {
      missing.push({ hold: (done) => this.hold(index, done), release: () => this.release(index) });
      return EMPTY_BLOCK;
    }
    const block = this.readBlock(index);
    if (!block.isLarge) this.#blocks.insertFound(index, block);
    return block;
  }

  /** As `Missing.hold`, of a block, which the cache gets too. */
  hold(index: number, done: (error: Error | undefined) => void): void {
    const before = this.#held.get(index);
    const held = before ?? new Held<Block>();
    held.hold(done);
    if (before !== undefined) return;
    this.#held.set(index, held);
    this.reader.readInBackground(index, (block) => {
      if (block instanceof Block && !block.isLarge) this.#blocks.insertFound(index, block);
      held.settle(block);
    });
  }

  /** As `Missing.release`, of a block. */
  release(index: number): void {
    if (this.#held.get(index)?.release() === true) this.#held.delete(index);
  }

  /** A block, for a scan, which leaves the cache to point reads. Throws CorruptionError or IoError. */
  scanBlock(index: number): Block {
    const cached = this.#blocks.peek(index);
    if (cached !== undefined) return cached;
    const block = this.readBlock(index);
    if (!block.isLarge) this.#blocks.insertScanned(index, block);
    return block;
  }

  /** Prepares the search in a block that a scan was placed in, if others will search it too. */
  expectSeeks(index: number, block: Block): void {
    if (block.heads === undefined && this.isCached(index)) addHeads(block);
  }

  /** A block, for a scan, if it is cached. */
  cachedBlock(index: number): Block | undefined {
    return this.#blocks.peek(index);
  }

  isCached(index: number): boolean {
    return this.#blocks.has(index);
  }

  /**
   * Reads blocks for a scan in the background, at once. A few have memory of their own and are offered to the cache; many
   * keep each other's bytes in memory, and leave the cache alone. `done` is called once, with them or with a CorruptionError
   * or IoError.
   */
  readForScan(span: BlockSpan, done: (blocks: readonly Block[] | Error) => void): void {
    const areOffered = span.sizeBytes <= OFFERED_SPAN_BYTES_MAX;
    this.reader.readSpanInBackground(span, areOffered ? "own" : "shared", (blocks) => {
      if (areOffered && !(blocks instanceof Error)) {
        for (const [at, block] of blocks.entries()) {
          if (!block.isLarge) this.#blocks.insertScanned(span.first + at, block);
        }
      }
      done(blocks);
    });
  }

  /** How many of the blocks from `first` to `last` are cached. */
  cachedCount(first: number, last: number): number {
    let count = 0;
    for (let index = first; index <= last; index++) if (this.#blocks.slots[index]! >= 0) count++;
    return count;
  }

  /** A block, from the file and past the cache. Throws CorruptionError or IoError. */
  readBlock(index: number): Block {
    return this.reader.read(index);
  }

  /** As many blocks from `first` on as fit in `sizeBytes`, at least one, read at once and past the cache; as `BlockReader.readSpan`. */
  readBlocks(first: number, sizeBytes: number): Block[] {
    return this.reader.readSpan(this.reader.span(first, sizeBytes, "ascending"));
  }

  /** Drops the cached blocks and caches none from now on. */
  retire(): void {
    this.#blocks.retire();
  }
}

function lend(block: Block, start: number, result: LookupResult): void {
  const bytes = block.bytes;
  const valueLengthAt = start + ENTRY_SUFFIX_START + readU16(bytes, start + SIZE_OVERLAP) + block.sizeTimestamp;
  const valueLength = entryValueLength(block, valueLengthAt);
  result.timestamp = entryTimestamp(block, valueLengthAt);
  result.kind = entryKind(block, valueLengthAt, valueLength);
  result.valueBuffer = bytes;
  result.valueStart = valueLengthAt + block.sizeValueLength;
  result.valueEnd = result.valueStart + valueLength;
}
