import { readFileSync, truncateSync } from "node:fs";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { MiniLsm } from "../../../src/engine/mini-lsm.ts";
import type { DatabaseFormat } from "../../../src/options.ts";
import { type Conversion, convertDatabase } from "../../../src/tools/convert/convert.ts";
import { quietWatch, type TextEntry, Workspace } from "../../support/conversions.ts";

const FORMATS: readonly DatabaseFormat[] = ["plain", "mvcc"];
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

  test("of an empty database is an empty database", async () => {
    await space.make("a", []);
    expect(await convert("a", "b", "plain")).toMatchObject({ entries: 0, keyBytes: 0, valueBytes: 0 });
    expect(await space.read("b")).toEqual([]);
    expect(space.names()).toEqual(["a", "b"]);
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

/** Of any bytes, most of them short and some alike. */
const entry: fc.Arbitrary<TextEntry> = fc.tuple(binary(1, 6), binary(1, 40));

function binary(minLength: number, maxLength: number): fc.Arbitrary<string> {
  return fc.uint8Array({ minLength, maxLength }).map((content) => Buffer.from(content).toString("latin1"));
}

test("conversions over any formats end with what they began with", async () => {
  let number = 0;
  const property = fc.asyncProperty(
    fc.array(entry, { maxLength: 60 }),
    fc.array(fc.constantFrom(...FORMATS), { minLength: 3, maxLength: 4 }),
    fc.integer({ min: 1024, max: 4096 }),
    async (entries, [first = "plain", ...formats], memtableSizeBytes) => {
      number++;
      const name = (step: number): string => `${number}-${step}`;
      await space.make(name(0), entries, { format: first, memtableSizeBytes });
      for (const [step, format] of formats.entries()) await convert(name(step), name(step + 1), format);
      const expected = [...new Map(entries)].sort(([a], [b]) => (a < b ? -1 : 1));
      expect(await space.read(name(formats.length))).toEqual(expected);
    },
  );
  await fc.assert(property, { numRuns: 40 });
});
