import type { Block } from "../../block/block.ts";
import { ENTRY_SUFFIX_START } from "../../block/entry-layout.ts";
import { readU64 } from "../../codec/byte-reader.ts";
import { compareBytes, compareKeys } from "../../codec/bytes.ts";
import { RangeDeletes } from "../../iterator/range-deletes.ts";
import type { DatabaseFormat } from "../../options.ts";
import { indexKeyEnd, indexLastKeyStart, type TableIndex } from "../../sstable/format.ts";
import { lastKeyBefore } from "../../sstable/range-deletes-block.ts";
import type { NewTable } from "../../sstable/table-output.ts";
import { formatByBlocks } from "../anatomy/block-format.ts";
import type { FaultSink } from "../anatomy/fault.ts";
import type { FileBytes } from "../anatomy/file-bytes.ts";
import { readTableParts } from "../anatomy/read-table-parts.ts";
import { tableBlocks } from "../anatomy/table-blocks.ts";
import type { ExpectedTable, TableParts } from "../anatomy/table-parts.ts";
import { EntryCheck, firstTimestampOf } from "./entry-check.ts";

/** What a table was found to hold. Keys are undefined in one that holds nothing readable. */
export type CheckedTable = {
  readonly format: DatabaseFormat | undefined;
  readonly blockCount: number;
  readonly entryCount: number;
  readonly deleteCount: number;
  readonly rangeDeleteCount: number;
  readonly maxTimestamp: number;
  readonly firstKey: Uint8Array | undefined;
  readonly lastKey: Uint8Array | undefined;
};

/**
 * Checks a whole table: each part by itself, every entry, and the parts against each other. Yields how many bytes of blocks
 * were read since the last time. Throws LsmError UNSUPPORTED for what a newer program wrote.
 */
export function* checkTable(
  file: FileBytes,
  expected: ExpectedTable,
  sink: FaultSink,
): Generator<number, CheckedTable> {
  const parts = readTableParts(file, expected, sink);
  const format = parts.format ?? expected.format ?? formatByBlocks(file);
  if (format === undefined) {
    const nothing = { blockCount: 0, entryCount: 0, deleteCount: 0, rangeDeleteCount: 0, maxTimestamp: 0 };
    return { format, ...nothing, firstKey: undefined, lastKey: undefined };
  }
  const entries = new EntryCheck(format, parts.bloom, sink);
  let blockCount = 0;
  let isWhole = parts.index !== undefined;
  for (const { place, number, block } of tableBlocks(file, parts, format, sink)) {
    if (block === undefined) isWhole = false;
    else {
      entries.check(block, place.start);
      if (parts.index !== undefined && number !== undefined) {
        checkIndexEntry(parts.index, number, { block, start: place.start, entries }, sink);
      }
      blockCount++;
    }
    yield place.end - place.start;
  }
  // What is missing explains that the counts differ.
  if (isWhole) checkTotals(parts, entries, file, sink);
  return {
    ...keyRange(parts.rangeDeletes ?? RangeDeletes.none, entries),
    format,
    blockCount,
    ...totals(parts, entries),
  };
}

type SeenBlock = { readonly block: Block; readonly start: number; readonly entries: EntryCheck };

/** What the index says of a block must be what is in it. */
function checkIndexEntry(index: TableIndex, number: number, seen: SeenBlock, sink: FaultSink): void {
  const { block, start, entries } = seen;
  const { bytes } = index;
  const firstStart = index.firstKeyStarts[number] ?? 0;
  const firstEnd = indexKeyEnd(bytes, firstStart);
  const lastStart = indexLastKeyStart(index, number);
  const lastEnd = indexKeyEnd(bytes, lastStart);
  const hasTimestamps = index.format !== "plain";
  const isFirst =
    compareBytes(bytes, firstStart, firstEnd, block.bytes, ENTRY_SUFFIX_START, block.firstKeyEnd) === 0 &&
    (!hasTimestamps || readU64(bytes, firstEnd) === firstTimestampOf(block));
  if (!isFirst) sink("index", start, `block ${number} does not begin with the key that the index says`);

  const lastKey = entries.lastKey ?? new Uint8Array(0);
  const isLast =
    compareBytes(bytes, lastStart, lastEnd, lastKey, 0, lastKey.length) === 0 &&
    (!hasTimestamps || readU64(bytes, lastEnd) === entries.lastTimestamp);
  if (!isLast) sink("index", start, `block ${number} does not end with the key that the index says`);
}

