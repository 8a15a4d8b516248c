import { BlockBuilder } from "../block/block-builder.ts";
import { type EntryLayout, entryLayout } from "../block/entry-layout.ts";
import { ByteWriter } from "../codec/byte-writer.ts";
import { compareKeys } from "../codec/bytes.ts";
import { crc32 } from "../codec/crc32.ts";
import { assert, LsmError } from "../errors.ts";
import type { File } from "../fs/file-system.ts";
import { ENTRY_KIND, KEY_LENGTH_MAX, NATIVE_VALUE_LENGTH_MAX, VALUE_LENGTH_MAX } from "../key.ts";
import type { DatabaseFormat } from "../options.ts";
import { encodeBloom } from "./bloom.ts";
import { OFFSET_MAX } from "./format.ts";
import { IndexBuilder } from "./index-builder.ts";
import { writeLargeBlock } from "./large-block.ts";
import { encodeNativeFooter } from "./native-footer.ts";
import { lastKeyBefore, RangeDeletesBuilder } from "./range-deletes-block.ts";

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
  /** The least and the greatest key of entries and range deletes; of a range's end, see `lastKeyBefore`. */
  readonly firstKey: Uint8Array;
  readonly lastKey: Uint8Array;
  /** Largest timestamp of any entry or range delete; 0 in `plain`. */
  readonly maxTimestamp: number;
};

/**
 * Writes entries, given in internal key order, to an empty file as one sstable.
 *
 * Memory stays at one write of about 256 KiB, the index, the range deletes, and four bytes of hash per entry: large values
 * go to the file from where they lie. Syncing and closing the file is left to the caller. After an error the file's
 * content is worthless.
 */
export class SSTableBuilder {
  entryCount = 0;
  readonly #file: File;
  readonly #format: DatabaseFormat;
  readonly #layout: EntryLayout;
  readonly #writer = new ByteWriter(WRITE_SIZE_BYTES + WRITE_SIZE_BYTES / 4);
  readonly #block: BlockBuilder;
  readonly #index: IndexBuilder;
  readonly #rangeDeletes = new RangeDeletesBuilder();
  #hashes = new Uint32Array(HASHES_AT_FIRST);
  #hashCount = 0;
  readonly #blocksStart: number;
  /** Bytes of finished blocks with their checksums. */
  #blocksSizeBytes = 0;
  #maxTimestamp = 0;
  #deleteCount = 0;

  constructor(file: File, options: TableOptions) {
    const { format, blockSizeBytes, header } = options;
    assert(file.sizeBytes === 0, "a table is written to an empty file");
    assert((header !== undefined) === (format === "native"), "a native table has a header, and no other");
    this.#file = file;
    this.#format = format;
    this.#layout = entryLayout(format);
    this.#block = new BlockBuilder(this.#writer, format, blockSizeBytes);
    this.#index = new IndexBuilder(format);
    this.#blocksStart = header?.length ?? 0;
    if (header !== undefined) this.#writer.bytes(header, 0, header.length);
  }

  /** Bytes of finished blocks with their checksums, and of range deletes; the open block counts as nothing. */
  get estimatedSizeBytes(): number {
    return this.#blocksSizeBytes + this.#rangeDeletes.sizeBytes;
  }

