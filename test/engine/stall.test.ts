import { describe, expect, test } from "vitest";
import { MemoryFileSystem } from "../../src/fs/memory-file-system.ts";
import { EngineDatabase, type OpenOptions } from "../support/engine-database.ts";

const SMALL = { memtableSizeBytes: 4096, memtableLimit: 2, memtableStop: 3 } as const;
const VALUE = "v".repeat(100);

/** Writes in a loop that never yields, so that no timer runs. Answers the largest number of frozen memtables seen. */
function fill(db: EngineDatabase, from: number, to: number): number {
  let most = 0;
  for (let number = from; number < to; number++) {
    db.put(`k${String(number).padStart(6, "0")}`, VALUE);
    most = Math.max(most, db.frozenMemtables);
  }
  return most;
}

function keysIn(db: EngineDatabase): number {
  return db.scan() === "" ? 0 : db.scan().split(" ").length;
}

describe("a writer that never yields", () => {
  test("flushes by itself once too many memtables are frozen", async () => {
    const db = EngineDatabase.open(SMALL);
    expect(fill(db, 0, 2000)).toBe(SMALL.memtableStop);
    const { freezes, flushes, stalls, stalledMs } = db.stats.counters;
    expect(freezes).toBeGreaterThan(40);
    expect(flushes).toBe(freezes - SMALL.memtableStop);
    expect(stalls).toBe(flushes);
    expect(stalledMs).toBeGreaterThan(0);
    expect(db.stats.memtableBytes).toBeLessThan(SMALL.memtableSizeBytes);
    expect(keysIn(db)).toBe(2000);
    await db.close();
  });

  test("is told of each wait, after it", () => {
    const db = EngineDatabase.open(SMALL);
    fill(db, 0, 2000);
    const order = db.events.map(({ name }) => name);
    expect(order.slice(0, 6)).toEqual(["freeze", "freeze", "freeze", "flush", "stall", "freeze"]);
    const stalls = db.eventsOf("stall");
    expect(stalls.length).toBe(db.stats.counters.stalls);
    expect(stalls.every((stall) => stall.cause === "memtables" && stall.waitedMs >= 0)).toBe(true);
    const waitedMs = stalls.reduce((sum, stall) => sum + stall.waitedMs, 0);
    expect(db.stats.counters.stalledMs).toBeCloseTo(waitedMs);
  });

  test("waits for no flush while there is room", () => {
    const db = EngineDatabase.open({ ...SMALL, memtableStop: 100 });
    fill(db, 0, 2000);
    expect(db.stats.counters).toMatchObject({ flushes: 0, stalls: 0, stalledMs: 0 });
    expect(db.frozenMemtables).toBe(db.stats.counters.freezes);
  });
});

describe("a stalled writer whose disk is full", () => {
  async function filledUp(): Promise<{ db: EngineDatabase; fs: MemoryFileSystem; written: number }> {
    const fs = new MemoryFileSystem();
    const db = EngineDatabase.open(SMALL, fs);
    fill(db, 0, 500);
    fs.capacityBytes = fs.usedBytes + 3000;
    let written = 500;
    expect(() => {
      for (; ; written++) fill(db, written, written + 1);
    }).toThrow(expect.objectContaining({ code: "IO_ERROR", systemCode: "ENOSPC" }));
    return { db, fs, written };
  }

  test("is refused, again and again, and nothing it wrote before is lost", async () => {
    const { db, written } = await filledUp();
    const { memtableBytes } = db.stats;
    for (let attempt = 0; attempt < 5; attempt++) {
      expect(() => fill(db, written, written + 1)).toThrow(expect.objectContaining({ systemCode: "ENOSPC" }));
    }
    expect(db.get(`k${String(written).padStart(6, "0")}`)).toBeUndefined();
    expect(keysIn(db)).toBe(written);
    expect(db.frozenMemtables).toBe(SMALL.memtableStop);
    // Memory stays bounded: a refused write takes none.
    expect(db.stats.memtableBytes).toBe(memtableBytes);
  });

  test("goes on with the same handle when there is room again", async () => {
    const { db, fs, written } = await filledUp();
    fs.capacityBytes = Number.POSITIVE_INFINITY;
    fill(db, written, written + 500);
    expect(keysIn(db)).toBe(written + 500);
    expect(db.faults).toEqual([]);
    expect(db.files).toEqual(db.expectedFiles);
    await db.close();
    const reopened = EngineDatabase.open(SMALL, fs);
    expect(keysIn(reopened)).toBe(written + 500);
    expect(reopened.eventsOf("warning")).toEqual([]);
  });

  test("leaves no half of a table on the disk", async () => {
    const { db } = await filledUp();
    expect(db.files).toEqual(db.expectedFiles);
  });
});

describe("memtables that large values fill", () => {
  const LARGE: OpenOptions = { format: "native", memtableSizeBytes: 1 << 20, memtableLimit: 8, memtableStop: 16 };
  const put = (db: EngineDatabase, key: string, mebibytes: number) => {
    db.writeBatch([{ key, value: key.repeat(mebibytes << 20) }], false);
  };

  test("count for as many as would hold that much, so that memory stays bounded", () => {
    const db = EngineDatabase.open(LARGE);
    put(db, "a", 10);
    put(db, "b", 10);
    expect([db.frozenMemtables, db.stats.counters.stalls]).toEqual([2, 0]);
    put(db, "c", 10);
    expect(db.stats.counters.stalls).toBe(1);
    expect(db.stats.memtableMemoryBytes).toBeLessThan(40 << 20);
    for (const key of ["a", "b", "c"]) expect(db.get(key)?.length).toBe(10 << 20);
  });

  test("are flushed without waiting for others", async () => {
    const db = EngineDatabase.open(LARGE);
    put(db, "a", 10);
    const flushed = new Promise<void>((resolve) => db.engine.core.emitter.on("flush", () => resolve()));
    await flushed;
    expect(db.frozenMemtables).toBe(0);
  });

  test("are none where values are as small as memtables", () => {
    const db = EngineDatabase.open({ ...LARGE, format: "plain", memtableSizeBytes: 1024 });
    for (let index = 0; index < 15; index++) db.put(`k${index}`, "v".repeat(60_000));
    expect([db.frozenMemtables, db.stats.counters.stalls]).toEqual([15, 0]);
  });
});
