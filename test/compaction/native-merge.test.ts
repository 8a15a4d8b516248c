import { describe, expect, test } from "vitest";
import { mergeRuns } from "../../src/compaction/merge-sources.ts";
import { tableMerge } from "../../src/compaction/table-merge.ts";
import { MemoryFileSystem } from "../../src/fs/memory-file-system.ts";
import { BlockCache } from "../../src/sstable/block-cache.ts";
import { SSTable } from "../../src/sstable/sstable.ts";
import { TableCache } from "../../src/sstable/table-cache.ts";
import { drainText, latin1 } from "../support/entries.ts";
import { rangeDeletes, showRangeDeletes } from "../support/range-deletes.ts";
import { DATABASE_ID, entries, TableFixture } from "../support/tables.ts";

const WATERMARK = 5;
const TABLE_SIZE_BYTES = 64;

type Merge = {
  readonly tableSizeBytes?: number;
  readonly sliceBytes?: number;
  readonly reachesBottom?: boolean;
};

/** The tables that a merge of tables, newest first, ends with. A table is its entries and its range deletes, apart by ` | `. */
function merge(tables: readonly string[], { tableSizeBytes = 1 << 20, sliceBytes = 1, ...rules }: Merge): SSTable[] {
  const inputs = new TableFixture();
  const sources = tables.map((table, id) => {
    const [given = "", deleted = ""] = table.split(/ ?\| ?/);
    return [inputs.make(id, "native", 32, given === "" ? [] : entries(given), rangeDeletes(deleted).fragments)];
  });
  const fs = new MemoryFileSystem();
  fs.makeDirectory("/db");
  let id = 10;
  const target = { fs, directory: "/db", format: "native", blockSizeBytes: 32, databaseId: DATABASE_ID } as const;
  const job = tableMerge(
    sources,
    { reachesBottom: false, watermark: WATERMARK, droppedPrefixes: [], ...rules },
    { ...target, tableSizeBytes, nextId: () => id++ },
  );
  let outcome = job.run(sliceBytes);
  while (outcome === "more") outcome = job.run(sliceBytes);
  const host = { tables: new TableCache(fs, "/db", 4), blocks: new BlockCache(0), databaseId: DATABASE_ID };
  return outcome.map((table) => {
    const opened = SSTable.open(host, table.id, "native");
    // What the manifest will know is what the file says.
    expect([opened.firstKey, opened.lastKey]).toEqual([table.firstKey, table.lastKey]);
    expect([opened.rangeDeletes.fragmentCount, opened.maxTimestamp]).toEqual([
      table.rangeDeleteCount,
      table.maxTimestamp,
    ]);
    return opened;
  });
}

function shown(tables: readonly SSTable[]): string[] {
  return tables.map((table) => `${drainText(mergeRuns([[table]]))} | ${showRangeDeletes(table.rangeDeletes)}`);
}

function merged(tables: readonly string[], options: Merge = {}): string[] {
  return shown(merge(tables, options));
}

describe("a merge of native tables", () => {
  test.each([
    [
      "drops what is hidden and goes on hiding what lies below",
      [" | [b,d)@4", "a@1=1 b@1=1 c@5=5"],
      ["a@1=1 c@5=5 | [b,d)@4"],
    ],
    ["drops nothing under a range delete above the watermark", [" | [b,d)@6", "b@1=1"], ["b@1=1 | [b,d)@6"]],
    [
      "makes range deletes of all inputs one list",
      ["z@9=9 | [a,c)@9", "z@8=8 | [b,d)@8,2"],
      ["z@9=9 z@8=8 | [a,b)@9 [b,c)@9,8,2 [c,d)@8,2"],
    ],
    ["writes a table of range deletes alone", [" | [a,c)@4", "a@1=1 b@2=2"], [" | [a,c)@4"]],
    ["merges tables that hold nothing else", [" | [a,c)@4", " | [b,d)@3"], [" | [a,c)@4 [c,d)@3"]],
    ["keeps empty keys and empty values", ['@2="" b@3=""', "@1=x | [,a)@1"], ["@2= b@3= | [,a)@1"]],
  ])("%s", (_, tables, expected) => {
    expect(merged(tables)).toEqual(expected);
  });

  test.each([
    ["ends with no table when nothing is left", [" | [a,z)@5", "a@1=1 b@4=4 -c@2"], []],
    ["keeps what a reader may yet see", [" | [a,z)@6,5", "a@9=9 a@1=1 b@4=4"], ["a@9=9 | [a,z)@6"]],
  ])("at the bottom %s", (_, tables, expected) => {
    expect(
      merged(
        tables.map((table) => table.replace("-c@2", "c@2=")),
        { reachesBottom: true },
      ),
    ).toEqual(expected);
  });
});

