import { describe, expect, test } from "vitest";
import { mergeRuns } from "../../src/compaction/merge-sources.ts";
import { tableMerge } from "../../src/compaction/table-merge.ts";
import { MemoryFileSystem } from "../../src/fs/memory-file-system.ts";
import type { DatabaseFormat } from "../../src/options.ts";
import { BlockCache } from "../../src/sstable/block-cache.ts";
import { SSTable } from "../../src/sstable/sstable.ts";
import { TableCache } from "../../src/sstable/table-cache.ts";
import { drainText } from "../support/entries.ts";
import { entries, TableFixture } from "../support/tables.ts";

const WATERMARK = 5;

/** The tables that a merge of runs, newest first, ends with, each as its entries. Runs are written as in `entries`. */
function merged(
  format: DatabaseFormat,
  runs: readonly string[],
  tableSizeBytes: number,
  sliceBytes = 1 << 20,
): string[] {
  const inputs = new TableFixture();
  const sources = runs.map((run, id) => [inputs.make(id, format, 64, entries(run))]);
  const fs = new MemoryFileSystem();
  fs.makeDirectory("/db");
  let id = 10;
  const rules = { reachesBottom: true, watermark: WATERMARK, droppedPrefixes: [] };
  const job = tableMerge(sources, rules, {
    fs,
    directory: "/db",
    format,
    blockSizeBytes: 64,
    tableSizeBytes,
    nextId: () => id++,
  });
  let outcome = job.run(sliceBytes);
  while (outcome === "more") outcome = job.run(sliceBytes);
  const host = { tables: new TableCache(fs, "/db", 4), blocks: new BlockCache(0) };
  return outcome.map((table) => drainText(mergeRuns([[SSTable.open(host, table.id, format)]])));
}

const many = (from: number, to: number, suffix: string) =>
  Array.from({ length: to - from }, (_, index) => `k${String(from + index).padStart(3, "0")}${suffix}`).join(" ");

describe("a merge of plain tables", () => {
  test("keeps the newest entry of a key and no deletes", () => {
    expect(merged("plain", ["a=new b=", "a=old b=1 c=1"], 1 << 20)).toEqual(["a=new c=1"]);
  });

  test("ends with no table when nothing is left", () => {
    expect(merged("plain", ["a= b=", "a=1"], 1 << 20)).toEqual([]);
  });

  test("ends a table where whole blocks reach its size", () => {
    const tables = merged("plain", [many(0, 100, "=value")], 256);
    expect(tables.length).toBeGreaterThan(5);
    expect(tables.join(" ")).toBe(many(0, 100, "=value"));
  });
});

describe("a merge of versions", () => {
  test("keeps those above the watermark, and one of each key that is not", () => {
    expect(merged("mvcc", ["a@9=9 b@7=", "a@4=4 b@3=3 c@2=", "a@1=1 b@1=1 c@1=1 d@1=1"], 1 << 20)).toEqual([
      "a@9=9 a@4=4 -b@7 b@3=3 d@1=1",
    ]);
  });

  test("keeps all versions of a key in one table, far beyond its size", () => {
    const versions = Array.from({ length: 200 }, (_, index) => `k100@${300 - index}=value`).join(" ");
    const tables = merged("mvcc", [`${many(0, 20, "@7=value")} ${versions} ${many(500, 520, "@7=value")}`], 128);
    expect(tables.length).toBeGreaterThan(5);
    expect(tables.filter((table) => /(^| )k100@/.test(table))).toHaveLength(1);
    const firstKeys = tables.map((table) => table.slice(0, table.indexOf("@")));
    expect(new Set(firstKeys).size).toBe(tables.length);
  });

  test("writes the same in slices of any size", () => {
    const runs = [many(0, 50, "@9=new"), many(0, 80, "@3=old"), many(20, 99, "@1=")];
    const whole = merged("mvcc", runs, 512);
    for (const sliceBytes of [1, 100, 1000]) expect(merged("mvcc", runs, 512, sliceBytes)).toEqual(whole);
  });
});
