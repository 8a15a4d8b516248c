import { setImmediate as nextTurn } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Emitter } from "../../src/engine/emitter.ts";
import { startEngine } from "../../src/engine/open-engine.ts";
import { Snapshot } from "../../src/engine/snapshot.ts";
import type { CallHook } from "../../src/fs/memory-calls.ts";
import { MemoryFileSystem } from "../../src/fs/memory-file-system.ts";
import { ENTRY_KIND } from "../../src/key.ts";
import { DATABASE_FORMATS, resolveOptions } from "../../src/options.ts";
import { CHANGES } from "../support/crash-points.ts";
import { EngineDatabase, type OpenOptions, QUIET } from "../support/engine-database.ts";
import { REFERENCE_STRATEGIES } from "../support/engine-golden.ts";
import { SimulatedTime, startBackgroundTimer, stopBackgroundTimer } from "../support/simulated-time.ts";

const LOGGED: OpenOptions = { ...QUIET, durability: "process" };

const refuseSyncOfManifest: CallHook = ({ operation, path }) =>
  operation === "sync" && path.endsWith("MANIFEST") ? "EIO" : undefined;

test("writes after a close that failed are in a memtable that the manifest knows", async () => {
  const fs = new MemoryFileSystem();
  const db = EngineDatabase.open(QUIET, fs);
  db.put("a", "1");
  fs.beforeCall = (call) => (call.path.endsWith(".sst") ? "ENOSPC" : undefined);
  await expect(db.close()).rejects.toMatchObject({ systemCode: "ENOSPC" });
  expect(() => db.put("b", "2")).not.toThrow();
  fs.beforeCall = undefined;
  await db.close();
  const again = EngineDatabase.open(QUIET, fs);
  expect(again.scan()).toBe("a=1 b=2");
  expect(again.eventsOf("warning")).toEqual([]);
});

test("a freeze that fails again and again leaves neither files nor descriptors", () => {
  const fs = new MemoryFileSystem();
  const db = EngineDatabase.open(LOGGED, fs);
  const value = "x".repeat(1024);
  fs.beforeCall = (call) => (call.operation === "append" && call.path.endsWith("MANIFEST") ? "ENOSPC" : undefined);
  db.put("a", value);
  const { openFiles } = fs;
  for (let attempt = 0; attempt < 5; attempt++) expect(() => db.put("b", value)).toThrow("ENOSPC");
  expect(fs.openFiles).toBe(openFiles);
  expect(fs.list("/db").sort()).toEqual(["00000.wal", "MANIFEST"]);
});

test("a flush that fails while the database closes is told", async () => {
  const fs = new MemoryFileSystem();
  const db = EngineDatabase.open({ ...LOGGED, memtableLimit: 1 }, fs);
  db.put("a", "1".repeat(1024));
  fs.beforeCall = (call) => (call.operation === "sync" && call.path.endsWith(".sst") ? "EIO" : undefined);
  await db.close();
  expect(db.eventsOf("backgroundError")).toMatchObject([{ activity: "flush", error: { systemCode: "EIO" } }]);
  fs.beforeCall = undefined;
  expect(EngineDatabase.open(LOGGED, fs).get("a")).toBe("1".repeat(1024));
});

describe("a compaction of the strategy's that fails", () => {
  beforeEach(stopBackgroundTimer);
  afterEach(startBackgroundTimer);

  test("while another one waits for it is told by an event, once", async () => {
    const fs = new MemoryFileSystem();
    const db = EngineDatabase.open({ ...LOGGED, compaction: REFERENCE_STRATEGIES.simple }, fs);
    while (db.isSettled) await db.run("a=1 flush");
    let refused = 0;
    fs.beforeCall = ({ operation, path }) =>
      operation === "append" && path.endsWith(".sst") && refused++ === 0 ? "EIO" : undefined;
    await db.engine.compactRange({});
    expect(refused).toBeGreaterThan(1);
    expect(db.eventsOf("backgroundError")).toMatchObject([{ activity: "compaction", error: { systemCode: "EIO" } }]);
    expect(db.scan()).toBe("a=1");
  });
});

test("a write whose turn comes after a failure of an asynchronous one before it is refused", async () => {
  const fs = new MemoryFileSystem();
  const db = EngineDatabase.open(LOGGED, fs);
  const grouped = db.writeGrouped([{ key: "a", value: "1".repeat(1024) }], false);
  // The log of the full memtable is synced when the next one takes its place.
  fs.beforeCall = ({ operation, path }) => (operation === "sync" && path.endsWith(".wal") ? "EIO" : undefined);
  expect(() => db.put("b", "2")).toThrow("EIO");
  await grouped;
  expect(db.get("b")).toBeUndefined();
});

