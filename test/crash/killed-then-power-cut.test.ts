import { expect, test } from "vitest";
import { CrashSignal, type Operation } from "../../src/fs/memory-calls.ts";
import { MemoryFileSystem } from "../../src/fs/memory-file-system.ts";
import { EngineDatabase, type OpenOptions, QUIET } from "../support/engine-database.ts";

const LOGGED: OpenOptions = { ...QUIET, durability: "process" };

/** The process is killed at its first call of this kind from now on. */
function killAt(fs: MemoryFileSystem, operation: Operation, suffix: string): void {
  fs.beforeCall = (call) => {
    if (call.operation === operation && call.path.endsWith(suffix)) throw new CrashSignal();
    return undefined;
  };
}

test("a write that outlived its process survives a power cut once a later one was synced", async () => {
  const first = new MemoryFileSystem();
  EngineDatabase.open(LOGGED, first).put("a", "1");
  const second = first.killed();
  const db = EngineDatabase.open(LOGGED, second);
  db.put("b", "2");
  await db.engine.writer.sync();
  expect(EngineDatabase.open(LOGGED, second.crash("none")).scan()).toBe("a=1 b=2");
});

test("no log is deleted on the word of a record that only the operating system has", async () => {
  const fs = new MemoryFileSystem();
  const db = EngineDatabase.open(LOGGED, fs);
  await db.run("a=1 freeze");
  // The record of the flush is appended and not synced.
  killAt(fs, "sync", "MANIFEST");
  await expect(db.engine.flush()).rejects.toThrow(CrashSignal);
  const killed = fs.killed();
  killAt(killed, "append", "MANIFEST");
  expect(() => EngineDatabase.open(LOGGED, killed)).toThrow(CrashSignal);
  expect(EngineDatabase.open(LOGGED, killed.crash("none")).scan()).toBe("a=1");
});

test("the directory that a killed process made is there after a power cut", async () => {
  const fs = new MemoryFileSystem();
  killAt(fs, "syncDirectory", "/");
  expect(() => EngineDatabase.open(LOGGED, fs)).toThrow(CrashSignal);
  const killed = fs.killed();
  const db = EngineDatabase.open(LOGGED, killed);
  db.put("a", "1");
  await db.engine.writer.sync();
  expect(EngineDatabase.open(LOGGED, killed.crash("none")).scan()).toBe("a=1");
});
