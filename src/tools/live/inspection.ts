import { BlockIterator } from "../../block/block-iterator.ts";
import { fingerprint32 } from "../../codec/fingerprint32.ts";
import { ENTRY_KIND } from "../../key.ts";
import type { BloomFilter } from "../../sstable/bloom.ts";
import { indexKeyEnd, type TableIndex } from "../../sstable/format.ts";
import type { TableParts } from "../anatomy/table-parts.ts";
import { shownKey } from "./change.ts";
import { type OpenTable, readBlock } from "./table-reader.ts";
import { textOfBytes } from "./wire.ts";

/** A table as its file shows it. Keys and values are strings with one character per byte, cut where they are long. */
export type TableInspection = {
  readonly id: number;
  readonly sizeBytes: number;
  readonly format: string | undefined;
  /** What is wrong with the file, one sentence each. */
  readonly faults: readonly string[];
  /** What the file consists of, in its order; gaps are single numbers. */
  readonly parts: readonly { readonly name: string; readonly start: number; readonly end: number }[];
  /** In the order of the file; the first `BLOCKS_SHOWN_MAX` of `blockCount`. */
  readonly blocks: readonly ShownBlock[];
  readonly blockCount: number;
  /** The first `RANGE_DELETES_SHOWN_MAX` of them; `versions` of each. */
  readonly rangeDeletes: readonly { readonly from: string; readonly to: string; readonly versions: number }[];
  /** undefined where it is damaged. */
  readonly filter: FilterInspection | undefined;
};

/** Offset in the file and size with the checksum, in bytes. */
export type ShownBlock = { readonly offset: number; readonly sizeBytes: number; readonly firstKey: string };

export type FilterInspection = {
  readonly bits: number;
  readonly setBits: number;
  /** Bits that are looked at for a key. */
  readonly probes: number;
  /** Of keys that are not there, the share that it does not tell from others. */
  readonly falsePositives: number;
  /** Of equal parts of the filter, in order, which share of their bits is set. */
  readonly density: readonly number[];
};

export type BlockInspection = {
  readonly number: number;
  readonly count: number;
  /** The first `ENTRIES_SHOWN_MAX` of `count`. */
  readonly entries: readonly ShownEntry[];
};

export type ShownEntry = {
  readonly key: string;
  readonly timestamp: number;
  readonly isDelete: boolean;
  readonly valueBytes: number;
  readonly value: string;
};

export const BLOCKS_SHOWN_MAX = 5000;
export const ENTRIES_SHOWN_MAX = 500;
export const RANGE_DELETES_SHOWN_MAX = 100;
const DENSITY_PARTS_MAX = 1024;
/** A block of one huge value is not read for a look. */
const BLOCK_BYTES_MAX: number = 4 * 1024 * 1024;

export function inspectTable({ id, file, parts, faults }: OpenTable): TableInspection {
  const { index, bloom, rangeDeletes } = parts;
  return {
    id,
    sizeBytes: file.sizeBytes,
    format: parts.format,
    faults,
    parts: placesOf(parts),
    blocks: index === undefined ? [] : blocksOf(index),
    blockCount: index?.firstKeyStarts.length ?? 0,
    rangeDeletes: (rangeDeletes?.fragments ?? []).slice(0, RANGE_DELETES_SHOWN_MAX).map((fragment) => ({
      from: textOfBytes(shownKey(fragment.from)),
      to: textOfBytes(shownKey(fragment.to)),
      versions: fragment.timestamps.length,
    })),
    filter: bloom && inspectFilter(bloom),
  };
}

/** undefined when there is no such block, or it is too large to show. Throws CorruptionError, IoError. */
export function inspectBlock(table: OpenTable, number: number): BlockInspection | undefined {
  const { index } = table.parts;
  const [start, end] = [index?.blockOffsets[number], index?.blockOffsets[number + 1]];
  if (index === undefined || start === undefined || end === undefined || end - start > BLOCK_BYTES_MAX)
    return undefined;
  const block = readBlock(table, index, number);
  const iterator = new BlockIterator(block);
  const entries: ShownEntry[] = [];
  for (iterator.seekToFirst(); iterator.valid && entries.length < ENTRIES_SHOWN_MAX; iterator.next()) {
    const { keyBuffer, keyStart, keyEnd, valueBuffer, valueStart, valueEnd, timestamp, kind } = iterator;
    entries.push({
      key: textOfBytes(shownKey(keyBuffer.subarray(keyStart, keyEnd))),
      timestamp,
      isDelete: kind === ENTRY_KIND.delete,
      valueBytes: valueEnd - valueStart,
      value: textOfBytes(shownKey(valueBuffer.subarray(valueStart, valueEnd))),
    });
  }
  return { number, count: block.count, entries };
}

/** Whether the filter lets a look-up of the key go on; undefined where it is damaged. */
export function mayContain({ parts }: OpenTable, key: Uint8Array): boolean | undefined {
  return parts.bloom?.mayContain(fingerprint32(key, 0, key.length));
}

function placesOf({ blocks, blocksEnd, places }: TableParts): TableInspection["parts"] {
  const data = { name: "blocks", start: blocks.start, end: blocksEnd ?? blocks.end };
  return [...places, data].filter(({ start, end }) => end > start).sort((a, b) => a.start - b.start);
}

function blocksOf({ bytes, blockOffsets, firstKeyStarts }: TableIndex): readonly ShownBlock[] {
  return Array.from(firstKeyStarts.subarray(0, BLOCKS_SHOWN_MAX), (keyStart, number) => {
    const offset = blockOffsets[number] ?? 0;
    return {
      offset,
      sizeBytes: (blockOffsets[number + 1] ?? offset) - offset,
      firstKey: textOfBytes(shownKey(bytes.subarray(keyStart, indexKeyEnd(bytes, keyStart)))),
    };
  });
}

function inspectFilter({ bits: filter, probes }: BloomFilter): FilterInspection {
  const bits = filter.length * 8;
  const parts = Math.min(bits, DENSITY_PARTS_MAX);
  const counts = new Uint32Array(parts);
  let setBits = 0;
  for (let bit = 0; bit < bits; bit++) {
    if (((filter[bit >>> 3] ?? 0) & (1 << (bit & 7))) === 0) continue;
    const part = Math.floor((bit * parts) / bits);
    counts[part] = (counts[part] ?? 0) + 1;
    setBits++;
  }
  const density = Array.from(counts, (count) => Math.min(1, Math.round((count * parts * 100) / bits) / 100));
  return { bits, setBits, probes, falsePositives: (setBits / bits) ** probes, density };
}
