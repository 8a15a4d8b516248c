import { describe, expect, test } from "vitest";
import { MemoryFileSystem } from "../../src/fs/memory-file-system.ts";
import { EngineDatabase } from "../support/engine-database.ts";

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
