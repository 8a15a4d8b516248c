import { expect, test } from "vitest";
import type { Stats } from "../../src/engine/stats.ts";
import { EngineDatabase, QUIET } from "../support/engine-database.ts";
import { REFERENCE_STRATEGIES } from "../support/engine-golden.ts";

test("a new database has nothing but an empty memtable", () => {
  const { memtableMemoryBytes, ...stats } = EngineDatabase.open(QUIET).stats;
  expect(memtableMemoryBytes).toBeGreaterThan(0);
  expect(stats).toEqual({
    memtableBytes: 0,
    immutableMemtables: 0,
    waitingWriteBytes: 0,
    underWay: { flush: false, compaction: false },
    tables: 0,
    tableBytes: 0,
    runs: 0,
    amplification: { read: 1, write: undefined, space: undefined },
    levels: [
      { level: 0, tables: 0, sizeBytes: 0, entries: 0, rangeDeletes: 0 },
      { level: 1, tables: 0, sizeBytes: 0, entries: 0, rangeDeletes: 0 },
    ],
    openFiles: 0,
    pinnedStates: 0,
    oldestReader: undefined,
    blockCache: { usedBytes: 0, hits: 0, misses: 0 },
    filters: { refusals: 0, passes: 0, findings: 0 },
    counters: {
      freezes: 0,
      flushes: 0,
      flushedBytes: 0,
      rangeDeletes: 0,
      compactions: 0,
      compactedBytesRead: 0,
      compactedBytesWritten: 0,
      stalls: 0,
      stalledMs: 0,
    },
  });
});

test("levels are told from the newest to the oldest, with what their tables hold", async () => {
  const db = EngineDatabase.open(QUIET);
  await db.run("a=1 b=2 flush compact c=3 flush d=4 flush");
  const { levels, tables, tableBytes } = db.stats;
  expect(levels.map(({ level, tables: count }) => [level, count])).toEqual([
    [0, 2],
    [1, 1],
  ]);
  expect(tables).toBe(3);
  // The two tables of level 0 have no key in common.
  expect(db.stats.runs).toBe(2);
  expect(levels.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)).toBe(tableBytes);
});

test("amplification counts places to look into, and bytes for each that was flushed or lies in the oldest run", async () => {
  const db = EngineDatabase.open(QUIET);
  await db.run("a=1 b=2 flush a=3 b=4 flush");
  const { counters, tableBytes, levels } = db.stats;
  expect(levels[0]?.tables).toBe(2);
  expect(counters.flushedBytes).toBe(tableBytes);
  // Both tables lie in level 0, and the older one is a run of its own.
  expect(db.stats.amplification).toEqual({ read: 3, write: 1, space: 2 });
  await db.run("compact");
  const { compactedBytesWritten } = db.stats.counters;
  const write = (tableBytes + compactedBytesWritten) / tableBytes;
  expect(db.stats.amplification).toEqual({ read: 2, write, space: 1 });
});

test("work is under way until it has told its end", async () => {
  const db = EngineDatabase.open(QUIET);
  const told: Stats["underWay"][] = [];
  for (const name of ["flush", "compactionEnd"] as const) {
    db.engine.core.emitter.on(name, () => told.push(db.stats.underWay));
  }
  await db.run("a=1 flush compact");
  expect(told).toEqual([
    { flush: true, compaction: false },
    { flush: false, compaction: true },
  ]);
  expect(db.stats.underWay).toEqual({ flush: false, compaction: false });
});

test("tiers are told by their ids", async () => {
  const db = EngineDatabase.open({ ...QUIET, compaction: REFERENCE_STRATEGIES.tiered });
  await db.run("a=1 flush b=2 flush");
  expect(db.stats.levels.map(({ level, tables }) => [level, tables])).toEqual([
    [0, 0],
    [1, 1],
    [0, 1],
  ]);
});

test("memory of memtables counts the frozen ones", async () => {
  const db = EngineDatabase.open(QUIET);
  const { memtableMemoryBytes } = db.stats;
  await db.run("a=1 freeze b=2");
  expect(db.stats.memtableMemoryBytes).toBeGreaterThan(memtableMemoryBytes);
});
