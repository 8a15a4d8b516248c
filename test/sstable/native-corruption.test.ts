import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { crc32 } from "../../src/codec/crc32.ts";
import { CorruptionError } from "../../src/errors.ts";
import type { RangeDeleteFragment } from "../../src/iterator/range-delete-fragment.ts";
import type { SSTable } from "../../src/sstable/sstable.ts";
import { SSTableIterator } from "../../src/sstable/sstable-iterator.ts";
import { sortedEntries } from "../support/random-entries.ts";
import { rangeDeletes } from "../support/range-deletes.ts";
import { drain, type Entry, entries, showEntry, TableFixture } from "../support/tables.ts";

const GIVEN: readonly Entry[] = entries('@9=x ab@5=11 ab@3= ac@4="" b@1=22');
const RANGES: readonly RangeDeleteFragment[] = rangeDeletes("[aa,ac)@7,2 [b,d)@3").fragments;

/** Everything in the table, or the error of corruption that reading it meets. */
function readAll(open: () => SSTable): CorruptionError | { entries: string[]; ranges: readonly RangeDeleteFragment[] } {
  try {
    const table = open();
    const ranges = table.rangeDeletes.fragments;
    const cursor = new SSTableIterator(table);
    cursor.seekToFirst();
    return { entries: drain(cursor).map(showEntry), ranges };
  } catch (error) {
    if (!(error instanceof CorruptionError)) throw error;
    expect(error.file).toBe("db/00001.sst");
    expect(error.offset).toBeGreaterThanOrEqual(0);
    return error;
  }
}

/** Reads the bytes as a table whose format is found out, one whose format is told, and one that was described. */
function readEachWay(
  bytes: Uint8Array,
  given: readonly Entry[] = GIVEN,
  ranges: readonly RangeDeleteFragment[] = RANGES,
  blockSizeBytes = 32,
): ReturnType<typeof readAll>[] {
  const fixture = new TableFixture();
  const description = fixture.describe(1, "native", blockSizeBytes, given, ranges);
  fixture.put(1, bytes);
  return [
    readAll(() => fixture.open(1)),
    readAll(() => fixture.open(1, "native")),
    readAll(() => fixture.open(1, "native", description)),
  ];
}

function expectRefused(bytes: Uint8Array, what: string): void {
  for (const outcome of readEachWay(bytes)) expect(outcome, what).toBeInstanceOf(CorruptionError);
}

describe("a damaged native table", () => {
  const bytes = new TableFixture().write(1, "native", 32, GIVEN, RANGES);

  test("is read without an error while it is whole", () => {
    const whole = { entries: GIVEN.map(showEntry), ranges: RANGES };
    expect(readEachWay(bytes)).toEqual([whole, whole, whole]);
  });
  test("is refused at every length it may be cut to", () => {
    for (let length = 0; length < bytes.length; length++) expectRefused(bytes.slice(0, length), `cut to ${length}`);
  });
  test("is refused with any single bit flipped", () => {
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = bytes.slice();
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      expectRefused(flipped, `bit ${bit}`);
    }
  });
  test("is refused with any byte replaced by 00 or ff", () => {
    for (let at = 0; at < bytes.length; at++) {
      for (const byte of [0x00, 0xff]) {
        const changed = bytes.slice();
        changed[at] = byte;
        if (byte !== bytes[at]) expectRefused(changed, `byte ${at} = ${byte}`);
      }
    }
  });
  test("is refused with bytes behind its end, or without some in its middle", () => {
    expectRefused(Uint8Array.of(...bytes, 0), "a byte more");
    for (let at = 0; at < bytes.length; at++) {
      expectRefused(Uint8Array.of(...bytes.subarray(0, at), ...bytes.subarray(at + 1)), `without byte ${at}`);
    }
  });
  test("is refused with any stretch of it overwritten, whatever it holds", () => {
    const stretch = fc.record({ at: fc.nat(), content: fc.uint8Array({ minLength: 1, maxLength: 40 }) });
    const property = fc.property(sortedEntries("native"), stretch, (given, { at, content }) => {
      const written = new TableFixture().write(1, "native", 64, given, RANGES);
      const damaged = written.slice();
      const start = at % written.length;
      damaged.set(content.subarray(0, written.length - start), start);
      fc.pre(Buffer.compare(written, damaged) !== 0);
      for (const outcome of readEachWay(damaged, given, RANGES, 64)) expect(outcome).toBeInstanceOf(CorruptionError);
    });
    fc.assert(property, { numRuns: 300 });
  });
});

