import { ByteWriter } from "../codec/byte-writer.ts";
import { LsmError } from "../errors.ts";
import type { DatabaseFormat } from "../options.ts";
import { encodeIndex, encodeIndexEntry, OFFSET_MAX } from "./format.ts";

const ENTRIES_SIZE_AT_FIRST = 4096;
const KEY_SIZE_AT_FIRST = 64;

/** Collects the index of a table that is being written. */
export class IndexBuilder {
  readonly #format: DatabaseFormat;
  readonly #entries = new ByteWriter(ENTRIES_SIZE_AT_FIRST);
  readonly #firstKey = new ByteWriter(KEY_SIZE_AT_FIRST);
  readonly #lastKey = new ByteWriter(KEY_SIZE_AT_FIRST);
  #blockCount = 0;

  constructor(format: DatabaseFormat) {
    this.#format = format;
  }

  /**
   * Adds the block that starts at `start` of the file, behind all others. Its first key is buffer[firstStart, firstEnd),
   * and its last that key's first `overlap` bytes and buffer[suffixStart, suffixEnd). The bytes are copied.
   */
  add(
    start: number,
    buffer: Uint8Array,
    firstStart: number,
    firstEnd: number,
    firstTimestamp: number,
    overlap: number,
    suffixStart: number,
    suffixEnd: number,
    lastTimestamp: number,
  ): void {
    if (this.#format !== "native" && start > OFFSET_MAX) {
      throw new LsmError("UNSUPPORTED", "a table cannot be larger than 4 GiB");
    }
    if (this.#blockCount++ === 0) this.#firstKey.bytes(buffer, firstStart, firstEnd);
    const lastKey = this.#lastKey;
    lastKey.clear();
    lastKey.bytes(buffer, firstStart, firstStart + overlap).bytes(buffer, suffixStart, suffixEnd);
    encodeIndexEntry(
      this.#entries,
      this.#format,
      start,
      { key: buffer.subarray(firstStart, firstEnd), timestamp: firstTimestamp },
      { key: lastKey.buffer.subarray(0, lastKey.length), timestamp: lastTimestamp },
    );
  }

  /** Appends the part of the table that holds all of it. */
  encode(writer: ByteWriter, maxTimestamp: number): void {
    encodeIndex(writer, this.#format, this.#blockCount, this.#entries, maxTimestamp);
  }

  /** Of all blocks, copied; empty without a block. */
  get firstKey(): Uint8Array {
    return this.#firstKey.buffer.slice(0, this.#firstKey.length);
  }

  get lastKey(): Uint8Array {
    return this.#lastKey.buffer.slice(0, this.#lastKey.length);
  }
}
