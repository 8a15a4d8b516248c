import { describe, expect, test } from "vitest";
import { MANIFEST_NAME, tableFileName } from "../../../src/fs/file-names.ts";
import { DATABASE_FORMATS, type DatabaseFormat } from "../../../src/options.ts";
import { FileBytes } from "../../../src/tools/anatomy/file-bytes.ts";
import { logSpans } from "../../../src/tools/inspect/log-spans.ts";
import { manifestSpans } from "../../../src/tools/inspect/manifest-spans.ts";
import type { Detail, Span } from "../../../src/tools/inspect/span.ts";
import { tableSpans } from "../../../src/tools/inspect/table-spans.ts";
import { GoldenDatabase, goldenNames, hasGolden } from "../../support/engine-golden.ts";
import { FaultyDatabase } from "../../support/faulty-database.ts";

/** All spans of a file, and what was said to be wrong with it. */
function inspected(
  database: Pick<FaultyDatabase, "fs">,
  name: string,
  detail: Detail,
): { spans: Span[]; faults: string[] } {
  using file = FileBytes.open(database.fs, `/db/${name}`);
  const faults: string[] = [];
  const sink = (_: string, offset: number | undefined, problem: string): void =>
    void faults.push(`${offset}: ${problem}`);
  const spans = name.endsWith(".sst")
    ? tableSpans(file, undefined, detail, sink)
    : name.endsWith(".wal")
      ? logSpans(file, undefined, detail, sink)
      : manifestSpans(file, detail, sink);
  return { spans: [...spans], faults };
}

/** Where the last field ends, when each begins where the one before it ends; else a sentence. */
function endOfFields(spans: readonly Span[]): number | string {
  let end = 0;
  for (const { offset, fields = [], what } of spans) {
    if (fields.length === 0) continue;
    if (offset !== end) return `${what} at ${offset} follows ${end}`;
    end += fields.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  }
  return end;
}

const text = (value: unknown): string => Buffer.from(value as Uint8Array).toString();

describe.each(DATABASE_FORMATS)("the spans of %s", (format) => {
  test("take every byte of every file as one field, in order", async () => {
    const database = await FaultyDatabase.make(format);
    expect(database.names.length).toBeGreaterThan(5);
    for (const name of database.names) {
      const { spans, faults } = inspected(database, name, "bytes");
      expect(faults, name).toEqual([]);
      expect(endOfFields(spans), name).toBe(database.bytes(name).length);
    }
  });

  test("hold each other: what stands in a part lies within it", async () => {
    const database = await FaultyDatabase.make(format);
    for (const name of database.names) {
      let outer = { offset: 0, sizeBytes: 0 };
      for (const span of inspected(database, name, "entries").spans) {
        if (span.depth === 0) {
          expect(span.offset, name).toBeGreaterThanOrEqual(outer.offset + outer.sizeBytes);
          outer = span;
        }
        expect(span.offset).toBeGreaterThanOrEqual(outer.offset);
        expect(span.offset + span.sizeBytes).toBeLessThanOrEqual(outer.offset + outer.sizeBytes);
      }
    }
  });

  test("show the entries of a table and of a log", async () => {
    const database = await FaultyDatabase.make(format);
    const entries = (name: string): string[] =>
      inspected(database, name, "entries")
        .spans.filter(({ what }) => what === "put" || what === "delete")
        .map(({ what, facts }) => (what === "put" ? `${text(facts.key)}=${text(facts.value)}` : `-${text(facts.key)}`));
    const newest = Array.from({ length: 40 }, (_, index) => `key0${index + 40}=third${index + 40}`);
    newest.splice(10, format === "mvcc" ? 0 : 1, "-key050");
    expect(entries(tableFileName(database.newest))).toEqual(newest);
    expect(entries(database.log)).toEqual([
      ...Array.from({ length: 10 }, (_, index) => `key10${index}=logged10${index}`),
      "-key101",
    ]);
    const ranges = inspected(database, tableFileName(database.second), "entries").spans.filter(
      ({ what }) => what === "range delete",
    );
    expect(ranges.map(({ facts }) => `${text(facts.from)} to ${text(facts.to)}`)).toEqual(
      format === "native" ? ["key040 to key050"] : [],
    );
  });

  test("of a manifest tell how the tree came to be", async () => {
    const database = await FaultyDatabase.make(format);
    const { spans } = inspected(database, MANIFEST_NAME, "entries");
    const kinds = spans.map(({ what }) => what);
    expect(kinds.filter((what) => what === "flush")).toHaveLength(3);
    const { facts } = spans.find(({ what }) => what === "compaction") as Span;
    expect(facts).toMatchObject({ strategy: "full", into: "L1", tables: database.tree.levels[0]?.tables });
    expect(kinds[0]).toBe(format === "native" ? "header" : "newMemtable");
  });
});

describe.skipIf(!hasGolden)("in the databases of the reference", () => {
  test.each(goldenNames(""))("%s, every byte has a meaning but for what was torn and damaged on purpose", (name) => {
    const golden = new GoldenDatabase(name);
    const files = golden.fileNames.filter((file) => !/torn|corrupt/.test(name) || file.endsWith(".sst"));
    expect(files.length).toBeGreaterThan(0);
    const fs = golden.copy();
    for (const file of files) {
      const { spans, faults } = inspected({ fs }, file, "bytes");
      expect(faults, file).toEqual([]);
      expect(endOfFields(spans), file).toBe(golden.file(file).length);
    }
  });
});

