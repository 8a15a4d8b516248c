import { type Block, entryTimestamp } from "../../block/block.ts";
import { BlockIterator } from "../../block/block-iterator.ts";
import { ENTRY_SUFFIX_START, entryLayout, SIZE_OVERLAP } from "../../block/entry-layout.ts";
import { readU16 } from "../../codec/byte-reader.ts";
import { compareBytes, copyBytes } from "../../codec/bytes.ts";
import { fingerprint32 } from "../../codec/fingerprint32.ts";
import { ENTRY_KIND, KEY_LENGTH_MAX } from "../../key.ts";
import type { DatabaseFormat } from "../../options.ts";
import type { BloomFilter } from "../../sstable/bloom.ts";
import type { FaultSink } from "../anatomy/fault.ts";

/**
 * Looks at every entry of a table, block after block: entries stand in internal order, also from one block to the next,
 * they share with their block's first key as much as they can (searches and merges count on that), and the filter lets
 * every key pass. Counts what it sees.
 */
export class EntryCheck {
  entryCount = 0;
  deleteCount = 0;
  maxTimestamp = 0;
  /** Of the least entry; undefined before the first one. */
  firstKey: Uint8Array | undefined;
  readonly #format: DatabaseFormat;
  readonly #bloom: BloomFilter | undefined;
  readonly #sink: FaultSink;
  /** The key and the timestamp before. */
  readonly #key = new Uint8Array(KEY_LENGTH_MAX);
  #keyLength = 0;
  #timestamp = 0;

  constructor(format: DatabaseFormat, bloom: BloomFilter | undefined, sink: FaultSink) {
    this.#format = format;
    this.#bloom = bloom;
    this.#sink = sink;
  }

  /** Of the last entry seen, in memory of its own. */
  get lastKey(): Uint8Array | undefined {
    return this.entryCount === 0 ? undefined : this.#key.slice(0, this.#keyLength);
  }

  get lastTimestamp(): number {
    return this.#timestamp;
  }

  /** The next block, which starts at `start` of the file. */
  check(block: Block, start: number): void {
    const cursor = new BlockIterator(block);
    cursor.seekToFirst();
    for (let index = 0; cursor.valid; index++) {
      const at = start + block.entryStart(index);
      this.#checkKey(cursor, at);
      this.#checkOverlap(block, index, at);
      this.entryCount++;
      if (cursor.kind === ENTRY_KIND.delete) this.deleteCount++;
      if (cursor.timestamp > this.maxTimestamp) this.maxTimestamp = cursor.timestamp;
      cursor.next();
    }
  }

  #checkKey({ keyBuffer, keyStart, keyEnd, timestamp }: BlockIterator, at: number): void {
    const order = this.entryCount === 0 ? 1 : compareBytes(keyBuffer, keyStart, keyEnd, this.#key, 0, this.#keyLength);
    if (order < 0) this.#sink("block", at, "an entry stands behind one with a larger key");
    if (order === 0) this.#checkVersion(timestamp, at);
    this.#timestamp = timestamp;
    if (order === 0) return;

    const length = keyEnd - keyStart;
    if (length < entryLayout(this.#format).keyLengthMin) this.#sink("block", at, "an entry has an empty key");
    if (length > KEY_LENGTH_MAX) {
      this.#sink("block", at, `an entry has a key of ${length} bytes`);
      return;
    }
    if (this.#bloom?.mayContain(fingerprint32(keyBuffer, keyStart, keyEnd)) === false) {
      this.#sink("filter", at, "the bloom filter hides a key that is there");
    }
    copyBytes(keyBuffer, keyStart, keyEnd, this.#key, 0);
    this.#keyLength = length;
    this.firstKey ??= this.#key.slice(0, length);
  }

  #checkVersion(timestamp: number, at: number): void {
    if (this.#format === "plain") this.#sink("block", at, "a key stands in the table twice");
    else if (timestamp === this.#timestamp) this.#sink("block", at, `a key has the version ${timestamp} twice`);
    else if (timestamp > this.#timestamp) {
      this.#sink("block", at, `the version ${timestamp} of a key stands behind the older ${this.#timestamp}`);
    }
  }

  #checkOverlap(block: Block, index: number, at: number): void {
    const { bytes } = block;
    const entry = block.entryStart(index);
    const overlap = readU16(bytes, entry);
    const suffixLength = readU16(bytes, entry + SIZE_OVERLAP);
    const firstKeyLength = block.firstKeyEnd - ENTRY_SUFFIX_START;
    if (index === 0 || suffixLength === 0 || overlap >= firstKeyLength) return;
    if (bytes[entry + ENTRY_SUFFIX_START] !== bytes[ENTRY_SUFFIX_START + overlap]) return;
    this.#sink("block", at, "an entry shares more with the first key than it says");
  }
}

/** The timestamp of a block's first entry; 0 without timestamps. */
export function firstTimestampOf(block: Block): number {
  return entryTimestamp(block, block.firstKeyEnd + block.sizeTimestamp);
}
