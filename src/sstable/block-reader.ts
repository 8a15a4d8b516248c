import type { Block } from "../block/block.ts";
import { decodeBlock } from "../block/block-format.ts";
import { readU32 } from "../codec/byte-reader.ts";
import { crc32 } from "../codec/crc32.ts";
import { CorruptionError } from "../errors.ts";
import type { Direction } from "../iterator/merge-order.ts";
import { SIZE_CHECKSUM, type TableIndex } from "./format.ts";
import { orError } from "./or-error.ts";
import type { TableFile } from "./table-file.ts";

/** The blocks [first, end) of a table, and how many bytes of the file they take. */
export type BlockSpan = { readonly first: number; readonly end: number; readonly sizeBytes: number };

/** Reads blocks from a table's file and checks them; it knows of no cache. Throws CorruptionError or IoError. */
export class BlockReader {
  readonly #file: TableFile;
  readonly #format: TableIndex["format"];
  readonly #offsets: TableIndex["blockOffsets"];

  constructor(file: TableFile, index: TableIndex) {
    this.#file = file;
    this.#format = index.format;
    this.#offsets = index.blockOffsets;
  }

  read(index: number): Block {
    const start = this.#offsets[index]!;
    return this.#decode(this.#file.read(start, this.#offsets[index + 1]!), index, start);
  }

  /** `read` without waiting: `done` is called once, perhaps before this returns. */
  readInBackground(index: number, done: (block: Block | Error) => void): void {
    const start = this.#offsets[index]!;
    this.#file.readInBackground(start, this.#offsets[index + 1]!, (bytes) => {
      done(bytes instanceof Error ? bytes : orError(() => this.#decode(bytes, index, start)));
    });
  }

  /** The blocks from `index` on, in this direction, that together fit in `sizeBytes`; at least one. */
  span(index: number, sizeBytes: number, direction: Direction): BlockSpan {
    const offsets = this.#offsets;
    let first = index;
    let end = index + 1;
    if (direction === "ascending") {
      while (end < offsets.length - 1 && offsets[end + 1]! - offsets[first]! <= sizeBytes) end++;
    } else {
      while (first > 0 && offsets[end]! - offsets[first - 1]! <= sizeBytes) first--;
    }
    return this.spanOf(first, end);
  }

  spanOf(first: number, end: number): BlockSpan {
    return { first, end, sizeBytes: this.sizeBytesOf(first, end) };
  }

  /** What the blocks [first, end) take of the file. */
  sizeBytesOf(first: number, end: number): number {
    return this.#offsets[end]! - this.#offsets[first]!;
  }

  /** The blocks of a span, read at once. They keep each other's bytes in memory. */
  readSpan({ first, end, sizeBytes }: BlockSpan): Block[] {
    const start = this.#offsets[first]!;
    return this.#decodeSpan(this.#file.read(start, start + sizeBytes), first, end, "shared");
  }

  /** `readSpan` without waiting: `done` is called once, perhaps before this returns. `own`: each block has its own memory. */
  readSpanInBackground(
    { first, end, sizeBytes }: BlockSpan,
    memory: "own" | "shared",
    done: (blocks: readonly Block[] | Error) => void,
  ): void {
    const start = this.#offsets[first]!;
    this.#file.readInBackground(start, start + sizeBytes, (bytes) => {
      done(bytes instanceof Error ? bytes : orError(() => this.#decodeSpan(bytes, first, end, memory)));
    });
  }

  #decodeSpan(bytes: Uint8Array, first: number, end: number, memory: "own" | "shared"): Block[] {
    const offsets = this.#offsets;
    const blocks: Block[] = [];
    for (let index = first; index < end; index++) {
      const start = offsets[index]! - offsets[first]!;
      const blockEnd = offsets[index + 1]! - offsets[first]!;
      const part = memory === "own" ? bytes.slice(start, blockEnd) : bytes.subarray(start, blockEnd);
      blocks.push(this.#decode(part, index, offsets[index]!));
    }
    return blocks;
  }

  /** Checks the bytes of a block with its checksum, which start at `start` of the file. */
  #decode(bytes: Uint8Array, index: number, start: number): Block {
    const checksumStart = bytes.length - SIZE_CHECKSUM;
    if (checksumStart < 0) throw new CorruptionError(this.#file.path, start, "a block is shorter than its checksum");
    if (crc32(bytes, 0, checksumStart) !== readU32(bytes, checksumStart)) {
      throw new CorruptionError(this.#file.path, start, `the checksum of block ${index} does not match`);
    }
    return decodeBlock(bytes.subarray(0, checksumStart), this.#format, this.#file.path, start);
  }
}