  /**
   * Adds an entry; `hash` is the fingerprint32 of its key. A delete has no value; a put has one, which only in `native`
   * may be empty or have more than 65 535 bytes. Throws IoError.
   */
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
    const hasKinds = this.#layout.hasKinds;
    const isDelete = kind === ENTRY_KIND.delete;
    const isEmpty = valueStart === valueEnd;
    assert(isDelete || kind === ENTRY_KIND.put, "an entry of a table is a put or a delete");
    assert(
      isDelete ? isEmpty : hasKinds || !isEmpty,
      "a delete has no value, and where it is told by that, others have",
    );
    if (hasKinds && valueEnd - valueStart > VALUE_LENGTH_MAX) {
      this.#addLarge(keyBuffer, keyStart, keyEnd, timestamp, valueBuffer, valueStart, valueEnd);
    } else {
      const block = this.#block;
      if (!block.add(keyBuffer, keyStart, keyEnd, timestamp, kind, valueBuffer, valueStart, valueEnd)) {
        this.#finishBlock();
        block.add(keyBuffer, keyStart, keyEnd, timestamp, kind, valueBuffer, valueStart, valueEnd);
      }
    }
    // The versions of a key come one after the other. The reference counts each of them in its filter, and so do we there.
    if (!hasKinds || this.#hashCount === 0 || this.#hashes[this.#hashCount - 1] !== hash) {
      if (this.#hashCount === this.#hashes.length) this.#growHashes();
      this.#hashes[this.#hashCount++] = hash;
    }
    this.entryCount++;
    if (isDelete) this.#deleteCount++;
    if (timestamp > this.#maxTimestamp) this.#maxTimestamp = timestamp;
  }

  /**
   * Adds a range delete of the keys in [from, to); the timestamps, one at least, descend. Those of a table share no key
   * and come in key order, whatever entries come between them. The bytes are copied. Only in `native`.
   */
  addRangeDelete(from: Uint8Array, to: Uint8Array, timestamps: readonly number[]): void {
    assert(this.#format === "native", "only a native table has range deletes");
    this.#rangeDeletes.add(from, to, timestamps);
  }

  /** Writes what is left, the index and the bloom filter. There must be an entry or a range delete. Throws IoError. */
  finish(): TableDescription {
    const rangeDeletes = this.#rangeDeletes;
    assert(this.entryCount + rangeDeletes.fragmentCount > 0, "a table has an entry or a range delete");
    if (this.#block.count > 0) this.#finishBlock();
    const maxTimestamp = this.#format === "plain" ? 0 : Math.max(this.#maxTimestamp, rangeDeletes.maxTimestamp);
    if (this.#format === "native") this.#writeNativeTail(maxTimestamp);
    else this.#writeReferenceTail(maxTimestamp);
    this.#flush();
    return {
      sizeBytes: this.#file.sizeBytes,
      entryCount: this.entryCount,
      deleteCount: this.#deleteCount,
      rangeDeleteCount: rangeDeletes.fragmentCount,
      ...this.#keyRange(),
      maxTimestamp,
    };
  }

  #writeReferenceTail(maxTimestamp: number): void {
    const writer = this.#writer;
    const indexOffset = this.#blocksSizeBytes;
    this.#index.encode(writer, maxTimestamp);
    writer.u32(indexOffset);
    const bloomOffset = this.#file.sizeBytes + writer.length;
    if (bloomOffset > OFFSET_MAX) throw new LsmError("UNSUPPORTED", "a table cannot be larger than 4 GiB");
    encodeBloom(writer, this.#hashes, this.#hashCount);
    writer.u32(bloomOffset);
  }

  #writeNativeTail(maxTimestamp: number): void {
    const writer = this.#writer;
    const written = this.#file.sizeBytes;
    const rangeDeletesStart = written + writer.length;
    this.#rangeDeletes.encode(writer);
    const indexStart = written + writer.length;
    this.#index.encode(writer, maxTimestamp);
    const bloomStart = written + writer.length;
    encodeBloom(writer, this.#hashes, this.#hashCount);
    encodeNativeFooter(writer, {
      rangeDeletesStart,
      indexStart,
      bloomStart,
      entryCount: this.entryCount,
      deleteCount: this.#deleteCount,
      rangeDeleteCount: this.#rangeDeletes.fragmentCount,
      maxTimestamp,
    });
  }

  #keyRange(): { readonly firstKey: Uint8Array; readonly lastKey: Uint8Array } {
    const { firstKey, lastKey } = this.#index;
    const { firstFrom, lastTo } = this.#rangeDeletes;
    if (firstFrom === undefined || lastTo === undefined) return { firstKey, lastKey };
    const lastBefore = lastKeyBefore(lastTo);
    if (this.entryCount === 0) return { firstKey: firstFrom, lastKey: lastBefore };
    return {
      firstKey: compareKeys(firstKey, firstFrom) <= 0 ? firstKey : firstFrom,
      lastKey: compareKeys(lastKey, lastBefore) >= 0 ? lastKey : lastBefore,
    };
  }

  #addLarge(
    keyBuffer: Uint8Array,
    keyStart: number,
    keyEnd: number,
    timestamp: number,
    valueBuffer: Uint8Array,
    valueStart: number,
    valueEnd: number,
  ): void {
    assert(valueEnd - valueStart <= NATIVE_VALUE_LENGTH_MAX, "a value has at most 2^30 bytes");
    assert(keyEnd - keyStart <= KEY_LENGTH_MAX, "a key has at most 65535 bytes");
    if (this.#block.count > 0) this.#finishBlock();
    const start = this.#nextBlockStart;
    this.#index.add(start, keyBuffer, keyStart, keyEnd, timestamp, keyEnd - keyStart, 0, 0, timestamp);
    this.#blocksSizeBytes += writeLargeBlock(
      this.#file,
      this.#writer,
      this.#layout,
      keyBuffer,
      keyStart,
      keyEnd,
      timestamp,
      valueBuffer,
      valueStart,
      valueEnd,
    );
  }

  #finishBlock(): void {
    const writer = this.#writer;
    const block = this.#block;
    const start = block.start;
    this.#index.add(
      this.#nextBlockStart,
      writer.buffer,
      block.firstKeyStart,
      block.firstKeyEnd,
      block.firstTimestamp,
      block.lastOverlap,
      block.lastSuffixStart,
      block.lastSuffixEnd,
      block.lastTimestamp,
    );
    block.finish();
    writer.u32(crc32(writer.buffer, start, writer.length));
    this.#blocksSizeBytes += writer.length - start;
    if (writer.length >= WRITE_SIZE_BYTES) this.#flush();
  }

  /** In the file. */
  get #nextBlockStart(): number {
    return this.#blocksStart + this.#blocksSizeBytes;
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
