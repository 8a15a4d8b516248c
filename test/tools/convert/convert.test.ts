import { readFileSync, truncateSync } from "node:fs";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { MiniLsm } from "../../../src/engine/mini-lsm.ts";
import { type DatabaseFormat, DATABASE_FORMATS as FORMATS } from "../../../src/options.ts";
import { type Conversion, convertDatabase } from "../../../src/tools/convert/convert.ts";
import { EntryRefusedError } from "../../../src/tools/convert/copy-entries.ts";
import { quietWatch, type TextEntry, text, Workspace } from "../../support/conversions.ts";

const PAIRS = FORMATS.flatMap((from) => FORMATS.map((to) => [from, to] as const));

let space: Workspace;
beforeEach(() => {
  space = new Workspace();
});
afterEach(() => space[Symbol.dispose]());

function convert(from: string, to: string, format: DatabaseFormat, watch = quietWatch()): Promise<Conversion> {
  return convertDatabase({ from: space.at(from), to: space.at(to), format }, watch);
}

const FRUIT: readonly TextEntry[] = [
  ["apple", "red"],
  ["banana", "\x00\xff"],
  ["\xff", "v".repeat(65_535)],
  ["k".repeat(65_535), "1"],
];
const SORTED_FRUIT = [...FRUIT].sort(([a], [b]) => (a < b ? -1 : 1));

describe("a conversion", () => {
  test.each(PAIRS)("from %s to %s holds the same entries, and says how many", async (from, to) => {
    await space.make("a", FRUIT, { format: from });
    const conversion = await convert("a", "b", to);
    expect(await space.read("b")).toEqual(SORTED_FRUIT);
    expect(conversion).toMatchObject({
      entries: 4,
      keyBytes: 5 + 6 + 1 + 65_535,
      valueBytes: 3 + 2 + 65_535 + 1,
      from: { format: from },
      to: { format: to },
    });
    const sizeBytes = Object.values(space.files("b")).reduce((sum, content) => sum + content.length, 0);
    expect(conversion.to.sizeBytes).toBe(sizeBytes);
  });

  test.each(PAIRS)("from %s to %s leaves a database of that format, flushed and closed", async (from, to) => {
    await space.make("a", FRUIT, { format: from });
    await convert("a", "b", to);
    expect(space.names("b")).toEqual(["00000.sst", "MANIFEST"]);
    expect(space.names()).toEqual(["a", "b"]);
    const database = await MiniLsm.open(space.at("b"), { format: to, createIfMissing: false, useThread: false });
    expect(database.format).toBe(to);
    database.put("new", "value");
    await database.close();
    expect(await space.read("b")).toHaveLength(5);
  });

  test("takes no older versions and no deletes, from tables and logs alike", async () => {
    const options = { format: "mvcc", compaction: { strategy: "none" }, useThread: false } as const;
    const database = await MiniLsm.open(space.at("a"), options);
    database.put("a", "old");
    database.put("b", "deleted");
    database.put("c", "old");
    await database.flush();
    database.put("a", "new");
    database.delete("b");
    await database.flush();
    database.put("c", "newer");
    database.delete("a");
    await database.close();
    expect(space.names("a").filter((name) => name.endsWith(".wal"))).not.toEqual([]);

    await convert("a", "b", "mvcc");
    expect(await space.read("b")).toEqual([["c", "newer"]]);
    expect(readFileSync(space.at("b/00000.sst"), "latin1")).not.toMatch(/old|deleted/);
  });

  test("leaves the old database as it was, byte for byte", async () => {
    await space.make("a", FRUIT);
    const before = space.files("a");
    await convert("a", "b", "mvcc");
    expect(space.files("a")).toEqual(before);
  });

  test.each([
    ["plain", []],
    ["mvcc", [expect.stringMatching(/b is empty, .+ does not say that it is mvcc/)]],
    ["native", []],
  ] as const)("of an empty database is an empty one of format %s", async (format, expected) => {
    await space.make("a", []);
    const warnings: string[] = [];
    const watch = quietWatch({ warn: (message) => warnings.push(message) });
    expect(await convert("a", "b", format, watch)).toMatchObject({ entries: 0, keyBytes: 0, valueBytes: 0 });
    expect(await space.read("b")).toEqual([]);
    expect(space.names()).toEqual(["a", "b"]);
    expect(warnings).toEqual(expected);
    const database = await MiniLsm.open(space.at("b"), { useThread: false, ...(format === "mvcc" && { format }) });
    expect(database.format).toBe(format);
    await database.close();
  });

  test("spreads what is larger than a memtable over tables", async () => {
    const entries = Array.from({ length: 100 }, (_, index): TextEntry => [`${index + 100}`, "v".repeat(60_000)]);
    await space.make("a", entries, { memtableSizeBytes: 1 << 20 });
    await convert("a", "b", "mvcc");
    expect(await space.read("b")).toEqual(entries);
    expect(space.names("b").length).toBeGreaterThan(2);
  });

  test("passes on what the old database warns of", async () => {
    await space.make("a", [
      ["a", "1"],
      ["b", "2"],
    ]);
    const log = space.names("a").find((name) => name.endsWith(".wal"));
    truncateSync(space.at(`a/${log}`), 12);
    const warnings: string[] = [];
    await convert("a", "b", "mvcc", quietWatch({ warn: (message) => warnings.push(message) }));
    expect(warnings).toEqual([expect.stringContaining("incomplete")]);
    expect(await space.read("b")).toEqual([["a", "1"]]);
  });

  test("begins once and tells how far it came", async () => {
    await space.make(
      "a",
      Array.from({ length: 600 }, (_, index) => [`${index}`, "v"]),
    );
    const told: unknown[] = [];
    const begin = () => void told.push("begin");
    const breathe = async (entries: number) => void told.push(entries);
    await convert("a", "b", "mvcc", quietWatch({ begin, breathe, isBreathDue: () => true }));
    expect(told).toEqual(["begin", 256, 512]);
  });
});

