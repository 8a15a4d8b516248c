import { decodeBlock } from "../../../src/block/block-format.ts";
import { BlockIterator } from "../../../src/block/block-iterator.ts";
import { crc32 } from "../../../src/codec/crc32.ts";
import { decodeNativeHeader, SIZE_NATIVE_HEADER } from "../../../src/codec/native-header.ts";
import type { BidirectionalIterator } from "../../../src/iterator/storage-iterator.ts";
import type { DatabaseFormat } from "../../../src/options.ts";
import { decodeBloom } from "../../../src/sstable/bloom.ts";
import { decodeIndex } from "../../../src/sstable/format.ts";
import { decodeNativeFooter, SIZE_NATIVE_FOOTER } from "../../../src/sstable/native-footer.ts";
import { decodeRangeDeletes } from "../../../src/sstable/range-deletes-block.ts";
import { SSTableIterator } from "../../../src/sstable/sstable-iterator.ts";
import { ForgedTable, type Stretch } from "../../support/forged-table.ts";
import { rangeDeletes } from "../../support/range-deletes.ts";
import { bytesOf, type Entry, getEntry, TableFixture } from "../../support/tables.ts";
import type { FuzzTarget } from "./fuzz-target.ts";
import { alter, mutated, pick, type Random, reshape } from "./mutate.ts";

const FORMATS: readonly DatabaseFormat[] = ["plain", "mvcc", "native"];
const FILE = "db/00001.sst";
const BLOCK_SIZE_BYTES = 64;
const SIZE_CHECKSUM = 4;
/** No table here has as many entries: who takes more steps goes round in a circle. */
const STEPS_MAX = 100_000;

/** Keys that share much and little, some in several versions, an empty value among them. */
function sampleEntries(format: DatabaseFormat): Entry[] {
  const keys = ["a", "aa", "ab", "abc\xff", "b\x00", "key_00001", "key_00002", "key_00003", "zz"];
  const versions = format === "plain" ? [0] : [900, 7, 3];
  return keys.flatMap((key, at) =>
    versions.map((timestamp) => ({ key: bytesOf(key), timestamp, value: bytesOf("v".repeat((at * 7) % 30)) })),
  );
}

const RANGES = rangeDeletes("[aa,ac)@7,2 [b,d)@3").fragments;

/** A valid table of each format, and where its parts are. */
const TABLES: ReadonlyMap<DatabaseFormat, ForgedTable> = new Map(
  FORMATS.map((format) => {
    const ranges = format === "native" ? RANGES : [];
    const bytes = new TableFixture().write(1, format, BLOCK_SIZE_BYTES, sampleEntries(format), ranges);
    return [format, new ForgedTable(bytes, format)];
  }),
);

function tableOf(format: DatabaseFormat): ForgedTable {
  return TABLES.get(format) as ForgedTable;
}

function partOf({ bytes }: ForgedTable, { start, end }: Stretch): Uint8Array {
  return Uint8Array.from(bytes.subarray(start, end));
}

/** Writes the checksum of what stands before it, from `from` on, over the last bytes. */
function sealed(bytes: Uint8Array, from = 0): Uint8Array {
  const at = bytes.length - SIZE_CHECKSUM;
  if (at >= from) new DataView(bytes.buffer).setUint32(at, crc32(bytes, from, at));
  return bytes;
}

/** Steps through in both directions and seeks, and fails on a cursor that does not end. */
function walk(cursor: BidirectionalIterator): void {
  let steps = 0;
  const bounded = (move: () => void): void => {
    for (; cursor.valid; move()) if (++steps > STEPS_MAX) throw new Error("a cursor without an end");
  };
  cursor.seekToFirst();
  bounded(() => cursor.next());
  cursor.seekToLast();
  bounded(() => cursor.previous());
  for (const text of ["", "ab", "key_00002", "\xff"]) {
    const key = bytesOf(text);
    cursor.seek(key, 0, key.length, 7);
    bounded(() => cursor.next());
    cursor.seekBackward(key, 0, key.length, 7);
    bounded(() => cursor.previous());
  }
}

function blockTarget(format: DatabaseFormat): FuzzTarget {
  const table = tableOf(format);
  const blocks = table.blocks.map(({ start, end }) => partOf(table, { start, end: end - SIZE_CHECKSUM }));
  return {
    name: `block ${format}`,
    attempt: (random) => walk(new BlockIterator(decodeBlock(mutated(random, pick(random, blocks)), format, FILE, 40))),
  };
}

