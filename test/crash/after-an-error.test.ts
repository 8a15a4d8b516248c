import { expect, test } from "vitest";
import { MemoryFileSystem } from "../../src/fs/memory-file-system.ts";
import { EngineDatabase, type OpenOptions, QUIET } from "../support/engine-database.ts";

const LOGGED: OpenOptions = { ...QUIET, durability: "process" };

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