describe("a conversion that comes to nothing", () => {
  const many = Array.from({ length: 600 }, (_, index): TextEntry => [`${index}`, "v"]);

  test("because it was interrupted leaves nothing behind", async () => {
    await space.make("a", many);
    const controller = new AbortController();
    const breathe = async () => controller.abort(new Error("stop"));
    const watch = quietWatch({ signal: controller.signal, isBreathDue: () => true, breathe });
    await expect(convert("a", "b", "mvcc", watch)).rejects.toThrow("stop");
    expect(space.names()).toEqual(["a"]);
    expect(await convert("a", "b", "mvcc")).toMatchObject({ entries: 600 });
  });

  test("because it was interrupted at its end leaves nothing behind", async () => {
    await space.make("a", many);
    const controller = new AbortController();
    const begin = () => controller.abort(new Error("stop"));
    await expect(convert("a", "b", "mvcc", quietWatch({ signal: controller.signal, begin }))).rejects.toThrow("stop");
    expect(space.names()).toEqual(["a"]);
  });

  test.each([
    ["is not there", "missing", "DATABASE_MISSING"],
    ["is no directory", "a/MANIFEST", "NOT_A_DATABASE"],
    ["holds no database", "a/..", "DATABASE_MISSING"],
  ])("because the old one %s makes and changes nothing", async (_, from, code) => {
    await space.make("a", many);
    const before = space.names();
    await expect(convert(from, "elsewhere", "mvcc")).rejects.toMatchObject({ code });
    expect(space.names()).toEqual(before);
  });

  test("because the old one is open leaves nothing behind", async () => {
    await space.make("a", many);
    const database = await MiniLsm.open(space.at("a"), { useThread: false });
    await expect(convert("a", "b", "mvcc")).rejects.toMatchObject({ code: "LOCKED" });
    await database.close();
    expect(space.names()).toEqual(["a"]);
    await convert("a", "b", "mvcc");
  });

  test("because the old one is damaged leaves nothing behind", async () => {
    await space.make("a", many, { durability: "none" });
    truncateSync(space.at("a/00000.sst"), 100);
    await expect(convert("a", "b", "mvcc")).rejects.toMatchObject({ code: "CORRUPTION" });
    expect(space.names()).toEqual(["a"]);
  });

  test("because the new one is there changes neither", async () => {
    await space.make("a", many);
    await space.make("b", FRUIT);
    const before = [space.files("a"), space.files("b")];
    await expect(convert("a", "b", "mvcc")).rejects.toMatchObject({ code: "DATABASE_EXISTS" });
    expect([space.files("a"), space.files("b")]).toEqual(before);
  });

  test("because one directory lies in the other changes nothing", async () => {
    await space.make("a", many);
    const before = space.files("a");
    await expect(convert("a", "a/b", "mvcc")).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    expect(space.files("a")).toEqual(before);
  });
});

