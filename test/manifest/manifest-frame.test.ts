import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { crc32 } from "../../src/codec/crc32.ts";
import { CorruptionError } from "../../src/errors.ts";
import type { Edit } from "../../src/manifest/edit.ts";
import { decodeEdit } from "../../src/manifest/edit-json.ts";
import { decodeFrames, encodeFrame } from "../../src/manifest/manifest-frame.ts";

const goldenDatabases = new URL("../../../shared/golden/db/", import.meta.url);

const FIRST: Edit = { kind: "newMemtable", id: 0 };
const SECOND: Edit = { kind: "flush", id: 0 };
const FIRST_HEX = "00000000000000117b224e65774d656d7461626c65223a307d9a9fea53";
const SECOND_HEX = "000000000000000b7b22466c757368223a307d9f71f821";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const bytesOf = (...edits: Edit[]): Buffer => Buffer.concat(edits.map(encodeFrame));
const editsIn = (bytes: Uint8Array): Edit[] => decodeFrames(bytes, "MANIFEST").records.map((record) => record.edit);

/** What reading says: the number of records and where the torn tail starts, or the offset of the damage. */
function outcome(bytes: Uint8Array): string {
  try {
    const { records, sizeBytes } = decodeFrames(bytes, "MANIFEST");
    return `${records.length} records, ${sizeBytes} bytes`;
  } catch (error) {
    if (!(error instanceof CorruptionError)) throw error;
    return `damage at ${error.offset}`;
  }
}

describe("manifest frames", () => {
  test("have the reference's bytes", () => {
    expect(hex(encodeFrame(FIRST))).toBe(FIRST_HEX);
    expect(hex(encodeFrame(SECOND))).toBe(SECOND_HEX);
  });

  test.each([
    [
      '{"Compaction":[{"ForceFullCompaction":{"l0_sstables":[3,1],"l1_sstables":[]}},[4]]}',
      "0000000000000053",
      "139d3f18",
    ],
    [
      '{"Compaction":[{"Simple":{"upper_level":null,"upper_level_sst_ids":[2,1],"lower_level":1,"lower_level_sst_ids":[],"is_lower_level_bottom_level":false}},[3]]}',
      "000000000000009d",
      "4b9b7b80",
    ],
    [
      '{"Compaction":[{"Leveled":{"upper_level":3,"upper_level_sst_ids":[7],"lower_level":4,"lower_level_sst_ids":[5,6],"is_lower_level_bottom_level":true}},[8,9]]}',
      "000000000000009d",
      "c011b51c",
    ],
    [
      '{"Compaction":[{"Tiered":{"tiers":[[3,[3]],[2,[2]],[1,[1]]],"bottom_tier_included":true}},[4]]}',
      "000000000000005f",
      "e4ee1a03",
    ],
  ])("%s has the reference's length and checksum", (json, length, checksum) => {
    const edit = decodeEdit(Buffer.from(json));
    expect(hex(encodeFrame(edit))).toBe(length + hex(Buffer.from(json)) + checksum);
  });

  test("are read in order, each with its offset", () => {
    const { records, sizeBytes } = decodeFrames(bytesOf(FIRST, SECOND), "MANIFEST");
    expect(records).toEqual([
      { offset: 0, edit: FIRST },
      { offset: 29, edit: SECOND },
    ]);
    expect(sizeBytes).toBe(52);
  });

  test("may be none", () => {
    expect(outcome(Buffer.alloc(0))).toBe("0 records, 0 bytes");
  });
});

describe("a torn tail", () => {
  const whole = bytesOf(FIRST, SECOND);

  test.each(Array.from({ length: 29 }, (_, cut) => cut))(
    "cut at byte %i of the first frame leaves no record",
    (cut) => {
      expect(outcome(whole.subarray(0, cut))).toBe("0 records, 0 bytes");
    },
  );

  test.each(Array.from({ length: 23 }, (_, cut) => 29 + cut))(
    "cut at byte %i, in the second, leaves the first",
    (cut) => {
      expect(outcome(whole.subarray(0, cut))).toBe("1 records, 29 bytes");
    },
  );

  test.each([1, 7, 8, 11, 12, 13, 4096])("of %i zeros is no record", (zeros) => {
    expect(outcome(Buffer.concat([whole, Buffer.alloc(zeros)]))).toBe("2 records, 52 bytes");
  });

  test("whose last bytes never arrived and read as zeros is a tail from every byte of its frame on", () => {
    for (let arrived = 29; arrived <= 52 - 4; arrived++) {
      for (const sizeBytes of [52, 60, 4096]) {
        const bytes = Buffer.alloc(sizeBytes);
        whole.copy(bytes, 0, 0, arrived);
        expect(outcome(bytes), `${arrived} bytes of ${sizeBytes}`).toBe("1 records, 29 bytes");
      }
    }
  });

  test("of which any sectors never arrived is a tail, wherever its frame begins", () => {
    const outputs = Array.from({ length: 150 }, (_, index) => 1000 + index);
    const task = { strategy: "full", level0: [1], level1: [2] } as const;
    const last = encodeFrame({ kind: "compaction", task, outputs });
    for (let start = 0; start < SECTOR; start++) {
      const before = startingAt(start);
      const bytes = Buffer.concat([before, last]);
      const torn = `${editsIn(before).length} records, ${before.length} bytes`;
      for (const lost of subsetsOf(sectorsFrom(before.length, bytes.length))) {
        const left = Buffer.from(bytes);
        for (const [from, to] of lost) left.fill(0, from, to);
        if (left.equals(bytes)) continue;
        expect(outcome(left), `frame at ${before.length}, lost ${JSON.stringify(lost)}`).toBe(torn);
      }
    }
  });
});

