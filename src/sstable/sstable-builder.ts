import { timestampSize } from "../block/block.ts";
import { BlockBuilder } from "../block/block-builder.ts";
import { readU64 } from "../codec/byte-reader.ts";
import { ByteWriter } from "../codec/byte-writer.ts";
import { crc32 } from "../codec/crc32.ts";
import { assert, LsmError } from "../errors.ts";
import type { File } from "../fs/file-system.ts";
import { ENTRY_KIND } from "../key.ts";
import type { DatabaseFormat } from "../options.ts";
import { encodeBloom } from "./bloom.ts";
import { encodeIndex, encodeIndexEntry, OFFSET_MAX } from "./format.ts";

const WRITE_SIZE_BYTES = 256 * 1024;
const HASHES_AT_FIRST = 4096;

export type TableOptions = {
  readonly format: DatabaseFormat;
  readonly blockSizeBytes: number;
  /** What the file begins with, in `native`. */
  readonly header?: Uint8Array | undefined;
};

/** What is known of a table once it is written. Keys are user keys and belong to whoever holds this. */
export type TableDescription = {
  readonly sizeBytes: number;
  readonly entryCount: number;
  readonly deleteCount: number;
  /** Fragments of range deletes; only `native` has any. */
  readonly rangeDeleteCount: number;
  readonly firstKey: Uint8Array;
  readonly lastKey: Uint8Array;
  /** Largest timestamp of any entry; 0 in `plain`. */
  readonly maxTimestamp: number;
};

/**
 * Writes entries, given in internal key order, to an empty file as one sstable.
 *
 * Memory stays at one write of about 256 KiB, the index, and four bytes of hash per entry. Syncing and closing the file
 * is left to the caller. After an error the file's content is worthless.
 */
export class SSTableBuilder {
  entryCount = 0;
  /** Bytes of finished blocks with their checksums; the open block counts as nothing. */
  estimatedSizeBytes = 0;
  readonly #file: File;
  readonly #format: DatabaseFormat;
  readonly #writer = new ByteWriter(WRITE_SIZE_BYTES + WRITE_SIZE_BYTES / 4);
  readonly #block: BlockBuilder;
  readonly #index = new ByteWriter(HASHES_AT_FIRST);
  readonly #firstKey = new ByteWriter(64);
  readonly #lastKey = new ByteWriter(64);
  #hashes = new Uint32Array(HASHES_AT_FIRST);
  #blockCount = 0;
  #maxTimestamp = 0;
  #deleteCount = 0;

  constructor(file: File, options: TableOptions) {
    assert(file.sizeBytes === 0, "a table is written to an empty file");
    this.#file = file;
    this.#format = options.format;
    this.#block = new BlockBuilder(this.#writer, options.format, options.blockSizeBytes);
  }

  /** Adds an entry; `hash` is the fingerprint32 of its key. A delete has no value, a put has one. Throws IoError. */
  add(
    hash: number,
    keyBuffer: Uint8Array,
    keyStart: number,
    keyEnd: number,
    timestamp: number,
    kind: number,
    valueBuffer: Uint8Array,
    valueStart: number,
    valueEnd: number,
  ): void {
    assert((kind === ENTRY_KIND.delete) === (valueStart === valueEnd), "an entry is a delete if its value is empty");
    const block = this.#block;
    if (!block.add(keyBuffer, keyStart, keyEnd, timestamp, valueBuffer, valueStart, valueEnd)) {
      this.#finishBlock();
      block.add(keyBuffer, keyStart, keyEnd, timestamp, valueBuffer, valueStart, valueEnd);
    }
    if (this.entryCount === this.#hashes.length) this.#growHashes();
    this.#hashes[this.entryCount++] = hash;
    if (kind === ENTRY_KIND.delete) this.#deleteCount++;
    if (timestamp > this.#maxTimestamp) this.#maxTimestamp = timestamp;
  }

  /** Writes what is left, the index and the bloom filter. There must be an entry. Throws IoError. */
  finish(): TableDescription {
    assert(this.entryCount > 0, "a table has an entry");
    this.#finishBlock();
    const writer = this.#writer;
    const indexOffset = this.estimatedSizeBytes;
    const maxTimestamp = this.#format === "mvcc" ? this.#maxTimestamp : 0;
    encodeIndex(writer, this.#format, this.#blockCount, this.#index, maxTimestamp);
    writer.u32(indexOffset);
    const bloomOffset = this.#file.sizeBytes + writer.length;
    if (bloomOffset > OFFSET_MAX) throw new LsmError("UNSUPPORTED", "a table cannot be larger than 4 GiB");
    encodeBloom(writer, this.#hashes, this.entryCount);
    writer.u32(bloomOffset);
    this.#flush();
    return {
      sizeBytes: this.#file.sizeBytes,
      entryCount: this.entryCount,
      deleteCount: this.#deleteCount,
      rangeDeleteCount: 0,
      firstKey: this.#firstKey.buffer.slice(0, this.#firstKey.length),
      lastKey: this.#lastKey.buffer.slice(0, this.#lastKey.length),
      maxTimestamp,
    };
  }

  #finishBlock(): void {
    const writer = this.#writer;
    const block = this.#block;
    const start = block.start;
    this.#indexBlock();
    block.finish();
    writer.u32(crc32(writer.buffer, start, writer.length));
    this.estimatedSizeBytes += writer.length - start;
    this.#blockCount++;
    if (writer.length >= WRITE_SIZE_BYTES) this.#flush();
  }

  #indexBlock(): void {
    if (this.estimatedSizeBytes > OFFSET_MAX) throw new LsmError("UNSUPPORTED", "a table cannot be larger than 4 GiB");
    const { buffer } = this.#writer;
    const block = this.#block;
    const firstKey = buffer.subarray(block.firstKeyStart, block.firstKeyEnd);
    const lastKey = this.#lastKey;
    lastKey.clear();
    lastKey.bytes(firstKey, 0, block.lastOverlap).bytes(buffer, block.lastSuffixStart, block.lastSuffixEnd);
    if (this.#blockCount === 0) this.#firstKey.bytes(firstKey, 0, firstKey.length);
    const hasTimestamps = timestampSize(this.#format) > 0;
    encodeIndexEntry(
      this.#index,
      this.#format,
      this.estimatedSizeBytes,
      { key: firstKey, timestamp: hasTimestamps ? readU64(buffer, block.firstKeyEnd) : 0 },
      {
        key: lastKey.buffer.subarray(0, lastKey.length),
        timestamp: hasTimestamps ? readU64(buffer, block.lastSuffixEnd) : 0,
      },
    );
  }

  #growHashes(): void {
    const grown = new Uint32Array(this.#hashes.length * 2);
    grown.set(this.#hashes);
    this.#hashes = grown;
  }

  #flush(): void {
    this.#file.append(this.#writer.buffer, 0, this.#writer.length);
    this.#writer.clear();
  }
}