describe("what only native holds", () => {
  const WIDE: readonly TextEntry[] = [
    ["", "of no key"],
    ["a", ""],
    ["b", "v".repeat(3 << 20)],
    ["c", "1"],
  ];

  test("goes from native to native", async () => {
    await space.make("a", WIDE, { format: "native" });
    await convert("a", "b", "native");
    expect(await space.read("b")).toEqual(WIDE);
  });

  test.each([
    ["an empty key", ["", "v"], "KEY_EMPTY", "a key of 0 bytes with a value of 1 byte"],
    ["an empty value", ["b\x00", ""], "VALUE_EMPTY", "a key of 2 bytes with a value of 0 bytes"],
    [
      "a value of 65 536 bytes",
      ["b", "v".repeat(65_536)],
      "VALUE_TOO_LARGE",
      "a key of 1 byte with a value of 65536 bytes",
    ],
  ] as const)("does not go elsewhere, and leaves nothing behind: %s", async (_, entry, code, sizes) => {
    await space.make("a", [["a", "1"], entry, ["c", "1"]], { format: "native" });
    for (const format of ["plain", "mvcc"] as const) {
      const error = await convert("a", "b", format).catch((reason: unknown) => reason);
      if (!(error instanceof EntryRefusedError)) throw error;
      expect([error.code, text(error.key)]).toEqual([code, entry[0]]);
      expect(error.message).toMatch(new RegExp(`^${sizes} does not fit into the format ${format}: `));
      expect(space.names()).toEqual(["a"]);
    }
  });

  test.each([
    ["one by one", ["", "a", "b"].map((key) => ({ type: "delete", key }) as const)],
    ["as a range", [{ type: "deleteRange", lt: "c" } as const]],
  ])("is no obstacle once it was deleted, %s", async (_, writes) => {
    await space.make("a", WIDE, { format: "native" });
    const database = await MiniLsm.open(space.at("a"), { useThread: false });
    database.write(writes);
    await database.close();
    await convert("a", "b", "plain");
    expect(await space.read("b")).toEqual([["c", "1"]]);
  });
});

/** Any bytes, few of them. */
function binary(minLength: number, maxLength: number): fc.Arbitrary<string> {
  return fc.uint8Array({ minLength, maxLength }).map((content) => Buffer.from(content).toString("latin1"));
}

/** Formats from the first database's to the last one's, and entries that all of them hold. */
const chain = fc.array(fc.constantFrom(...FORMATS), { minLength: 3, maxLength: 4 }).chain((formats) => {
  const minLength = formats.every((format) => format === "native") ? 0 : 1;
  const entry: fc.Arbitrary<TextEntry> = fc.tuple(binary(minLength, 6), binary(minLength, 40));
  return fc.tuple(fc.constant(formats), fc.array(entry, { maxLength: 60 }));
});

test("conversions over any formats end with what they began with", async () => {
  let number = 0;
  const memtableSize = fc.integer({ min: 1024, max: 4096 });
  const property = fc.asyncProperty(chain, memtableSize, async ([formats, entries], memtableSizeBytes) => {
    number++;
    const name = (step: number): string => `${number}-${step}`;
    await space.make(name(0), entries, { format: formats[0], memtableSizeBytes });
    for (const [step, format] of formats.slice(1).entries()) await convert(name(step), name(step + 1), format);
    const expected = [...new Map(entries)].sort(([a], [b]) => (a < b ? -1 : 1));
    expect(await space.read(name(formats.length - 1))).toEqual(expected);
  });
  await fc.assert(property, { numRuns: 20 });
}, 60_000);
