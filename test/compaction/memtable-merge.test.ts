import { beforeEach, describe, expect, test } from "vitest";
import { MemtableMerge } from "../../src/compaction/memtable-merge.ts";
import { mergeRuns } from "../../src/compaction/merge-sources.ts";
import { MemoryFileSystem } from "../../src/fs/memory-file-system.ts";
import { Memtable } from "../../src/memtable/memtable.ts";
import { BlockCache } from "../../src/sstable/block-cache.ts";
import { SSTable } from "../../src/sstable/sstable.ts";
import { TableCache } from "../../src/sstable/table-cache.ts";
import type { NewTable } from "../../src/sstable/table-output.ts";
import { drainText, entries } from "../support/entries.ts";
import { put } from "../support/memtable.ts";
import { rangeDeletesIn, showRangeDeletes } from "../support/range-deletes.ts";
import { DATABASE_ID } from "../support/tables.ts";

const WATERMARK = 5;

let fs: MemoryFileSystem;
beforeEach(() => {
  fs = new MemoryFileSystem();
  fs.makeDirectory("/db");
});

/** Frozen, with the ids 3, 2, 1 in this order. One is its entries and its range deletes, apart by ` | `, oldest first. */
function memtables(newestFirst: readonly string[]): Memtable[] {
  return newestFirst.map((text, index) => {
    const memtable = new Memtable(newestFirst.length - index, { entryOverheadBytes: 8 });
    const [given = "", deleted = ""] = text.split(/ ?\| ?/);
    for (const entry of entries(given)) put(memtable, entry);
    for (const { from, to, timestamp } of rangeDeletesIn(deleted)) memtable.deleteRange(from, to, timestamp);
    memtable.freeze();
    return memtable;
  });
}

function mergeOf(newestFirst: readonly string[]): MemtableMerge {
  // As another thread would get them.
  const images = memtables(newestFirst).map((memtable) => structuredClone(memtable.image()));
  const target = { fs, directory: "/db", format: "native", blockSizeBytes: 64, databaseId: DATABASE_ID } as const;
  return new MemtableMerge(images, WATERMARK, target);
}

function finish(job: MemtableMerge, sliceBytes = 1): NewTable {
  for (;;) {
    const outcome = job.run(sliceBytes);
    if (outcome === "more") continue;
    expect(outcome).toHaveLength(1);
    return outcome[0]!;
  }
}

function flushed(newestFirst: readonly string[], sliceBytes?: number): string {
  const { id } = finish(mergeOf(newestFirst), sliceBytes);
  const host = { tables: new TableCache(fs, "/db", 4), blocks: new BlockCache(0), databaseId: DATABASE_ID };
  const table = SSTable.open(host, id, "native");
  const text = `${id}: ${drainText(mergeRuns([[table]]))} | ${showRangeDeletes(table.rangeDeletes)}`;
  host.tables.closeAll();
  return text;
}

describe("a flush of native", () => {
  test.each([
    ["makes a table of one memtable", ["a@1=1 b@2= -c@3"], "1: a@1=1 b@2= -c@3 | "],
    [
      "makes one table of several, under the id of the newest",
      ["b@9=9", "a@7=7 b@7=7", "a@6=6"],
      "3: a@7=7 a@6=6 b@9=9 b@7=7 | ",
    ],
    ["leaves out versions that nobody sees any more", ["a@5=5 b@9=9", "b@3=3 a@4=4 b@4=4"], "2: a@5=5 b@9=9 b@4=4 | "],
    [
      "leaves out what range deletes hide, within a memtable and across",
      ["d@5=5 | [a,c)@5", "a@1=1 c@1=1 d@2=2 | [c,d)@3"],
      "2: d@5=5 | [a,c)@5 [c,d)@3",
    ],
    ["keeps what a reader sees who is older than a range delete", ["| [a,c)@8", "a@1=1"], "2: a@1=1 | [a,c)@8"],
    ["keeps deletes and range deletes, which may hide what lies below", ["-a@1 | [b,c)@2"], "1: -a@1 | [b,c)@2"],
    ["takes a memtable of range deletes alone", ["| [b,c)@2"], "1:  | [b,c)@2"],
  ])("%s", (_, given, expected) => {
    expect(flushed(given)).toBe(expected);
    expect(flushed(given, 1 << 20)).toBe(expected);
  });

  test("never ends with two tables, however large it becomes", () => {
    const many = Array.from({ length: 500 }, (_, index) => `k${index}@${index + 1}=${"x".repeat(200)}`).join(" ");
    const table = finish(mergeOf([many]), 1 << 20);
    expect(table.entryCount).toBe(500);
    expect(table.sizeBytes).toBeGreaterThan(100_000);
  });

  test("sorts one memtable per slice", () => {
    const job = mergeOf(["a@3=3", "a@2=2", "a@1=1"]);
    const names = (): readonly string[] => fs.list("/db");
    for (let slice = 0; slice < 3; slice++) {
      expect(job.run(1 << 20)).toBe("more");
      expect(names()).toEqual([]);
    }
    expect(job.run(1 << 20)).not.toBe("more");
    expect(names()).toHaveLength(1);
  });

  test("leaves no file when it is cancelled or fails", () => {
    const job = mergeOf(["b@2=2", "a@1=1"]);
    job.cancel();
    for (let slice = 0; slice < 3; slice++) expect(job.run(1)).toBe("more");
    expect(fs.list("/db")).toHaveLength(1);
    job.cancel();
    expect(fs.list("/db")).toEqual([]);

    const failing = mergeOf(["b@2=2", "a@1=1"]);
    fs.beforeCall = (call) => (call.operation === "append" ? "ENOSPC" : undefined);
    expect(() => finish(failing)).toThrow("ENOSPC");
    expect([fs.list("/db"), fs.openFiles]).toEqual([[], 0]);
  });
});
