import { describe, expect, test } from "vitest";
import { crc32 } from "../../src/codec/crc32.ts";
import { CorruptionError } from "../../src/errors.ts";
import { entries, TableFixture } from "../support/tables.ts";

const TABLES = [
  ["plain", "aa=11 ab=22"],
  ["mvcc", "aa@5=11 aa@3= ab@4=22"],
] as const;

/** Opens the bytes as a table and reads all of its blocks; answers the error, which must be one of corruption. */
function readThrough(bytes: Uint8Array): CorruptionError | undefined {
  const fixture = new TableFixture();
  fixture.put(1, bytes);
  try {
    const table = fixture.open(1);
    for (let block = 0; block < table.blockCount; block++) table.block(block);
  } catch (error) {
    if (!(error instanceof CorruptionError)) throw error;
    expect(error.file).toBe("db/00001.sst");
    expect(error.offset).toBeGreaterThanOrEqual(0);
    return error;
  }
  return undefined;
}

/** The table's bytes with `change` made to them and the index checksum made right again. */
function withIndex(bytes: Uint8Array, change: (view: DataView, indexOffset: number) => void): Uint8Array {
  const changed = bytes.slice();
  const view = new DataView(changed.buffer);
  const indexEnd = view.getUint32(changed.length - 4) - 4;
  const indexOffset = view.getUint32(indexEnd);
  change(view, indexOffset);
  view.setUint32(indexEnd - 4, crc32(changed, indexOffset + 4, indexEnd - 4));
  return changed;
}

describe.each(TABLES)("a damaged %s table", (format, notation) => {
  const bytes = new TableFixture().write(1, format, 32, entries(notation));

  test("is read without an error while it is whole", () => {
    expect(readThrough(bytes)).toBeUndefined();
  });
  test("is refused at every length it may be cut to", () => {
    for (let length = 0; length < bytes.length; length++) {
      expect(readThrough(bytes.slice(0, length)), `cut to ${length}`).toBeInstanceOf(CorruptionError);
    }
  });
  test("is refused with any single bit flipped", () => {
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = bytes.slice();
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      expect(readThrough(flipped), `bit ${bit}`).toBeInstanceOf(CorruptionError);
    }
  });
  test("is refused with any byte replaced by 00 or ff", () => {
    for (let at = 0; at < bytes.length; at++) {
      for (const byte of [0x00, 0xff]) {
        const changed = bytes.slice();
        changed[at] = byte;
        if (byte !== bytes[at]) expect(readThrough(changed), `byte ${at} = ${byte}`).toBeInstanceOf(CorruptionError);
      }
    }
  });
  test("is refused with bytes behind its end", () => {
    expect(readThrough(Uint8Array.of(...bytes, 0))).toBeInstanceOf(CorruptionError);
  });
});

describe("an index whose checksum is right", () => {
  const bytes = new TableFixture().write(1, "plain", 16, entries("aa=11 ab=22"));

  test("is accepted as it was written", () => {
    expect(readThrough(withIndex(bytes, () => {}))).toBeUndefined();
  });
  test.each<[string, (view: DataView, indexOffset: number) => void]>([
    ["no blocks", (view, at) => view.setUint32(at, 0)],
    ["more blocks than its bytes could hold", (view, at) => view.setUint32(at, 0xffff_ffff)],
    ["a block less than its bytes say", (view, at) => view.setUint32(at, 1)],
    ["a first block that is not at 0", (view, at) => view.setUint32(at + 4, 1)],
    ["two blocks at one place", (view, at) => view.setUint32(at + 16, 0)],
    ["a block that reaches into the index", (view, at) => view.setUint32(at + 16, at - 4)],
    ["an empty first key", (view, at) => view.setUint16(at + 8, 0)],
    ["an empty last key", (view, at) => view.setUint16(at + 12, 0)],
    ["a key beyond its end", (view, at) => view.setUint16(at + 24, 0xffff)],
  ])("is refused when it claims %s", (_, change) => {
    expect(readThrough(withIndex(bytes, change))).toBeInstanceOf(CorruptionError);
  });
  test("is refused when a timestamp in it is larger than 2^53-1", () => {
    const versioned = new TableFixture().write(1, "mvcc", 4096, entries("aa@5=11"));
    const firstTimestamp = 4 + 4 + 2 + 2;
    const changed = withIndex(versioned, (view, at) => view.setUint32(at + firstTimestamp, 0x0020_0000));
    expect(readThrough(changed)?.message).toContain("2^53-1");
  });
});