const SECTOR = 512;

/** Frames that end at `start` of a sector. */
function startingAt(start: number): Buffer {
  const whole = bytesOf(FIRST, FIRST);
  for (let spaces = 0; spaces < SECTOR; spaces++) {
    if ((whole.length + SECOND_HEX.length / 2 + spaces) % SECTOR !== start) continue;
    return Buffer.concat([whole, framed(`{"Flush":0}${" ".repeat(spaces)}`)]);
  }
  throw new Error(`no frames end at ${start}`);
}

function framed(json: string): Buffer {
  const frame = Buffer.alloc(8 + json.length + 4);
  frame.writeBigUInt64BE(BigInt(json.length));
  frame.write(json, 8);
  frame.writeUInt32BE(crc32(Buffer.from(json), 0, json.length), 8 + json.length);
  return frame;
}

function sectorsFrom(start: number, end: number): [from: number, to: number][] {
  const sectors: [number, number][] = [];
  for (let from = start; from < end; ) {
    const to = Math.min(from + SECTOR - (from % SECTOR), end);
    sectors.push([from, to]);
    from = to;
  }
  return sectors;
}

function subsetsOf<Item>(items: readonly Item[]): Item[][] {
  return Array.from({ length: 2 ** items.length }, (_, chosen) =>
    items.filter((_item, index) => chosen & (1 << index)),
  );
}

describe("damage", () => {
  test.each([
    ["a wrong checksum in the last frame", FIRST_HEX.replace("9a9f", "9a9e"), 0],
    ["a wrong checksum in the second frame", FIRST_HEX + SECOND_HEX.replace("9f71", "9f70") + FIRST_HEX, 29],
    ["an empty frame before others", `${"00".repeat(12)}${FIRST_HEX}`, 0],
    ["zeros between frames", `${FIRST_HEX}${"00".repeat(30)}${SECOND_HEX}`, 29],
    ["a frame cut short before a whole one", `${FIRST_HEX.slice(0, 40)}${SECOND_HEX}`, 0],
    ["an absurd length before a whole frame", `80${FIRST_HEX.slice(2)}${SECOND_HEX}`, 0],
    ["an absurd length of the last frame", `${FIRST_HEX}80${SECOND_HEX.slice(2)}`, 29],
  ])("%s is reported with the frame's offset", (_, bytes, offset) => {
    expect(outcome(Buffer.from(bytes, "hex"))).toBe(`damage at ${offset}`);
  });

  test("an intact frame whose record makes no sense is damage", () => {
    const frame = bytesOf({ kind: "flush", id: -1 });
    expect(() => decodeFrames(Buffer.concat([bytesOf(FIRST), frame]), "db/MANIFEST")).toThrow(
      "db/MANIFEST at byte 29: invalid manifest record: Flush is not a whole number",
    );
  });

  // A raised bit in the length of the last frame looks like an append that did not finish: 62 flips of 24 bytes. None
  // of them is taken for one, because what stands behind the length still is a record with its checksum.
  test("of any single bit is found, and in the frame where it is", () => {
    const whole = bytesOf(FIRST, SECOND, { kind: "newMemtable", id: 1 });
    const starts = [0, 29, 52];
    for (let bit = 0; bit < whole.length * 8; bit++) {
      const flipped = Buffer.from(whole);
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      const frame = starts.findLast((start) => start <= bit >> 3);
      expect(outcome(flipped), `bit ${bit & 7} of byte ${bit >> 3}`).toBe(`damage at ${frame}`);
    }
  });

  test("in an unfinished frame cannot be told from the crash that left it", () => {
    const torn = bytesOf(FIRST, SECOND).subarray(0, 50);
    for (let bit = 29 * 8; bit < torn.length * 8; bit++) {
      const flipped = Buffer.from(torn);
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      expect(["1 records, 29 bytes", "damage at 29"]).toContain(outcome(flipped));
    }
  });
});

const goldenNames = ((): string[] => {
  try {
    return readdirSync(goldenDatabases).filter((name) => !name.endsWith(".md"));
  } catch {
    return [];
  }
})();

describe.skipIf(goldenNames.length === 0)("manifests the reference wrote", () => {
  test.each(goldenNames)("%s is written back byte for byte", (name) => {
    const bytes = readFileSync(new URL(`${name}/db/MANIFEST`, goldenDatabases));
    const { sizeBytes } = decodeFrames(bytes, "MANIFEST");
    expect(sizeBytes).toBeGreaterThan(0);
    expect(hex(bytesOf(...editsIn(bytes)))).toBe(hex(bytes.subarray(0, sizeBytes)));
    expect(sizeBytes < bytes.length).toBe(name.includes("torn-manifest"));
  });
});