/** Where the parts of a table start, and a way to change one and make its checksum right again. */
class Forgery {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly footerStart: number;
  readonly rangeDeletesStart: number;
  readonly indexStart: number;
  readonly bloomStart: number;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes.slice();
    this.view = new DataView(this.bytes.buffer);
    this.footerStart = bytes.length - 68;
    [this.rangeDeletesStart = 0, this.indexStart = 0, this.bloomStart = 0] = [0, 8, 16].map((at) =>
      Number(this.view.getBigUint64(this.footerStart + at)),
    );
  }

  seal(start: number, end: number): void {
    this.view.setUint32(end - 4, crc32(this.bytes, start, end - 4));
  }

  sealAll(): void {
    this.seal(this.rangeDeletesStart, this.indexStart);
    this.seal(this.indexStart, this.bloomStart);
    this.seal(this.bloomStart, this.footerStart);
    this.seal(this.footerStart, this.bytes.length - 8);
  }
}

describe("a native table with right checksums", () => {
  const bytes = new TableFixture().write(1, "native", 32, GIVEN, RANGES);
  const forge = (change: (forgery: Forgery) => void): Uint8Array => {
    const forgery = new Forgery(bytes);
    change(forgery);
    forgery.sealAll();
    return forgery.bytes;
  };
  const footer = (field: number, value: bigint) => (forgery: Forgery) =>
    forgery.view.setBigUint64(forgery.footerStart + field * 8, value);
  const index = (at: number, value: bigint) => (forgery: Forgery) =>
    forgery.view.setBigUint64(forgery.indexStart + at, value);
  const ranges = (at: number, value: number) => (forgery: Forgery) =>
    forgery.view.setUint32(forgery.rangeDeletesStart + at, value);

  test("is accepted as it was written", () => {
    expect(forge(() => {})).toEqual(bytes);
  });
  test.each<[string, (forgery: Forgery) => void]>([
    ["range deletes before its blocks", footer(0, 39n)],
    ["range deletes behind its index", footer(0, 1n << 40n)],
    ["an index at 2^63", footer(1, 1n << 63n)],
    ["an index behind its filter", footer(1, 1n << 40n)],
    ["a filter behind the footer", footer(2, 1n << 40n)],
    ["fewer entries than blocks", footer(3, 1n)],
    ["no entries", footer(3, 0n)],
    ["2^63 entries", footer(3, 1n << 63n)],
    ["more deletes than entries", footer(4, 1000n)],
    ["a range delete less than there are", footer(5, 1n)],
    ["2^32 range deletes", footer(5, 1n << 32n)],
    ["nothing as new as its range deletes", footer(6, 6n)],
    ["no blocks", (forgery) => forgery.view.setUint32(forgery.indexStart, 0)],
    ["4 294 967 295 blocks", (forgery) => forgery.view.setUint32(forgery.indexStart, 0xffff_ffff)],
    ["a first block inside the header", index(4, 39n)],
    ["a first block behind the header", index(4, 41n)],
    ["a first block at 2^63", index(4, 1n << 63n)],
    ["a key in the index beyond its end", (forgery) => forgery.view.setUint16(forgery.indexStart + 12, 0xffff)],
    ["4 294 967 295 range deletes in the part itself", ranges(0, 0xffff_ffff)],
    ["a bound of 4 GiB", ranges(4, 0xffff_ffff)],
    ["a bound of 65 537 bytes", ranges(4, 65_537)],
    ["4 294 967 295 timestamps", ranges(4 + 4 + 2 + 4 + 2, 0xffff_ffff)],
    ["no timestamps", ranges(4 + 4 + 2 + 4 + 2, 0)],
    ["a timestamp of 2^63", ranges(4 + 4 + 2 + 4 + 2 + 4, 0x8000_0000)],
  ])("is refused when it claims %s", (_, change) => {
    expectRefused(forge(change), "forged");
  });
  // The first block holds @9 alone, the second ab@5, the third ab@3.
  test.each([
    ["first block ends at timestamp 10", 31, 10, "block 0 ends before it begins"],
    ["third begins at timestamp 6", 83, 6, "block 2 begins before the end of the one before"],
  ])("is refused when its index says that the %s", (_, at, byte, detail) => {
    const forged = forge((forgery) => {
      forgery.bytes[forgery.indexStart + at] = byte;
    });
    for (const outcome of readEachWay(forged))
      expect(outcome).toMatchObject({ message: expect.stringContaining(detail) });
  });
  test.each([
    ["a bound of the first makes it end before it begins", 8, "z"],
    ["the first reaches into the second", 14, "c"],
    ["the timestamps of the first rise", 27, "\x01"],
  ])("is refused when among its range deletes %s", (_, at, byte) => {
    const forged = forge((forgery) => {
      forgery.bytes[forgery.rangeDeletesStart + at] = byte.charCodeAt(0);
    });
    expect(forged).not.toEqual(bytes);
    expectRefused(forged, `byte ${at} of the range deletes`);
  });
});
