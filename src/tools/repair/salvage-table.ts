import type { Block } from "../../block/block.ts";
import { BlockIterator } from "../../block/block-iterator.ts";
import { entryLayout } from "../../block/entry-layout.ts";
import { compareKeys } from "../../codec/bytes.ts";
import { RangeDeletes } from "../../iterator/range-deletes.ts";
import { KEY_LENGTH_MAX } from "../../key.ts";
import type { DatabaseFormat } from "../../options.ts";
import { indexKeyEnd, indexLastKeyStart, type TableIndex } from "../../sstable/format.ts";
import type { FaultSink } from "../anatomy/fault.ts";
import type { FileBytes } from "../anatomy/file-bytes.ts";
import { tableBlocks } from "../anatomy/table-blocks.ts";
import type { Place, TableParts } from "../anatomy/table-parts.ts";
import { findRangeDeletes } from "./find-range-deletes.ts";
import type { Loss } from "./losses.ts";

/** What of a table can be brought back. */
export type SalvagedTable = {
  /** Whole blocks in runs of ascending keys, nearly always one. */
  readonly runs: readonly (readonly Place[])[];
  readonly rangeDeletes: RangeDeletes;
  readonly blocks: number;
  readonly entries: number;
  readonly maxTimestamp: number;
};

type Edge = { readonly key: Uint8Array; readonly timestamp: number };

/**
 * Goes through the blocks of a table and keeps the places of those that can be read, told by index or else by checksums. The
 * rest is told to `lose`. Yields how many bytes were read since the last time.
 */
export function* salvageTable(
  file: FileBytes,
  parts: TableParts,
  format: DatabaseFormat,
  sink: FaultSink,
  lose: (loss: Omit<Loss, "file">) => void,
): Generator<number, SalvagedTable> {
  const runs: Place[][] = [];
  let last: Edge | undefined;
  let [blocks, entries, maxTimestamp] = [0, 0, 0];
  let end = parts.blocks.start;
  for (const { place, number, block } of tableBlocks(file, parts, format, sink)) {
    const scan = block === undefined ? undefined : scanBlock(block, format);
    if (scan === undefined) {
      const what =
        block === undefined
          ? lostText(number)
          : `block${nameOf(number)} holds entries in an order that no program writes`;
      const keys = number === undefined || parts.index === undefined ? undefined : keysOf(parts.index, number);
      lose({ offset: place.start, sizeBytes: place.end - place.start, what, keys });
    } else {
      if (last === undefined || compareEdges(last, scan.first) >= 0) runs.push([]);
      runs.at(-1)?.push(place);
      last = scan.last;
      blocks++;
      entries += scan.entries;
      maxTimestamp = Math.max(maxTimestamp, scan.maxTimestamp);
      end = place.end;
    }
    yield place.end - place.start;
  }
  const rangeDeletes = format === "native" ? salvageRangeDeletes(file, parts, end, lose) : RangeDeletes.none;
  const newest = rangeDeletes.fragments.reduce(
    (most, { timestamps }) => Math.max(most, timestamps[0] ?? 0),
    maxTimestamp,
  );
  return { runs, rangeDeletes, blocks, entries, maxTimestamp: newest };
}

type Scan = {
  readonly first: Edge;
  readonly last: Edge;
  readonly entries: number;
  readonly maxTimestamp: number;
};

/** undefined for a block that no merge can take: entries out of order, or keys that the format does not have. */
function scanBlock(block: Block, format: DatabaseFormat): Scan | undefined {
  const { keyLengthMin } = entryLayout(format);
  const cursor = new BlockIterator(block);
  cursor.seekToFirst();
  let first: Edge | undefined;
  let last: Edge | undefined;
  let maxTimestamp = 0;
  for (; cursor.valid; cursor.next()) {
    const edge = { key: cursor.keyBuffer.slice(cursor.keyStart, cursor.keyEnd), timestamp: cursor.timestamp };
    const isPossible = edge.key.length >= keyLengthMin && edge.key.length <= KEY_LENGTH_MAX;
    if (!isPossible || (last !== undefined && compareEdges(last, edge) >= 0)) return undefined;
    first ??= edge;
    last = edge;
    maxTimestamp = Math.max(maxTimestamp, edge.timestamp);
  }
  return first && last && { first, last, entries: block.count, maxTimestamp };
}

/** In internal order: of one key the newer version first. */
function compareEdges(a: Edge, b: Edge): number {
  return compareKeys(a.key, b.key) || b.timestamp - a.timestamp;
}

function lostText(number: number | undefined): string {
  return number === undefined ? "bytes that hold no whole block" : `block ${number} is damaged`;
}

function nameOf(number: number | undefined): string {
  return number === undefined ? "" : ` ${number}`;
}

function keysOf(index: TableIndex, number: number): Loss["keys"] {
  const { bytes } = index;
  const firstStart = index.firstKeyStarts[number] ?? 0;
  const lastStart = indexLastKeyStart(index, number);
  return {
    first: bytes.slice(firstStart, indexKeyEnd(bytes, firstStart)),
    last: bytes.slice(lastStart, indexKeyEnd(bytes, lastStart)),
  };
}

/** `blocksEnd`: where the last whole block ends. Range deletes stand behind the blocks, with a checksum of their own. */
function salvageRangeDeletes(
  file: FileBytes,
  parts: TableParts,
  blocksEnd: number,
  lose: (loss: Omit<Loss, "file">) => void,
): RangeDeletes {
  if (parts.rangeDeletes !== undefined) return parts.rangeDeletes;
  const found = parts.footer === undefined ? findRangeDeletes(file, blocksEnd) : undefined;
  if (found !== undefined) return found;
  const place = parts.places.find(({ name }) => name === "range deletes");
  const what = "range deletes are damaged: keys that they deleted may be back";
  lose({ offset: place?.start, sizeBytes: place && place.end - place.start, what });
  return RangeDeletes.none;
}
