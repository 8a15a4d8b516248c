import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { fingerprint32 } from "../../src/codec/fingerprint32.ts";
import { MemoryFileSystem } from "../../src/fs/memory-file-system.ts";
import type { LookupResult } from "../../src/iterator/storage-iterator.ts";
import { ENTRY_KIND, TIMESTAMP_MAX } from "../../src/key.ts";
import type { Options } from "../../src/options.ts";
import { CountedCalls } from "../support/counted-calls.ts";
import { EngineDatabase } from "../support/engine-database.ts";

/**
 * What operations cost, in counts: calls of the system, bytes, blocks, look-ups in the cache, memory. Whoever makes one of
 * them dearer sees it here on any machine, and says why.
 */
const ENTRIES = 2000;
const VALUE = "v".repeat(100);
/** Of a record with one write: frame, offset, synced offset, timestamp, kind, two lengths, checksum. */
const RECORD_BYTES = 41;
/** What a write takes that shares a record with others. */
const WRITE_BYTES = 9;

const keyOf = (index: number): string => String(index * 2).padStart(16, "0");
const missingKeyOf = (index: number): string => String(index * 2 + 1).padStart(16, "0");
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

type Database = { readonly database: EngineDatabase; readonly calls: CountedCalls };

function openDatabase(options: Partial<Options> = {}): Database {
  const fs = new MemoryFileSystem();
  const calls = new CountedCalls(fs);
  const durability = "process";
  const database = EngineDatabase.open({ formatOfNew: "native", durability, memtableLimit: 8, ...options }, fs);
  return { database, calls };
}

/** With all entries in one table. */
async function openFilled(options: Partial<Options> = {}): Promise<Database> {
  const opened = openDatabase(options);
  for (let index = 0; index < ENTRIES; index++) opened.database.put(keyOf(index), VALUE);
  await opened.database.engine.flush();
  await opened.database.engine.compact();
  return opened;
}

/** How often the cache was asked meanwhile, and how often in vain. */
function asked({ database }: Database, run: () => void): { readonly lookups: number; readonly misses: number } {
  const before = database.stats.blockCache;
  run();
  const after = database.stats.blockCache;
  const misses = after.misses - before.misses;
  return { lookups: after.hits - before.hits + misses, misses };
}

describe("a write", () => {
  test("that is logged is one append of the entry and 41 bytes, no read and no sync", () => {
    const { database, calls } = openDatabase();
    const cost = calls.during(() => database.put(keyOf(1), VALUE));
    expect(cost).toEqual({ reads: 0, readBytes: 0, appends: 1, appendedBytes: 16 + 100 + RECORD_BYTES, syncs: 0 });
  });
  test("of a hundred entries at once is one append too, and 9 bytes for each beside the first", () => {
    const { database, calls } = openDatabase();
    const writes = Array.from({ length: 100 }, (_, index) => ({ key: keyOf(index), value: VALUE }));
    const cost = calls.during(() => database.writeBatch(writes, false));
    const appendedBytes = 100 * (16 + 100) + RECORD_BYTES + 99 * WRITE_BYTES;
    expect(cost).toEqual({ reads: 0, readBytes: 0, appends: 1, appendedBytes, syncs: 0 });
  });
  test("without a log is no call at all", () => {
    const { database, calls } = openDatabase({ durability: "none" });
    const cost = calls.during(() => database.put(keyOf(1), VALUE));
    expect(cost).toEqual({ reads: 0, readBytes: 0, appends: 0, appendedBytes: 0, syncs: 0 });
  });
});