describe("when nothing may be written any more", () => {
  beforeEach(stopBackgroundTimer);
  afterEach(startBackgroundTimer);

  /** Time for a hundred looks at what is due. */
  async function idle(): Promise<void> {
    for (let ticks = 0; ticks < 100; ticks++) {
      SimulatedTime.current.pass(50);
      await nextTurn();
    }
  }

  test.each(DATABASE_FORMATS)("%s begins no compaction again and again, which would fill the disk", async (format) => {
    const fs = new MemoryFileSystem();
    const db = EngineDatabase.open({ ...LOGGED, format, compaction: REFERENCE_STRATEGIES.simple }, fs);
    await db.run("a=1 flush b=2 flush");
    fs.beforeCall = refuseSyncOfManifest;
    await idle();
    expect(db.eventsOf("backgroundError").length).toBe(1);
    const tables = fs.list("/db").filter((name) => name.endsWith(".sst"));
    await idle();
    expect(fs.list("/db").filter((name) => name.endsWith(".sst"))).toEqual(tables);
    expect(db.eventsOf("backgroundError").length).toBe(1);
    expect(db.scan()).toBe("a=1 b=2");
  });

  test("a table that the manifest may name is not written again with other content", async () => {
    const fs = new MemoryFileSystem();
    const options: OpenOptions = { ...QUIET, format: "native" };
    const db = EngineDatabase.open(options, fs);
    await db.run("a=1");
    const snapshot = new Snapshot(db.engine);
    db.writeBatch([{ range: "[a, b)" }], false);
    db.engine.writer.freeze();
    fs.beforeCall = refuseSyncOfManifest;
    await expect(db.engine.flush()).rejects.toThrow("EIO");
    fs.beforeCall = undefined;
    // From now on a table of the same memtable would leave out what the snapshot saw.
    snapshot.close();
    await idle();
    await expect(db.close()).rejects.toThrow("EIO");
    expect(EngineDatabase.open(options, fs).scan()).toBe("");
  });

  test("a directory that another process has taken over is left alone", async () => {
    const fs = new MemoryFileSystem();
    const lock = { held: true, release: async () => {} };
    const given = { ...QUIET, durability: "none", compaction: REFERENCE_STRATEGIES.simple, memtableLimit: 1 } as const;
    const options = resolveOptions(given);
    const engine = startEngine("/db", options, fs, new Emitter(), lock);
    for (const key of ["a", "b"]) {
      engine.writer.write(ENTRY_KIND.put, Buffer.from(key), Buffer.from("1"));
      await engine.flush();
    }
    engine.writer.write(ENTRY_KIND.put, Buffer.from("c"), Buffer.from("v".repeat(1024)));
    lock.held = false;
    fs.beforeCall = ({ operation, path }) => {
      expect(CHANGES.has(operation), `${operation} ${path}`).toBe(false);
      return undefined;
    };
    await idle();
    await expect(engine.close()).rejects.toMatchObject({ code: "LOCKED" });
    expect(engine.isClosed).toBe(true);
  });
});

test("a file that cannot be deleted does not keep a database from opening", async () => {
  const fs = new MemoryFileSystem();
  const db = EngineDatabase.open(QUIET, fs);
  await db.run("a=1 flush b=2 flush");
  fs.beforeCall = (call) => (call.operation === "remove" ? "EACCES" : undefined);
  await db.run("compact");
  await db.close();
  const again = EngineDatabase.open(QUIET, fs);
  expect(again.scan()).toBe("a=1 b=2");
  expect(again.eventsOf("warning").map(({ message }) => message)).toEqual([
    expect.stringContaining("00000.sst stays although it is not needed"),
    expect.stringContaining("00001.sst stays although it is not needed"),
  ]);
  fs.beforeCall = undefined;
  await again.close();
  const last = EngineDatabase.open(QUIET, fs);
  expect(last.eventsOf("warning")).toEqual([]);
  expect(fs.list("/db").sort()).toEqual(["00003.sst", "MANIFEST"]);
});

test("an opening that fails after it has read the manifest closes it", () => {
  const fs = new MemoryFileSystem();
  EngineDatabase.open(LOGGED, fs).put("a", "1");
  const killed = fs.killed();
  killed.beforeCall = (call) => (call.operation === "sync" && call.path.endsWith(".wal") ? "EIO" : undefined);
  expect(() => EngineDatabase.open(LOGGED, killed)).toThrow("EIO");
  expect(killed.openFiles).toBe(0);
});
