import type { Block } from "../../block/block.ts";
import { decodeBlock } from "../../block/block-format.ts";
import { readU32 } from "../../codec/byte-reader.ts";
import { crc32 } from "../../codec/crc32.ts";
import { CorruptionError } from "../../errors.ts";
import type { DatabaseFormat } from "../../options.ts";
import { SIZE_CHECKSUM, type TableIndex } from "../../sstable/format.ts";
import { BlockSearch } from "./block-search.ts";
import { attempt, type FaultSink } from "./fault.ts";
import type { FileBytes } from "./file-bytes.ts";
import type { Place, TableParts } from "./table-parts.ts";

/** A stretch of a table where a block is, or should be. */
export type BlockPlace = {
  /** With the block's checksum. */
  readonly place: Place;
  /** In the index; undefined where the block was found without one. */
  readonly number: number | undefined;
  /** undefined where none is whole. */
  readonly block: Block | undefined;
};

/** Blocks are read this much at a time, a larger one alone. */
const READ_BYTES = 1024 * 1024;

/**
 * The blocks of a table in the order of the file. Those that the index names, one by one; without an index all that can be
 * found, and between them the stretches that hold none, as far as the table does not say that blocks end there.
 */
export function* tableBlocks(
  file: FileBytes,
  parts: TableParts,
  format: DatabaseFormat,
  sink: FaultSink,
): Generator<BlockPlace> {
  if (parts.index?.format === format) yield* indexedBlocks(file, parts.index, sink);
  else yield* foundBlocks(file, parts, format, sink);
}

function* indexedBlocks(file: FileBytes, index: TableIndex, sink: FaultSink): Generator<BlockPlace> {
  const count = index.firstKeyStarts.length;
  const startOf = (block: number): number => index.blockOffsets[block] ?? 0;
  for (let first = 0; first < count; ) {
    const start = startOf(first);
    let end = first + 1;
    while (end < count && startOf(end + 1) - start <= READ_BYTES) end++;
    const bytes = attempt(sink, "block", () => file.read(start, startOf(end)));
    for (let number = first; number < end; number++) {
      const place = { start: startOf(number), end: startOf(number + 1) };
      const decode = (content: Uint8Array): Block => decodeWhole(content, index.format, file.path, place, number);
      const part = bytes?.subarray(place.start - start, place.end - start);
      yield { place, number, block: part && attempt(sink, "block", () => decode(part)) };
    }
    first = end;
  }
}

/** Throws CorruptionError. */
function decodeWhole(bytes: Uint8Array, format: DatabaseFormat, file: string, place: Place, number: number): Block {
  const checksumStart = bytes.length - SIZE_CHECKSUM;
  if (checksumStart < 0 || crc32(bytes, 0, checksumStart) !== readU32(bytes, checksumStart)) {
    throw new CorruptionError(file, place.start, `the checksum of block ${number} does not match`);
  }
  return decodeBlock(bytes.subarray(0, checksumStart), format, file, place.start);
}

function* foundBlocks(
  file: FileBytes,
  { blocks, blocksEnd }: TableParts,
  format: DatabaseFormat,
  sink: FaultSink,
): Generator<BlockPlace> {
  const bytes = attempt(sink, "file", () => file.read(0, file.sizeBytes));
  if (bytes === undefined) return;
  const search = new BlockSearch(bytes, format);
  let at = Math.min(blocks.start, bytes.length);
  for (;;) {
    const place = search.next(at, blocks.end);
    const gapEnd = place?.start ?? Math.max(at, blocksEnd ?? at);
    if (gapEnd > at) {
      sink("block", at, `${gapEnd - at} bytes hold no whole block`);
      yield { place: { start: at, end: gapEnd }, number: undefined, block: undefined };
    }
    if (place === undefined) return;
    const content = bytes.subarray(place.start, place.end - SIZE_CHECKSUM);
    yield { place, number: undefined, block: decodeBlock(content, format, file.path, place.start) };
    at = place.end;
  }
}
