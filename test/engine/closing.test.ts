import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { MiniLsm } from "../../src/engine/mini-lsm.ts";
import type { Injection, Operation } from "../../src/fs/memory-calls.ts";
import { MemoryFileSystem } from "../../src/fs/memory-file-system.ts";
import { drainCursor, EngineDatabase, QUIET } from "../support/engine-database.ts";

function refuse(fs: MemoryFileSystem, operation: Operation, suffix: string, injection: Injection): void {
  fs.beforeCall = (call) => (call.operation === operation && call.path.endsWith(suffix) ? injection : undefined);
}

describe("regressions of closing and letting go", () => {
  test("what is written after a close that failed can be read again", async () => {
    const fs = new MemoryFileSystem();
    const db = EngineDatabase.open(QUIET, fs);
    await db.run("a=1");
    refuse(fs, "append", ".sst", "ENOSPC");
    await expect(db.close()).rejects.toMatchObject({ systemCode: "ENOSPC" });
    fs.beforeCall = undefined;
    await db.run("b=2");
    await db.close();
    expect(EngineDatabase.open(QUIET, fs).scan()).toBe("a=1 b=2");
  });

  test("close called twice at once resolves both calls when it is done, and keeps the lock until then", async () => {
    const directory = mkdtempSync(join(tmpdir(), "mini-lsm-"));
    const db = await MiniLsm.open(directory);
    for (let number = 0; number < 3000; number++) db.put(String(number), "x".repeat(1000));
    const first = db.close();
    await db.close();
    expect(() => db.get("1")).toThrow(expect.objectContaining({ code: "DATABASE_CLOSED" }));
    await first;
    rmSync(directory, { recursive: true });
  });

  test("a database whose manifest failed can be closed", async () => {
    const fs = new MemoryFileSystem();
    const db = EngineDatabase.open(QUIET, fs);
    await db.run("a=1 flush b=2");
    refuse(fs, "sync", "MANIFEST", "EIO");
    await expect(db.engine.flush()).rejects.toThrow();
    fs.beforeCall = undefined;
    const { failure } = db.engine.core.manifest ?? {};
    await db.close().catch((error) => expect(error).toBe(failure));
    expect(fs.openFiles).toBe(0);
    expect(() => db.get("a")).toThrow(expect.objectContaining({ code: "DATABASE_CLOSED" }));
  });

  test("a cursor that outlives its database touches no file of the next owner", async () => {
    const fs = new MemoryFileSystem();
    const db = EngineDatabase.open(QUIET, fs);
    await db.run("a=1 flush b=2 flush");
    const cursor = db.cursor();
    await db.run("compact");
    await db.close();
    const again = EngineDatabase.open(QUIET, fs);
    expect(again.files).toEqual(again.expectedFiles);
    expect(() => cursor.close()).not.toThrow();
  });

  test("close leaves only the manifest and its tables, also when a cursor was left open", async () => {
    const fs = new MemoryFileSystem();
    const db = EngineDatabase.open(QUIET, fs);
    await db.run("a=1 flush b=2 flush");
    const cursor = db.cursor();
    await db.run("compact");
    await db.close();
    expect(db.files).toEqual(db.expectedFiles);
    cursor.close();
  });

  test("a table that cannot be removed fails no compaction that is recorded", async () => {
    const fs = new MemoryFileSystem();
    const db = EngineDatabase.open(QUIET, fs);
    await db.run("a=1 flush b=2 flush");
    refuse(fs, "remove", ".sst", "EACCES");
    await db.engine.compact();
    expect(db.stats.counters.compactions).toBe(1);
    expect(db.eventsOf("compactionEnd").length).toBe(1);
  });

  test("nor a cursor that comes to its end", async () => {
    const fs = new MemoryFileSystem();
    const db = EngineDatabase.open(QUIET, fs);
    await db.run("a=1 flush b=2 flush");
    const cursor = db.cursor();
    await db.run("compact");
    refuse(fs, "remove", ".sst", "EACCES");
    expect(drainCursor(cursor)).toBe("a=1 b=2");
  });

  for (const [operation, suffix] of [
    ["append", "MANIFEST"],
    ["sync", "MANIFEST"],
    ["syncDirectory", "/db"],
  ] as const) {
    test(`an open that fails at ${operation} of ${suffix} leaves no descriptor`, async () => {
      const fs = new MemoryFileSystem();
      const db = EngineDatabase.open(QUIET, fs);
      await db.run("a=1 flush");
      await db.close();
      fs.open("/db/00009.sst", "create").close();
      refuse(fs, operation, suffix, "EIO");
      expect(() => EngineDatabase.open(QUIET, fs)).toThrow(expect.objectContaining({ systemCode: "EIO" }));
      expect(fs.openFiles).toBe(0);
    });
  }

  test("the bytes of a bound may be used again once a cursor is made", async () => {
    const directory = mkdtempSync(join(tmpdir(), "mini-lsm-"));
    const db = await MiniLsm.open(directory);
    for (const key of ["a", "b", "c"]) db.put(key, "1");
    const lte = new Uint8Array([0x62]);
    const cursor = db.cursor({ lte });
    lte[0] = 0x7a;
    let count = 0;
    for (; cursor.valid; cursor.next()) count++;
    await db.close();
    rmSync(directory, { recursive: true });
    expect(count).toBe(2);
  });

  test("a result whose record was refused takes no space", async () => {
    const fs = new MemoryFileSystem();
    const db = EngineDatabase.open(QUIET, fs);
    await db.run("a=1 flush b=2 flush");
    const used = fs.usedBytes;
    const open = fs.openFiles;
    refuse(fs, "append", "MANIFEST", "ENOSPC");
    for (let attempt = 0; attempt < 3; attempt++) await expect(db.engine.compact()).rejects.toThrow();
    expect(fs.usedBytes).toBe(used);
    expect(fs.openFiles).toBe(open);
  });

  test("a freeze that fails leaves no descriptor and no file, with a log", async () => {
    const fs = new MemoryFileSystem();
    const db = EngineDatabase.open({ ...QUIET, durability: "process" }, fs);
    db.put("a", "x".repeat(1000));
    const open = fs.openFiles;
    const count = fs.list("/db").length;
    refuse(fs, "append", "MANIFEST", "ENOSPC");
    db.put("b", "x".repeat(100));
    for (let attempt = 0; attempt < 20; attempt++) expect(() => db.put("c", "1")).toThrow();
    expect({ open: fs.openFiles, files: fs.list("/db").length }).toEqual({ open, files: count });
  });

  test("with a log, a database whose log sync failed can be closed", async () => {
    const fs = new MemoryFileSystem();
    const db = EngineDatabase.open({ ...QUIET, durability: "power" }, fs);
    await db.run("a=1");
    refuse(fs, "sync", ".wal", "EIO");
    expect(() => db.put("b", "2")).toThrow();
    fs.beforeCall = undefined;
    await db.close().catch(() => {});
    expect(fs.openFiles).toBe(0);
  });
});
