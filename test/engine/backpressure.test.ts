import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { MiniLsm } from "../../src/engine/mini-lsm.ts";
import { MemoryFileSystem } from "../../src/fs/memory-file-system.ts";
import { ENTRY_KIND } from "../../src/key.ts";
import { EngineDatabase, type OpenOptions } from "../support/engine-database.ts";
import { REFERENCE_STRATEGIES } from "../support/engine-golden.ts";

const SMALL: OpenOptions = { format: "native", memtableSizeBytes: 4096, memtableLimit: 2, memtableStop: 3 };
const VALUE = "v".repeat(100);
const keyOf = (number: number) => `k${String(number).padStart(6, "0")}`;

/** As many puts in one turn, none awaited. */
function putMany(db: EngineDatabase, from: number, to: number): Promise<void>[] {
  return Array.from({ length: to - from }, (_, index) =>
    db.writeGrouped([{ key: keyOf(from + index), value: VALUE }], false),
  );
}

function countOf(db: EngineDatabase): number {
  return db.scan() === "" ? 0 : db.scan().split(" ").length;
}

describe("asynchronous writes for which there is no room", () => {
  test.each(["plain", "mvcc", "native"] as const)("wait by their promises while others go on, %s", async (format) => {
    const db = EngineDatabase.open({ ...SMALL, format });
    const puts = Promise.all(putMany(db, 0, 1000));
    await Promise.resolve();
    // One slice of a flush at most has run: a writer that blocks would have flushed for them all.
    expect(db.stats.counters.freezes).toBe(SMALL.memtableStop);
    expect(db.stats.counters.flushes).toBeLessThanOrEqual(1);
    const applied = countOf(db);
    expect(applied).toBeGreaterThan(50);
    expect(applied).toBeLessThan(300);
    let most = 0;
    let turns = 0;
    let isDone = false;
    const counted = puts.then(() => {
      isDone = true;
    });
    for (; !isDone; turns++) {
      most = Math.max(most, db.frozenMemtables);
      await nextTurn();
    }
    await counted;
    expect(most).toBeLessThanOrEqual(SMALL.memtableStop ?? 0);
    expect(most).toBeGreaterThan(0);
    expect(turns).toBeGreaterThan(5);
    expect(countOf(db)).toBe(1000);
    expect(db.eventsOf("stall").every(({ cause }) => cause === "memtables")).toBe(true);
    expect(db.stats.counters.stalls).toBeGreaterThan(3);
    await db.close();
  });

  test("are applied in the order of their calls, and resolve in it", async () => {
    const db = EngineDatabase.open(SMALL);
    const resolved: number[] = [];
    const puts = Array.from({ length: 600 }, (_, number) =>
      db.writeGrouped([{ key: "same", value: `${VALUE}${number}` }], false).then(() => resolved.push(number)),
    );
    await Promise.all(puts);
    expect(resolved).toEqual(Array.from({ length: 600 }, (_, number) => number));
    expect(db.get("same")).toBe(`${VALUE}599`);
  });

  test("come before a synchronous one that is written after them", async () => {
    const db = EngineDatabase.open(SMALL);
    const puts = putMany(db, 0, 600);
    await Promise.resolve();
    expect(countOf(db)).toBeLessThan(600);
    db.put(keyOf(0), "synchronous");
    expect(countOf(db)).toBe(600);
    expect(db.get(keyOf(0))).toBe("synchronous");
    await Promise.all(puts);
    expect(db.get(keyOf(0))).toBe("synchronous");
    const later = db.writeGrouped([{ key: keyOf(0), value: "later" }], false);
    await later;
    expect(db.get(keyOf(0))).toBe("later");
  });

  test("are among what a close and a sync make durable", async () => {
    const fs = new MemoryFileSystem();
    const options: OpenOptions = { ...SMALL, durability: "process" };
    const db = EngineDatabase.open(options, fs);
    const puts = Promise.all(putMany(db, 0, 600));
    await Promise.resolve();
    expect(countOf(db)).toBeLessThan(600);
    await db.engine.writer.sync();
    expect(countOf(db)).toBe(600);
    const more = Promise.all(putMany(db, 600, 1200));
    await Promise.resolve();
    await db.close();
    await Promise.all([puts, more]);
    expect(countOf(EngineDatabase.open(options, fs))).toBe(1200);
  });

  test("are refused with what prevents the flush, and others are taken when there is room again", async () => {
    const fs = new MemoryFileSystem();
    const db = EngineDatabase.open({ ...SMALL, durability: "none" }, fs);
    fs.capacityBytes = fs.usedBytes + 1000;
    const outcomes = await Promise.allSettled(putMany(db, 0, 600));
    const refused = outcomes.findIndex(({ status }) => status === "rejected");
    expect(refused).toBeGreaterThan(50);
    expect(
      outcomes.slice(refused).every((each) => each.status === "rejected" && each.reason.systemCode === "ENOSPC"),
    ).toBe(true);
    expect(countOf(db)).toBe(refused);
    fs.capacityBytes = Number.POSITIVE_INFINITY;
    await Promise.all(putMany(db, 600, 1200));
    expect(countOf(db)).toBe(refused + 600);
    await db.close();
  });

  test("take no more memory however many are outstanding, and no turn passes", async () => {
    const held: number[] = [];
    for (const count of [200, 600]) {
      const db = EngineDatabase.open({ ...SMALL, memtableSizeBytes: 1 << 20, memtableLimit: 1 });
      const value = "v".repeat(256 << 10);
      const puts: Promise<void>[] = [];
      let most = 0;
      for (let number = 0; number < count; number++) {
        puts.push(db.writeGrouped([{ key: keyOf(number), value }], false));
        const { memtableMemoryBytes, waitingWriteBytes } = db.stats;
        most = Math.max(most, memtableMemoryBytes + waitingWriteBytes);
      }
      held.push(most);
      await Promise.all(puts);
      expect(db.stats.waitingWriteBytes).toBe(0);
      expect(countOf(db)).toBe(count);
      await db.close();
    }
    const [most200 = 0, most600 = 0] = held;
    expect(most200).toBeGreaterThan(32 << 20);
    expect(most600).toBeLessThan(1.1 * most200);
  });

  test("wait in the call once they are too many to wait in memory, each for its own size", async () => {
    const db = EngineDatabase.open({ ...SMALL, memtableSizeBytes: 1 << 20 });
    const value = "v".repeat(1 << 20);
    const puts: Promise<void>[] = [];
    const flushes: number[] = [];
    for (let number = 0; number < 100; number++) {
      const before = db.stats.counters.flushes;
      puts.push(db.writeGrouped([{ key: keyOf(number), value }], false));
      flushes.push(db.stats.counters.flushes - before);
    }
    // A memtable takes one value: 3 frozen ones and 32 MiB wait without holding anybody up.
    expect(flushes.slice(0, 30).every((count) => count === 0)).toBe(true);
    expect(flushes.slice(50).every((count) => count <= 1)).toBe(true);
    expect(flushes.slice(50).some((count) => count === 1)).toBe(true);
    await Promise.all(puts);
    expect(db.get(keyOf(99))).toBe(value);
    await db.close();
  });

  test("are applied before the end of their turn when they are many, and share a promise when they are few", async () => {
    const db = EngineDatabase.open({ format: "native" });
    const { writer } = db.engine;
    const put = (number: number) => ({
      kind: ENTRY_KIND.put,
      key: Buffer.from(keyOf(number)),
      value: Buffer.alloc(100),
    });
    const puts = Array.from({ length: 100_000 }, (_, number) => writer.writeGrouped([put(number)], false));
    expect(db.get(keyOf(0))).toBeDefined();
    expect(db.get(keyOf(99_999))).toBeUndefined();
    expect(db.stats.waitingWriteBytes).toBeLessThan(4 << 20);
    expect(new Set(puts).size).toBeLessThan(300);
    await Promise.all(puts);
    expect(countOf(db)).toBe(100_000);
    await db.close();
  });

  test("of a batch of plain that no memtable holds wait piece by piece", async () => {
    const db = EngineDatabase.open({ ...SMALL, format: "plain" });
    const batch = Array.from({ length: 1000 }, (_, number) => ({ key: keyOf(number), value: VALUE }));
    const large = db.writeGrouped(batch, false);
    const behind = db.writeGrouped([{ key: keyOf(999), value: "behind" }], false);
    await Promise.resolve();
    await Promise.resolve();
    const applied = countOf(db);
    expect(applied).toBeGreaterThan(50);
    expect(applied).toBeLessThan(300);
    expect(db.stats.counters.flushes).toBeLessThanOrEqual(1);
    await Promise.all([large, behind]);
    expect(countOf(db)).toBe(1000);
    expect(db.get(keyOf(999))).toBe("behind");
    await db.close();
  });

  test("are refused together with those of their group, of which nothing is there", async () => {
    const fs = new MemoryFileSystem();
    const db = EngineDatabase.open({ format: "native", durability: "process" }, fs);
    await db.writeGrouped([{ key: "before", value: "1" }], false);
    fs.capacityBytes = fs.usedBytes + 500;
    const outcomes = await Promise.allSettled(putMany(db, 0, 10));
    expect(outcomes.every((each) => each.status === "rejected" && each.reason.systemCode === "ENOSPC")).toBe(true);
    expect(db.scan()).toBe("before=1");
    fs.capacityBytes = Number.POSITIVE_INFINITY;
    await Promise.all(putMany(db, 0, 10));
    expect(countOf(db)).toBe(11);
    await db.close();
  });

  test("that must be durable share one sync, in whatever order they come with others", async () => {
    const fs = new MemoryFileSystem();
    let syncs = 0;
    fs.beforeCall = ({ operation, path }) => {
      if (operation === "sync" && path.endsWith(".wal")) syncs++;
      return undefined;
    };
    const db = EngineDatabase.open({ format: "native", durability: "process" }, fs);
    await db.writeGrouped([{ key: "before", value: "1" }], true);
    const before = syncs;
    await Promise.all(
      Array.from({ length: 6 }, (_, number) => db.writeGrouped([{ key: `k${number}`, value: "1" }], number % 2 === 0)),
    );
    expect(syncs - before).toBe(1);
    await db.close();
  });

  test("slow down to the pace of a compaction while L0 is long", async () => {
    const db = EngineDatabase.open({
      ...SMALL,
      memtableLimit: 1,
      memtableStop: 50,
      level0Stop: 4,
      compaction: { ...REFERENCE_STRATEGIES.leveled, baseLevelSizeBytes: 1 << 20 },
    });
    for (let round = 0; round < 20; round++) {
      await Promise.all(putMany(db, round * 100, round * 100 + 100));
      await nextTurn();
    }
    await db.settled();
    expect(countOf(db)).toBe(2000);
    expect(db.faults).toEqual([]);
    await db.close();
  });
});

test("a range without an upper bound is deleted up to what waits for room", async () => {
  const directory = mkdtempSync(join(tmpdir(), "mini-lsm-"));
  const db = await MiniLsm.open(directory, {
    memtableSizeBytes: 4096,
    memtableLimit: 2,
    memtableStop: 3,
    useThread: false,
  });
  const puts = Array.from({ length: 600 }, (_, number) =>
    db.writeAsync([{ type: "put", key: keyOf(number), value: VALUE }]),
  );
  await Promise.resolve();
  const cleared = db.writeAsync([{ type: "deleteRange", gte: keyOf(10) }]);
  expect(db.get(keyOf(599))).toBeUndefined();
  await Promise.all([...puts, cleared]);
  expect([...db.keys({ as: "utf8" })]).toEqual(Array.from({ length: 10 }, (_, number) => keyOf(number)));
  await db.close();
  rmSync(directory, { recursive: true });
});