function indexTarget(format: DatabaseFormat): FuzzTarget {
  const table = tableOf(format);
  const index = partOf(table, table.index);
  const { start } = table.index;
  const blocksEnd = format === "native" ? table.rangeDeletes.start : start;
  const place = { start, blocksStart: format === "native" ? SIZE_NATIVE_HEADER : 0, blocksEnd };
  return {
    name: `index ${format}`,
    attempt: (random) => {
      const bytes = sealed(mutated(random, index), format === "native" ? 0 : 4);
      const expected = format === "native" || random(2) === 0 ? format : undefined;
      decodeIndex(bytes, FILE, place, expected);
    },
  };
}

const NATIVE = tableOf("native");
const PARTS: readonly FuzzTarget[] = [
  partTarget("bloom filter", NATIVE.filter, (bytes) => {
    const filter = decodeBloom(bytes, FILE, NATIVE.filter.start);
    for (let hash = 1; hash < 2 ** 32; hash *= 5) filter.mayContain(hash);
  }),
  partTarget("range deletes", NATIVE.rangeDeletes, (bytes) => {
    decodeRangeDeletes(bytes, FILE, NATIVE.rangeDeletes.start);
  }),
];

function partTarget(name: string, place: Stretch, decode: (bytes: Uint8Array) => void): FuzzTarget {
  const part = partOf(NATIVE, place);
  return { name, attempt: (random) => decode(sealed(mutated(random, part))) };
}

/** Its checksum stands before the last eight bytes. */
const FOOTER: FuzzTarget = {
  name: "table footer",
  attempt: (random) => {
    const bytes = mutated(random, partOf(NATIVE, NATIVE.footer));
    const checksumAt = SIZE_NATIVE_FOOTER - 12;
    if (bytes.length >= SIZE_NATIVE_FOOTER) {
      new DataView(bytes.buffer).setUint32(checksumAt, crc32(bytes, 0, checksumAt));
    }
    decodeNativeFooter(bytes, FILE, NATIVE.footer.start);
  },
};

const HEADER: FuzzTarget = {
  name: "file header",
  attempt: (random) => {
    const bytes = mutated(random, partOf(NATIVE, { start: 0, end: SIZE_NATIVE_HEADER }));
    decodeNativeHeader(bytes.length >= SIZE_NATIVE_HEADER ? sealedHeader(bytes) : bytes, FILE);
  },
};

function sealedHeader(bytes: Uint8Array): Uint8Array {
  return sealed(bytes.slice(0, SIZE_NATIVE_HEADER));
}

/** A whole file with changes in one part of it, whose checksum is right, or anywhere, where it is not. */
function tableTarget(format: DatabaseFormat): FuzzTarget {
  const whole = tableOf(format);
  return {
    name: `table ${format}`,
    attempt: (random) => {
      const table = new ForgedTable(whole.bytes, format);
      if (random(4) > 0) alterPart(random, table);
      const bytes = random(4) === 0 ? reshape(random, table.bytes) : table.bytes;
      if (random(4) === 0) alter(random, bytes);
      readTable(random, format, Uint8Array.from(bytes));
    },
  };
}

/** Changes a part of a table, and makes all checksums right again. */
export function alterPart(random: Random, table: ForgedTable): void {
  const parts = [...table.blocks, table.rangeDeletes, table.index, table.filter, table.footer];
  const { start, end } = pick(
    random,
    parts.filter((part) => part.end > part.start),
  );
  for (let count = random(3); count >= 0; count--) alter(random, table.bytes.subarray(start, end));
  for (const block of table.blocks) table.seal(block);
  table.sealIndex();
  table.seal(table.filter);
  if (table.format !== "native") return;
  table.seal(table.rangeDeletes);
  table.sealFooter();
  table.sealHeader();
}

function readTable(random: Random, format: DatabaseFormat, bytes: Uint8Array): void {
  const fixture = new TableFixture();
  fixture.put(1, bytes);
  const table = fixture.open(1, random(2) === 0 ? format : undefined);
  for (const key of ["", "ab", "key_00002", "zz"]) getEntry(table, bytesOf(key), 7);
  walk(new SSTableIterator(table));
}

export const TABLE_TARGETS: readonly FuzzTarget[] = [
  ...FORMATS.map(blockTarget),
  ...FORMATS.map(indexTarget),
  ...PARTS,
  FOOTER,
  HEADER,
  ...FORMATS.map(tableTarget),
];
