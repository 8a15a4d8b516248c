import {
  type Block,
  decodeBlock,
  ENTRY_SUFFIX_START,
  entryTimestamp,
  SIZE_OVERLAP,
  SIZE_VALUE_LENGTH,
} from "../block/block.ts";
import { addHeads, entryHasKey, lowerBoundInBlock } from "../block/block-search.ts";
import { readU16, readU32 } from "../codec/byte-reader.ts";
import { crc32 } from "../codec/crc32.ts";
import { CorruptionError } from "../errors.ts";
import type { LookupResult } from "../iterator/storage-iterator.ts";
import { ENTRY_KIND } from "../key.ts";
import type { DatabaseFormat } from "../options.ts";
import { type BlockCache, TableBlocks } from "./block-cache.ts";
import { type BloomFilter, decodeBloom } from "./bloom.ts";
import { decodeIndex, indexKeyEnd, SIZE_CHECKSUM, SIZE_OFFSET, type TableIndex } from "./format.ts";
import type { TableCache, TableFile } from "./table-cache.ts";
import { TableSearch } from "./table-search.ts";

/** What tables of one database share. */
export type TableHost = { readonly tables: TableCache; readonly blocks: BlockCache };

/**
 * An immutable sorted file of entries. Its bloom filter and index stay in memory, its blocks come through the caches and
 * are checked when they are loaded.
 */
export class SSTable {
  readonly id: number;
  readonly sizeBytes: number;
  readonly format: DatabaseFormat;
  readonly blockCount: number;
  /** Largest timestamp of any entry; 0 in `plain`. */
  readonly maxTimestamp: number;
  /** User keys, in memory of their own. */
  readonly firstKey: Uint8Array;
  readonly lastKey: Uint8Array;
  readonly bloom: BloomFilter;
  /** For cursors: finds the block of a key. */
  readonly search: TableSearch;
  readonly #file: TableFile;
  readonly #blocks: TableBlocks;
  readonly #blockOffsets: Uint32Array;

  private constructor(id: number, file: TableFile, blocks: BlockCache, index: TableIndex, bloom: BloomFilter) {
    const firstKeyStart = index.firstKeyStarts[0]!;
    this.id = id;
    this.sizeBytes = file.sizeBytes;
    this.format = index.format;
    this.blockCount = index.firstKeyStarts.length;
    this.maxTimestamp = index.maxTimestamp;
    this.firstKey = index.bytes.slice(firstKeyStart, indexKeyEnd(index.bytes, firstKeyStart));
    this.lastKey = index.bytes.slice(index.lastKeyStart, index.lastKeyEnd);
    this.bloom = bloom;
    this.search = new TableSearch(index);
    this.#file = file;
    this.#blocks = new TableBlocks(blocks, this.blockCount);
    this.#blockOffsets = index.blockOffsets;
  }