describe("a get", () => {
  const none = { reads: 0, readBytes: 0, appends: 0, appendedBytes: 0, syncs: 0 };

  test("of what a memtable holds asks neither the system nor the cache", () => {
    const opened = openDatabase();
    opened.database.put(keyOf(1), VALUE);
    const cost = asked(opened, () => expect(opened.calls.during(() => opened.database.get(keyOf(1)))).toEqual(none));
    expect(cost).toEqual({ lookups: 0, misses: 0 });
  });
  test("of what a table holds whose block is cached asks the cache once, for the first key of a block twice, and the system not at all", async () => {
    const opened = await openFilled();
    const getAll = (): void => {
      for (let index = 0; index < ENTRIES; index++) expect(opened.database.get(keyOf(index))).toBe(VALUE);
    };
    getAll();
    const cost = asked(opened, () => expect(opened.calls.during(getAll)).toEqual(none));
    // A key that a block begins with may have newer versions at the end of the one before.
    const blocks = Math.ceil(opened.database.stats.tableBytes / 3500);
    expect(cost.lookups).toBeGreaterThanOrEqual(ENTRIES);
    expect(cost.lookups).toBeLessThanOrEqual(ENTRIES + blocks);
    expect(cost.misses).toBe(0);
  });
  test("without a cache reads one block, with its checksum, and no more", async () => {
    const { database, calls } = await openFilled({ cacheSizeBytes: 0 });
    database.get(keyOf(0));
    const cost = calls.during(() => database.get(keyOf(ENTRIES / 2)));
    expect(cost).toMatchObject({ reads: 1, appends: 0 });
    expect(cost.readBytes).toBeLessThanOrEqual(4096 + 4);
  });
  test("of a key that is not there looks into a block for two keys in a hundred at most", async () => {
    const opened = await openFilled();
    const cost = asked(opened, () => {
      for (let index = 0; index < ENTRIES - 1; index++) {
        expect(opened.database.get(missingKeyOf(index))).toBeUndefined();
      }
    });
    expect(cost.lookups).toBeLessThanOrEqual(ENTRIES * 0.02);
  });
});

describe("a scan", () => {
  test("of everything reads every block once, and no byte twice", async () => {
    const { database, calls } = await openFilled({ cacheSizeBytes: 0 });
    database.get(keyOf(0));
    let count = 0;
    const cost = calls.during(() => {
      for (const cursor = database.cursor(); cursor.valid; cursor.next()) count++;
    });
    expect(count).toBe(ENTRIES);
    expect(cost.reads).toBeLessThanOrEqual(Math.ceil(database.stats.tableBytes / 3500));
    expect(cost.readBytes).toBeLessThanOrEqual(database.stats.tableBytes);
  });
  test("of ten entries asks for two blocks at most", async () => {
    const opened = await openFilled();
    for (const from of [0, 500, 777, 1500]) {
      const cost = asked(opened, () => {
        const cursor = opened.database.cursor(`[${keyOf(from)}, )`, { limit: 10 });
        for (; cursor.valid; cursor.next());
      });
      expect(cost.lookups).toBeLessThanOrEqual(2);
    }
  });
});

describe("memory", () => {
  const OPERATIONS = 4000;
  /** A Uint8Array takes so much of V8's heap at least. Numbers take some as well while code is not compiled: 60 bytes a look-up. */
  const VIEW_BYTES = 104;
  setFlagsFromString("--expose-gc");
  const collect: () => void = runInNewContext("gc");

  /** Bytes of V8's heap for each operation; as often as it takes until nothing but the operation takes any. */
  function heapBytesOf(operation: (index: number) => void): number {
    const samples = Array.from({ length: 5 }, () => {
      collect();
      const before = process.memoryUsage().heapUsed;
      for (let index = 0; index < OPERATIONS; index++) operation(index % ENTRIES);
      return (process.memoryUsage().heapUsed - before) / OPERATIONS;
    });
    return Math.min(...samples);
  }

  test("of a look-up in a cached table is less than a view of its answer", async () => {
    const { engine } = (await openFilled()).database;
    const keys = Array.from({ length: ENTRIES }, (_, index) => bytesOf(keyOf(index)));
    const result: LookupResult = { timestamp: 0, kind: 0, valueBuffer: new Uint8Array(), valueStart: 0, valueEnd: 0 };
    let found = 0;
    const bytes = heapBytesOf((index) => {
      const key = keys[index] as Uint8Array;
      if (engine.get(key, 0, key.length, TIMESTAMP_MAX, result)) found++;
    });
    expect(found).toBe(5 * OPERATIONS);
    expect(bytes).toBeLessThan(VIEW_BYTES);
  });
  test("of a put without a log is less than a view of its value", () => {
    const { engine } = openDatabase({ durability: "none" }).database;
    const keys = Array.from({ length: ENTRIES }, (_, index) => bytesOf(keyOf(index)));
    const value = bytesOf(VALUE);
    const bytes = heapBytesOf((index) => engine.writer.write(ENTRY_KIND.put, keys[index] as Uint8Array, value));
    expect(bytes).toBeLessThan(VIEW_BYTES);
  });
  test("of a hash of a key is nothing", () => {
    const key = bytesOf(keyOf(7));
    let sum = 0;
    const bytes = heapBytesOf(() => {
      sum ^= fingerprint32(key, 0, key.length);
    });
    expect(sum).toBe(0);
    expect(bytes).toBeLessThan(24);
  });
});
