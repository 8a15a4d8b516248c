import { readU16 } from "../codec/byte-reader.ts";
import type { ByteWriter } from "../codec/byte-writer.ts";
import { commonPrefixLength } from "../codec/bytes.ts";
import { assert } from "../errors.ts";
import { KEY_LENGTH_MAX, VALUE_LENGTH_MAX } from "../key.ts";
import type { DatabaseFormat } from "../options.ts";
import { readTimestamp, SIZE_ENTRY_COUNT, SIZE_ENTRY_OFFSET } from "./block.ts";
import { ENTRIES_MAX, ENTRY_OFFSET_MAX, encodeEntry, encodeOffsets } from "./block-format.ts";
import { ENTRY_SUFFIX_START, type EntryLayout, entryLayout, SIZE_OVERLAP } from "./entry-layout.ts";

/**
 * Writes one block after another to a writer it shares with the table around them. Between `finish` and the next `add`
 * the writer may be appended to and cleared; while a block is open it is the builder's alone.
 */
export class BlockBuilder {
  /** Entries of the open block. */
  count = 0;
  readonly #writer: ByteWriter;
  readonly #blockSizeBytes: number;
  readonly #layout: EntryLayout;
  readonly #offsets: Uint16Array;
  #start = 0;
  #lastEntry = 0;

  constructor(writer: ByteWriter, format: DatabaseFormat, blockSizeBytes: number) {
    this.#writer = writer;
    this.#blockSizeBytes = blockSizeBytes;
    this.#layout = entryLayout(format);
    // An entry takes at least its overhead and its offset out of the block size; only the first may exceed it.
    const entriesMax = Math.floor(blockSizeBytes / (this.#layout.sizeOverhead + SIZE_ENTRY_OFFSET)) + 1;
    this.#offsets = new Uint16Array(Math.min(entriesMax, ENTRIES_MAX));
  }

  /** Where the open block starts in the writer. */
  get start(): number {
    return this.#start;
  }

  /** Bytes of entries in the open block. */
  get entriesSizeBytes(): number {
    return this.count === 0 ? 0 : this.#writer.length - this.#start;
  }

  /**
   * Appends an entry, or answers false and changes nothing when the block is full. The first entry of a block always fits.
   *
   * Full is measured with the whole key, as if nothing were shared, and without the new entry's own offset: files are
   * the same byte for byte only if this rule is kept. Keys come in internal order and have at most 65535 bytes, as have
   * values. The kind goes where the format has a place for it.
   */
  add(
    keyBuffer: Uint8Array,
    keyStart: number,
    keyEnd: number,
    timestamp: number,
    kind: number,
    valueBuffer: Uint8Array,
    valueStart: number,
    valueEnd: number,
  ): boolean {
    const keyLength = keyEnd - keyStart;
    const valueLength = valueEnd - valueStart;
    const layout = this.#layout;
    assert(
      keyLength >= layout.keyLengthMin && keyLength <= KEY_LENGTH_MAX,
      "a key in a block has a length it may have",
    );
    assert(valueLength >= 0 && valueLength <= VALUE_LENGTH_MAX, "a value in a block has at most 65535 bytes");
    const count = this.count;
    const writer = this.#writer;
    if (count === 0) this.#start = writer.length;
    const entryOffset = writer.length - this.#start;
    let overlap = 0;
    if (count > 0) {
      const sizeSoFar = SIZE_ENTRY_COUNT + count * SIZE_ENTRY_OFFSET + entryOffset;
      const sizeEntry = keyLength + valueLength + layout.sizeOverhead;
      if (sizeSoFar + sizeEntry > this.#blockSizeBytes) return false;
      // Long before a block has 65535 entries its offsets are used up.
      if (entryOffset > ENTRY_OFFSET_MAX) return false;
      const firstKey = this.firstKeyStart;
      const buffer = writer.buffer;
      overlap = commonPrefixLength(keyBuffer, keyStart, keyEnd, buffer, firstKey, this.firstKeyEnd);
    }
    this.#offsets[count] = entryOffset;
    this.#lastEntry = writer.length;
    this.count = count + 1;
    encodeEntry(
      writer,
      layout,
      overlap,
      keyBuffer,
      keyStart,
      keyEnd,
      timestamp,
      kind,
      valueBuffer,
      valueStart,
      valueEnd,
    );
    return true;
  }

  /** The open block's first key is writer.buffer[firstKeyStart, firstKeyEnd). */
  get firstKeyStart(): number {
    return this.#start + ENTRY_SUFFIX_START;
  }

  get firstKeyEnd(): number {
    return this.firstKeyStart + readU16(this.#writer.buffer, this.#start + SIZE_OVERLAP);
  }

  /** How many bytes the last key shares with the first; the rest is writer.buffer[lastSuffixStart, lastSuffixEnd). */
  get lastOverlap(): number {
    return readU16(this.#writer.buffer, this.#lastEntry);
  }

  get lastSuffixStart(): number {
    return this.#lastEntry + ENTRY_SUFFIX_START;
  }

  get lastSuffixEnd(): number {
    return this.lastSuffixStart + readU16(this.#writer.buffer, this.#lastEntry + SIZE_OVERLAP);
  }

  /** Of the open block's first entry and of its last; 0 where there are no timestamps. */
  get firstTimestamp(): number {
    return this.#timestampAt(this.firstKeyEnd);
  }

  get lastTimestamp(): number {
    return this.#timestampAt(this.lastSuffixEnd);
  }

  #timestampAt(at: number): number {
    return this.#layout.sizeTimestamp === 0 ? 0 : readTimestamp(this.#writer.buffer, at);
  }

  /** Ends the open block, which must have an entry, and opens the next one. */
  finish(): void {
    assert(this.count > 0, "a finished block has an entry");
    encodeOffsets(this.#writer, this.#offsets, this.count);
    this.count = 0;
  }
}