  /**
   * Opens a table and checks everything but its blocks. Without a format it finds out which one the file has; with one,
   * a file of the other is a CorruptionError. Throws IoError.
   */
  static open(host: TableHost, id: number, format?: DatabaseFormat): SSTable {
    const file = host.tables.open(id);
    try {
      const layout = readLayout(file);
      const bloom = decodeBloom(file.read(layout.bloomOffset, layout.bloomEnd), file.path, layout.bloomOffset);
      const indexEnd = layout.bloomOffset - SIZE_OFFSET;
      const indexBytes = file.read(layout.indexOffset, indexEnd);
      const index = decodeIndex(indexBytes, file.path, layout.indexOffset, format);
      return new SSTable(id, file, host.blocks, index, bloom);
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /** False when the table certainly has no entry whose key has this fingerprint32. */
  mayContain(hash: number): boolean {
    return this.bloom.mayContain(hash);
  }

  /**
   * Finds the newest version of a key with timestamp ≤ `readTimestamp`, a delete too, and lends its bytes in `result`;
   * false leaves `result` alone. `hash` is the key's fingerprint32. Throws CorruptionError or IoError.
   */
  get(
    hash: number,
    key: Uint8Array,
    keyStart: number,
    keyEnd: number,
    readTimestamp: number,
    result: LookupResult,
  ): boolean {
    if (!this.bloom.mayContain(hash)) return false;
    const blockIndex = this.search.blockOf(key, keyStart, keyEnd, readTimestamp);
    let block = this.block(blockIndex);
    let index = lowerBoundInBlock(block, key, keyStart, keyEnd, readTimestamp);
    if (index === block.count) {
      // Versions of one key may go on in the next block.
      const next = blockIndex + 1;
      if (next === this.blockCount || !this.search.startsWithKey(next, key, keyStart, keyEnd)) return false;
      block = this.block(next);
      index = 0;
    }
    if (!entryHasKey(block, index, key, keyStart, keyEnd)) return false;
    lend(block, index, result);
    return true;
  }

  /** A block, for a point read. Throws CorruptionError or IoError. */
  block(index: number): Block {
    const cached = this.#blocks.find(index);
    if (cached !== undefined) {
      // A block that is found again will be searched often enough to pay for its heads.
      if (cached.heads === undefined) addHeads(cached);
      return cached;
    }
    const block = this.readBlock(index);
    this.#blocks.insertFound(index, block);
    return block;
  }

  /** A block, for a scan, which leaves the cache to point reads. Throws CorruptionError or IoError. */
  scanBlock(index: number): Block {
    const cached = this.#blocks.peek(index);
    if (cached !== undefined) return cached;
    const block = this.readBlock(index);
    this.#blocks.insertScanned(index, block);
    return block;
  }

  /** A block, from the file and past the cache. Throws CorruptionError or IoError. */
  readBlock(index: number): Block {
    const start = this.#blockOffsets[index]!;
    return this.#decode(this.#file.read(start, this.#blockOffsets[index + 1]!), index, start);
  }

  /**
   * Blocks from `first` on, read at once and past the cache: what fits in `sizeBytes`, at least one. They are checked
   * here, and keep each other's bytes in memory. Throws CorruptionError or IoError.
   */
  readBlocks(first: number, sizeBytes: number): Block[] {
    const offsets = this.#blockOffsets;
    const start = offsets[first]!;
    let end = first + 1;
    while (end < this.blockCount && offsets[end + 1]! - start <= sizeBytes) end++;
    const bytes = this.#file.read(start, offsets[end]!);
    const blocks: Block[] = [];
    for (let index = first; index < end; index++) {
      const blockStart = offsets[index]!;
      blocks.push(this.#decode(bytes.subarray(blockStart - start, offsets[index + 1]! - start), index, blockStart));
    }
    return blocks;
  }

  /** Gives up the descriptor and the cached blocks, for a table that leaves the tree. Reading on is allowed and loads again. */
  close(): void {
    this.#file.close();
    this.#blocks.clear();
  }

  /** Checks the bytes of a block with its checksum, which start at `start` of the file. */
  #decode(bytes: Uint8Array, index: number, start: number): Block {
    const checksumStart = bytes.length - SIZE_CHECKSUM;
    if (checksumStart < 0) throw new CorruptionError(this.#file.path, start, "a block is shorter than its checksum");
    if (crc32(bytes, 0, checksumStart) !== readU32(bytes, checksumStart)) {
      throw new CorruptionError(this.#file.path, start, `the checksum of block ${index} does not match`);
    }
    return decodeBlock(bytes.subarray(0, checksumStart), this.format, this.#file.path, start);
  }
}

type TableLayout = { readonly indexOffset: number; readonly bloomOffset: number; readonly bloomEnd: number };

/** Finds the parts of a table, from the back of the file to its front. */
function readLayout(file: TableFile): TableLayout {
  const bloomEnd = file.sizeBytes - SIZE_OFFSET;
  if (bloomEnd < 0) throw new CorruptionError(file.path, 0, `a file of ${file.sizeBytes} bytes is no table`);
  const bloomOffset = readU32(file.read(bloomEnd, file.sizeBytes), 0);
  const indexEnd = bloomOffset - SIZE_OFFSET;
  if (bloomOffset > bloomEnd || indexEnd < 0) {
    throw new CorruptionError(file.path, bloomEnd, `the bloom filter cannot start at ${bloomOffset}`);
  }
  const indexOffset = readU32(file.read(indexEnd, bloomOffset), 0);
  if (indexOffset > indexEnd) {
    throw new CorruptionError(file.path, indexEnd, `the index cannot start at ${indexOffset}`);
  }
  return { indexOffset, bloomOffset, bloomEnd };
}

function lend(block: Block, index: number, result: LookupResult): void {
  const bytes = block.bytes;
  const start = block.entryStart(index);
  const valueLengthAt = start + ENTRY_SUFFIX_START + readU16(bytes, start + SIZE_OVERLAP) + block.sizeTimestamp;
  const valueLength = readU16(bytes, valueLengthAt);
  result.timestamp = entryTimestamp(block, valueLengthAt);
  result.kind = valueLength === 0 ? ENTRY_KIND.delete : ENTRY_KIND.put;
  result.valueBuffer = bytes;
  result.valueStart = valueLengthAt + SIZE_VALUE_LENGTH;
  result.valueEnd = result.valueStart + valueLength;
}