describe("a merge into several tables", () => {
  const letters = "bcdefghijklmnopq";
  const all = [...letters].map((letter) => `${letter}@7=value-of-${letter}`).join(" ");

  test("cuts a range delete behind the last key of each", () => {
    const tables = merge([` | [a,z)@9`, all], { tableSizeBytes: TABLE_SIZE_BYTES });
    expect(tables.length).toBeGreaterThan(3);
    const lastKeys = tables.slice(0, -1).map((table) => latin1(table.lastKey));
    expect([...lastKeys].every((key) => letters.includes(key))).toBe(true);
    const froms = ["a", ...lastKeys.map((key) => `${key}\0`)];
    const tos = [...lastKeys.map((key) => `${key}\0`), "z"];
    expect(tables.map((table) => showRangeDeletes(table.rangeDeletes))).toEqual(
      froms.map((from, index) => `[${from},${tos[index]})@9`),
    );
    expect(tables.map((table) => latin1(table.firstKey))).toEqual(froms);
    expect(
      shown(tables)
        .map((table) => table.split(" | ")[0])
        .join(" "),
    ).toBe(all);
  });

  test("gives each what lies before it and between its entries, and the last the rest", () => {
    const [first, ...others] = merged([`${all} | [A,B)@9 [c,c\0)@8 [x,y)@7`], { tableSizeBytes: TABLE_SIZE_BYTES });
    expect(first).toMatch(/ \| \[A,B\)@9 \[c,c\0\)@8$/);
    expect(others.slice(0, -1).every((table) => table.endsWith(" | "))).toBe(true);
    expect(others.at(-1)).toMatch(/ \| \[x,y\)@7$/);
  });

  test("keeps all versions of a key and what hides them in one table", () => {
    const versions = Array.from({ length: 30 }, (_, index) => `m@${99 - index}=a-long-value`).join(" ");
    const tables = merge([`b@9=1 c@9=1 ${versions} n@9=1 o@9=1 | [a,z)@98`], { tableSizeBytes: TABLE_SIZE_BYTES });
    const holders = tables.filter((table) => drainText(mergeRuns([[table]])).includes("m@"));
    expect(holders).toHaveLength(1);
    expect(holders[0]?.rangeDeletes.newestOver(Buffer.from("m"), 0, 1, 99)).toBe(98);
  });

  test("writes the same in slices of any size", () => {
    const given = [`${all} | [A,d)@9,4 [e,m)@8`, "a@3=3 f@2=2 z@1=1 | [b,z)@3"];
    const whole = merged(given, { tableSizeBytes: TABLE_SIZE_BYTES, sliceBytes: 1 << 20 });
    expect(whole.length).toBeGreaterThan(3);
    for (const sliceBytes of [1, 10, 100]) {
      expect(merged(given, { tableSizeBytes: TABLE_SIZE_BYTES, sliceBytes })).toEqual(whole);
    }
  });
});

describe("a merge under a range delete", () => {
  test("does not read tables of which nobody sees anything", () => {
    const inputs = new TableFixture();
    const newest = inputs.make(1, "native", 32, [], rangeDeletes("[b,y)@5").fragments);
    const hidden = inputs.make(2, "native", 32, entries("c@4=4 m@3=3"));
    const seen = inputs.make(3, "native", 32, entries("x@4=4 z@2=2"));
    // Its blocks would not be found: the file is gone.
    inputs.put(2, new Uint8Array(0));
    expect(() => drainText(mergeRuns([[hidden]]))).toThrow();
    const fs = new MemoryFileSystem();
    fs.makeDirectory("/db");
    const job = tableMerge(
      [[newest], [hidden, seen]],
      { reachesBottom: false, watermark: WATERMARK, droppedPrefixes: [] },
      {
        fs,
        directory: "/db",
        format: "native",
        blockSizeBytes: 32,
        databaseId: DATABASE_ID,
        tableSizeBytes: 1 << 20,
        nextId: () => 9,
      },
    );
    const outcome = job.run(1 << 20);
    expect(outcome !== "more" && outcome.map((table) => table.entryCount)).toEqual([1]);
  });
});