/** What a damaged file consists of, by kinds, with runs of the same counted. */
function shape(spans: readonly Span[]): string {
  const kinds = spans
    .filter(({ depth }) => depth === 0)
    .map(({ what, facts }) => (facts.isWhole === false && what !== "gap" ? `(${what})` : what));
  const starts = kinds.flatMap((kind, index) => (kind === kinds[index - 1] ? [] : [index]));
  return starts
    .map((start, run) => {
      const count = (starts[run + 1] ?? kinds.length) - start;
      return count === 1 ? kinds[start] : `${kinds[start]} x${count}`;
    })
    .join(" ");
}

const TAIL: { readonly [format in DatabaseFormat]: string } = {
  plain: "index filter",
  mvcc: "index filter",
  native: "range deletes index filter footer",
};

describe.each(DATABASE_FORMATS)("what is damaged, in %s,", (format) => {
  const head = format === "native" ? "header " : "";

  test("is one block of a table, and the rest is shown", async () => {
    const database = await FaultyDatabase.make(format);
    const name = tableFileName(database.deep);
    const { length } = inspected(database, name, "parts").spans.filter(({ what }) => what === "block");
    database.forge(database.deep, ({ bytes, blocks }) => {
      bytes[(blocks[1]?.start ?? 0) + 8]! ^= 1;
    });
    const { spans, faults } = inspected(database, name, "entries");
    expect(shape(spans)).toBe(`${head}block (block) block x${length - 2} ${TAIL[format]}`);
    expect(faults).toEqual([expect.stringMatching(/^\d+: the checksum of block 1 does not match$/)]);
  });

  test("is the index of a table, and its blocks are found without it", async () => {
    const database = await FaultyDatabase.make(format);
    const name = tableFileName(database.deep);
    const { length } = inspected(database, name, "parts").spans.filter(({ what }) => what === "block");
    database.forge(database.deep, ({ bytes, index, blocks }) => {
      bytes[index.start + 9]! ^= 1;
      bytes[(blocks[2]?.start ?? 0) + 8]! ^= 1;
    });
    const { spans } = inspected(database, name, "parts");
    const tail = TAIL[format].replace("index", "(index)");
    expect(shape(spans)).toBe(`${head}block x2 gap block x${length - 3} ${tail}`);
  });

  test("is a record of a log, and those behind it are shown", async () => {
    const database = await FaultyDatabase.make(format);
    const records = inspected(database, database.log, "parts").spans.filter(({ what }) => what !== "header");
    const damaged = records[2] as Span;
    database.flip(database.log, damaged.offset + damaged.sizeBytes - 6);
    const { spans, faults } = inspected(database, database.log, "parts");
    const left = spans
      .filter(({ what }) => what !== "header")
      .map(({ what, offset }) => (what === "gap" ? "gap" : offset));
    expect(left).toEqual(records.map(({ offset }) => (offset === damaged.offset ? "gap" : offset)));
    expect(faults).toEqual([`${damaged.offset}: ${damaged.sizeBytes} bytes hold no whole record`]);
  });

  test("is a frame of the manifest, and those behind it are shown", async () => {
    const database = await FaultyDatabase.make(format);
    const frames = inspected(database, MANIFEST_NAME, "parts").spans.filter(({ depth }) => depth === 0);
    const damaged = frames[2] as Span;
    database.flip(MANIFEST_NAME, damaged.offset + damaged.sizeBytes - 2);
    const { spans, faults } = inspected(database, MANIFEST_NAME, "parts");
    const offsets = spans
      .filter(({ depth }) => depth === 0)
      .map(({ what, offset }) => (what === "gap" ? "gap" : offset));
    expect(offsets).toEqual(frames.map(({ offset }) => (offset === damaged.offset ? "gap" : offset)));
    expect(faults).toEqual([`${damaged.offset}: ${damaged.sizeBytes} bytes hold no whole frame`]);
  });

  test("is the end of a log and of a manifest as a crash leaves it, and that is no fault", async () => {
    const database = await FaultyDatabase.make(format);
    for (const name of [database.log, MANIFEST_NAME]) {
      database.change(name, (bytes) => bytes.subarray(0, bytes.length - 3));
      const { spans, faults } = inspected(database, name, "parts");
      expect(spans.at(-1)?.what).toBe("gap");
      expect(faults).toEqual([]);
    }
  });
});

test("a native manifest is read on where its first frame is damaged, by what the others agree on", async () => {
  const database = await FaultyDatabase.make("native");
  const before = inspected(database, MANIFEST_NAME, "entries").spans.filter(({ what }) => what === "flush");
  for (const at of [60, 84]) {
    database.flip(MANIFEST_NAME, at);
    const { spans, faults } = inspected(database, MANIFEST_NAME, "entries");
    expect(spans.filter(({ what }) => what === "flush")).toEqual(before);
    expect(faults[0]).toMatch(/^40: the checksum of the manifest's first frame/);
    database.flip(MANIFEST_NAME, at);
  }
});

describe.each(["plain", "mvcc"] as const)("the end of a file of %s", (format) => {
  test("is damage where all of a record is there, and none where a part is missing", async () => {
    for (const [name, problem] of [
      [MANIFEST_NAME, "manifest checksum mismatched"],
      [(await FaultyDatabase.make(format)).log, "the last record is damaged: all of it is there"],
    ] as const) {
      const torn = await FaultyDatabase.make(format);
      torn.write(name, torn.bytes(name).subarray(0, -1));
      expect(inspected(torn, name, "entries").faults).toEqual([]);
      const damaged = await FaultyDatabase.make(format);
      damaged.flip(name, damaged.bytes(name).length - 1);
      const { faults, spans } = inspected(damaged, name, "entries");
      expect(faults).toEqual([`${spans.at(-1)?.offset}: ${problem}`]);
      expect(spans.at(-1)?.what).toBe("gap");
    }
  });
});
