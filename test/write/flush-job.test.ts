import { beforeEach, describe, expect, test } from "vitest";
import type { Call, Injection } from "../../src/fs/memory-calls.ts";
import { MemoryFileSystem } from "../../src/fs/memory-file-system.ts";
import { TIMESTAMP_MAX } from "../../src/key.ts";
import type { DatabaseFormat } from "../../src/options.ts";
import { BlockCache } from "../../src/sstable/block-cache.ts";
import { SSTable } from "../../src/sstable/sstable.ts";
import { SSTableIterator } from "../../src/sstable/sstable-iterator.ts";
import { TableCache } from "../../src/sstable/table-cache.ts";
import { FlushJob } from "../../src/write/flush-job.ts";
import { drainText } from "../support/entries.ts";
import { memtableOf } from "../support/memtable.ts";

const ENTRIES = "a@1=1 b@2=1 -a@3 c@3=1 b@4=2";

let fs: MemoryFileSystem;
beforeEach(() => {
  fs = new MemoryFileSystem();
  fs.makeDirectory("/db");
});

function flushJob(format: DatabaseFormat, notation = ENTRIES): FlushJob {
  const memtable = memtableOf(notation);
  memtable.freeze();
  const entries = format === "plain" ? memtable.visibleIterator(TIMESTAMP_MAX) : memtable.versionIterator();
  return new FlushJob(7, entries, { fs, directory: "/db", format, blockSizeBytes: 128 });
}

/** Runs a job to its end and counts its slices. */
function finish(job: FlushJob, sliceBytes: number): { readonly slices: number; readonly text: string } {
  let slices = 1;
  for (; job.run(sliceBytes) === "more"; slices++);
  const host = { tables: new TableCache(fs, "/db", 4), blocks: new BlockCache(0) };
  const iterator = new SSTableIterator(SSTable.open(host, 7));
  iterator.seekToFirst();
  const text = drainText(iterator);
  host.tables.closeAll();
  return { slices, text };
}

describe("a flush", () => {
  test.each<[DatabaseFormat, string]>([
    ["plain", "-a b=2 c=1"],
    ["mvcc", "-a@3 a@1=1 b@4=2 b@2=1 c@3=1"],
  ])("in format %s writes %s", (format, expected) => {
    expect(finish(flushJob(format), 1 << 20)).toEqual({ slices: 1, text: expected });
  });

  test("in slices of any size writes the same bytes", () => {
    const many = Array.from({ length: 200 }, (_, index) => `k${index}@${index + 1}=value${index}`).join(" ");
    const whole = finish(flushJob("plain", many), 1 << 20);
    const bytes = readTable();
    for (const [sliceBytes, slicesMin] of [
      [1, 200],
      [10, 100],
      [100, 10],
      [1000, 2],
    ] as const) {
      const sliced = finish(flushJob("plain", many), sliceBytes);
      expect(sliced.text).toBe(whole.text);
      expect(sliced.slices).toBeGreaterThanOrEqual(slicesMin);
      expect(readTable()).toBe(bytes);
    }
  });

  test("is durable, name and bytes, when it says it is done", () => {
    const { text } = finish(flushJob("plain"), 1);
    fs = fs.crash("none");
    expect(fs.list("/db")).toEqual(["00007.sst"]);
    const host = { tables: new TableCache(fs, "/db", 4), blocks: new BlockCache(0) };
    const iterator = new SSTableIterator(SSTable.open(host, 7));
    iterator.seekToFirst();
    expect(drainText(iterator)).toBe(text);
  });

  test("overwrites what a crash left under its name", () => {
    const file = fs.open("/db/00007.sst", "create");
    file.append(Buffer.alloc(100_000, "x"), 0, 100_000);
    file.close();
    expect(finish(flushJob("plain"), 1 << 20).text).toBe("-a b=2 c=1");
  });

  test("that is given up leaves nothing", () => {
    const job = flushJob("plain");
    expect(job.run(1)).toBe("more");
    expect(fs.list("/db")).toEqual(["00007.sst"]);
    job.cancel();
    job.cancel();
    expect(fs.list("/db")).toEqual([]);
    expect(fs.openFiles).toBe(0);
  });

  test.each<[Call["operation"], Injection]>([
    ["create", "ENOSPC"],
    ["append", "ENOSPC"],
    ["append", { shortWriteBytes: 3 }],
    ["sync", "EIO"],
  ])("that fails at %s leaves nothing (%s)", (operation, injection) => {
    const job = flushJob("plain");
    fs.beforeCall = (call) => (call.operation === operation ? injection : undefined);
    expect(() => job.run(1 << 20)).toThrow(expect.objectContaining({ code: "IO_ERROR" }));
    expect(fs.list("/db")).toEqual([]);
    expect(fs.openFiles).toBe(0);
  });
});

function readTable(): string {
  const file = fs.open("/db/00007.sst", "read");
  const bytes = Buffer.alloc(file.sizeBytes);
  file.read(bytes, 0, bytes.length, 0);
  file.close();
  return bytes.toString("hex");
}