/** What the table says of itself as a whole must be what is in it. */
function checkTotals(parts: TableParts, entries: EntryCheck, file: FileBytes, sink: FaultSink): void {
  const { footer, index, places } = parts;
  const found = totals(parts, entries);
  if (footer !== undefined) {
    const at = places.find(({ name }) => name === "footer")?.start ?? file.sizeBytes;
    for (const name of ["entryCount", "deleteCount", "rangeDeleteCount", "maxTimestamp"] as const) {
      if (name === "rangeDeleteCount" && parts.rangeDeletes === undefined) continue;
      if (footer[name] !== found[name])
        sink("footer", at, `the footer says ${NOUNS[name]} ${footer[name]}, and it is ${found[name]}`);
    }
  } else if (index?.format === "mvcc" && index.maxTimestamp !== found.maxTimestamp) {
    const at = places.find(({ name }) => name === "index")?.start;
    sink(
      "index",
      at,
      `the index says that the newest timestamp is ${index.maxTimestamp}, and it is ${found.maxTimestamp}`,
    );
  }
}

const NOUNS = {
  entryCount: "that the number of entries is",
  deleteCount: "that the number of deletes is",
  rangeDeleteCount: "that the number of range deletes is",
  maxTimestamp: "that the newest timestamp is",
} as const;

function totals(parts: TableParts, { entryCount, deleteCount, maxTimestamp }: EntryCheck) {
  const { fragmentCount, fragments } = parts.rangeDeletes ?? RangeDeletes.none;
  const newest = fragments.reduce((most, { timestamps }) => Math.max(most, timestamps[0] ?? 0), maxTimestamp);
  return { entryCount, deleteCount, rangeDeleteCount: fragmentCount, maxTimestamp: newest };
}

function keyRange({ fragments }: RangeDeletes, { firstKey, lastKey }: EntryCheck) {
  const from = fragments[0]?.from;
  const to = fragments.at(-1)?.to;
  const end = to && lastKeyBefore(to);
  return {
    firstKey: firstKey === undefined || (from !== undefined && compareKeys(from, firstKey) < 0) ? from : firstKey,
    lastKey: lastKey === undefined || (end !== undefined && compareKeys(end, lastKey) > 0) ? end : lastKey,
  };
}

/** What the manifest says of a table must be what was found in it. */
export function checkDescription(described: NewTable, sizeBytes: number, found: CheckedTable, sink: FaultSink): void {
  const differ = (what: string, said: number, is: number): void => {
    if (said !== is) sink("tree", undefined, `the manifest says ${what} ${said}, and it is ${is}`);
  };
  differ("that the table's size is", described.sizeBytes, sizeBytes);
  differ(NOUNS.entryCount, described.entryCount, found.entryCount);
  differ(NOUNS.deleteCount, described.deleteCount, found.deleteCount);
  differ(NOUNS.rangeDeleteCount, described.rangeDeleteCount, found.rangeDeleteCount);
  differ(NOUNS.maxTimestamp, described.maxTimestamp, found.maxTimestamp);
  for (const [name, end] of [
    ["firstKey", "begins"],
    ["lastKey", "ends"],
  ] as const) {
    const key = found[name];
    if (key === undefined || compareKeys(described[name], key) === 0) continue;
    sink("tree", undefined, `the table ${end} with another key than the manifest says`);
  }
}
