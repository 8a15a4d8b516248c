import { describe, expect, test } from "vitest";
import { EngineDatabase, QUIET } from "../support/engine-database.ts";

describe("an open database", () => {
  test("is empty at first, gives what was put and forgets what was deleted", () => {
    const db = EngineDatabase.open();
    expect(db.get("0")).toBeUndefined();
    for (const [key, value] of [
      ["1", "233"],
      ["2", "2333"],
      ["3", "23333"],
    ] as const)
      db.put(key, value);
    expect(["1", "2", "3"].map((key) => db.get(key))).toEqual(["233", "2333", "23333"]);
    db.delete("2");
    expect(db.get("2")).toBeUndefined();
    db.delete("0");
    expect(db.scan()).toBe("1=233 3=23333");
  });

  test("has one frozen memtable more after each freeze", async () => {
    const db = EngineDatabase.open(QUIET);
    await db.run("1=233 2=2333 freeze");
    expect(db.frozenMemtables).toBe(1);
    await db.run("3=23333 freeze");
    expect(db.frozenMemtables).toBe(2);
    expect(db.stats.counters).toMatchObject({ freezes: 2, flushes: 0 });
    expect(db.eventsOf("freeze").map(({ id }) => id)).toEqual([0, 1]);
    expect(db.scan()).toBe("1=233 2=2333 3=23333");
  });

  test("lets the newest of several memtables decide", async () => {
    const db = EngineDatabase.open(QUIET);
    await db.run("1=233 2=2333 3=23333 freeze -1 -2 3=2333 4=23333 freeze 1=233333 3=233333");
    expect(db.frozenMemtables).toBe(2);
    expect(["1", "2", "3", "4"].map((key) => db.get(key))).toEqual(["233333", undefined, "233333", "23333"]);
    expect(db.scan()).toBe("1=233333 3=233333 4=23333");
    expect(db.scan("[2, 3]")).toBe("3=233333");
  });

  test("reads from two tables, two frozen memtables and the mutable one", async () => {
    const db = EngineDatabase.open(QUIET);
    await db.run("0=2333333 00=2333333 4=23 flush -4 flush 1=233 2=2333 freeze -1 -2 3=2333 4=23333 freeze");
    expect(db.shape).toBe("L0: 1 0 | L1:");
    expect(db.frozenMemtables).toBe(2);
    expect(db.scan()).toBe("0=2333333 00=2333333 3=2333 4=23333");
    expect(db.scan("[1, 2]")).toBe("");
    expect(db.scan("(1, 3)")).toBe("");
    expect(db.scan("[00, 3]")).toBe("00=2333333 3=2333");
    expect(["0", "00", "2", "3", "4", "--", "555"].map((key) => db.get(key))).toEqual([
      "2333333",
      "2333333",
      undefined,
      "2333",
      "23333",
      undefined,
      undefined,
    ]);
  });

  test("hides by a delete in one table what another holds", async () => {
    const db = EngineDatabase.open(QUIET);
    await db.run("a=1 b=1 flush -a flush");
    expect(db.tree.level0).toEqual([1, 0]);
    expect(db.get("a")).toBeUndefined();
    expect(db.scan()).toBe("b=1");
  });
});

describe("flush", () => {
  test("freezes what was written and flushes the oldest frozen memtable, one per call", async () => {
    const db = EngineDatabase.open(QUIET);
    await db.run("a=1 freeze b=1 freeze c=1");
    const steps = [];
    for (let call = 0; call < 4; call++) {
      await db.engine.flush();
      steps.push(`${db.shape} frozen ${db.frozenMemtables}`);
    }
    expect(steps).toEqual([
      "L0: 0 | L1: frozen 2",
      "L0: 1 0 | L1: frozen 1",
      "L0: 2 1 0 | L1: frozen 0",
      "L0: 2 1 0 | L1: frozen 0",
    ]);
    expect(db.files).toEqual(db.expectedFiles);
  });

  test("of nothing does nothing", async () => {
    const db = EngineDatabase.open(QUIET);
    await db.engine.flush();
    expect(db.stats.counters).toMatchObject({ freezes: 0, flushes: 0 });
    expect(db.files).toEqual(["MANIFEST"]);
  });

  test("says what it wrote", async () => {
    const db = EngineDatabase.open(QUIET);
    await db.run("a=1 a=2 -b flush");
    const sizeBytes = db.fs.stat(db.path("00000.sst"))?.sizeBytes;
    expect(db.eventsOf("flush")).toEqual([{ id: 0, sizeBytes, entries: 2 }]);
    expect(db.stats.counters).toMatchObject({ flushes: 1, flushedBytes: sizeBytes });
  });

  test("called twice at once leaves nothing in memory", async () => {
    const db = EngineDatabase.open(QUIET);
    await db.run("a=1 freeze b=2");
    await Promise.all([db.engine.flush(), db.engine.flush()]);
    expect(db.stats).toMatchObject({ memtableBytes: 0, immutableMemtables: 0, tables: 2 });
    expect(db.scan()).toBe("a=1 b=2");
  });
});

test("memtables are flushed in the background once enough are frozen", async () => {
  const db = EngineDatabase.open({ memtableLimit: 2, tableSizeBytes: 2 << 20, memtableSizeBytes: 2 << 20 });
  const flushed = new Promise<void>((resolve) => db.engine.core.emitter.on("flush", () => resolve()));
  const value = "x".repeat(1024);
  for (let number = 0; number < 6000; number++) db.put(String(number), value);
  // A loop that never yields leaves it to the event loop.
  expect(db.tree.level0).toEqual([]);
  expect(db.frozenMemtables).toBe(2);
  await flushed;
  expect(db.tree.level0.length).toBeGreaterThan(0);
  expect(db.get("0")).toBe(value);
  await db.close();
});
