import { describe, expect, test } from "vitest";
import type { Injection, Operation } from "../../src/fs/memory-calls.ts";
import { MemoryFileSystem } from "../../src/fs/memory-file-system.ts";
import { EngineDatabase, QUIET } from "../support/engine-database.ts";

/** A database over files in memory whose calls can be refused. */
async function openWith(steps: string): Promise<{ db: EngineDatabase; fs: MemoryFileSystem }> {
  const fs = new MemoryFileSystem();
  const db = EngineDatabase.open(QUIET, fs);
  await db.run(steps);
  return { db, fs };
}

/** Refuses every call of one kind on files whose path ends so, until `heal`. */
function refuse(fs: MemoryFileSystem, operation: Operation, suffix: string, injection: Injection): void {
  fs.beforeCall = (call) => (call.operation === operation && call.path.endsWith(suffix) ? injection : undefined);
}

function heal(fs: MemoryFileSystem): void {
  fs.beforeCall = undefined;
}

const io = (systemCode: string) => expect.objectContaining({ code: "IO_ERROR", systemCode });

/** What a fresh process finds. */
async function reopened(fs: MemoryFileSystem): Promise<EngineDatabase> {
  return EngineDatabase.open(QUIET, fs.killed());
}

describe("a flush that fails", () => {
  test.each<[Operation, string, Injection]>([
    ["create", ".sst", "ENOSPC"],
    ["create", ".sst", "EMFILE"],
    ["append", ".sst", "ENOSPC"],
    ["append", ".sst", { shortWriteBytes: 10 }],
    ["sync", ".sst", "EIO"],
    ["open", ".sst", "EMFILE"],
    ["read", ".sst", "EIO"],
    ["syncDirectory", "/db", "EIO"],
    ["append", "MANIFEST", "ENOSPC"],
    ["append", "MANIFEST", { shortWriteBytes: 5 }],
  ])("at %s of %s (%s) loses nothing, and the next one succeeds", async (operation, suffix, injection) => {
    const { db, fs } = await openWith("a=1 freeze b=2 freeze");
    refuse(fs, operation, suffix, injection);
    await expect(db.engine.flush()).rejects.toMatchObject({ code: "IO_ERROR" });
    expect(db.scan()).toBe("a=1 b=2");
    expect(db.stats.counters.flushes).toBe(0);
    heal(fs);
    await db.run("c=3 flush flush flush");
    expect(db.scan()).toBe("a=1 b=2 c=3");
    expect(db.shape).toBe("L0: 2 1 0 | L1:");
    expect(db.files).toEqual(db.expectedFiles);
    await db.close();
    expect((await reopened(fs)).scan()).toBe("a=1 b=2 c=3");
  });
});

describe("a freeze that fails", () => {
  test.each<[string, Injection]>([
    ["for want of space", "ENOSPC"],
    ["after a part of its record", { shortWriteBytes: 7 }],
  ])("%s is reported, the write that filled the memtable stays, the next is refused", async (_, injection) => {
    const { db, fs } = await openWith("");
    refuse(fs, "append", "MANIFEST", injection);
    const value = "x".repeat(1024);
    db.put("a", value);
    expect(db.eventsOf("backgroundError")).toMatchObject([{ activity: "flush", error: { systemCode: "ENOSPC" } }]);
    expect(db.get("a")).toBe(value);
    expect(() => db.put("b", "2")).toThrow(io("ENOSPC"));
    expect(() => db.delete("a")).toThrow(io("ENOSPC"));
    expect(db.get("b")).toBeUndefined();
    expect(db.frozenMemtables).toBe(0);

    heal(fs);
    db.put("b", "2");
    expect(db.frozenMemtables).toBe(1);
    await db.close();
    expect((await reopened(fs)).scan()).toBe(`a=${value} b=2`);
  });
});

describe("a compaction that fails", () => {
  test.each<[Operation, string, Injection]>([
    ["create", ".sst", "ENOSPC"],
    ["append", ".sst", "ENOSPC"],
    ["sync", ".sst", "EIO"],
    ["syncDirectory", "/db", "EIO"],
    ["read", ".sst", "EIO"],
    ["append", "MANIFEST", "ENOSPC"],
    ["append", "MANIFEST", { shortWriteBytes: 5 }],
  ])("at %s of %s (%s) changes nothing and leaves no file", async (operation, suffix, injection) => {
    const { db, fs } = await openWith("a=1 flush -a b=2 flush");
    const tree = db.tree;
    refuse(fs, operation, suffix, injection);
    await expect(db.engine.compact()).rejects.toMatchObject({ code: "IO_ERROR" });
    heal(fs);
    expect(db.tree).toBe(tree);
    expect(db.scan()).toBe("b=2");
    expect(db.files).toEqual(db.expectedFiles);
    expect(db.stats).toMatchObject({ pinnedStates: 0, counters: { compactions: 0 } });

    await db.engine.compact();
    expect(db.scan()).toBe("b=2");
    expect(db.tree.level0).toEqual([]);
    expect(db.files).toEqual(db.expectedFiles);
    await db.close();
    expect((await reopened(fs)).scan()).toBe("b=2");
  });
});

describe("a manifest whose sync failed", () => {
  async function failed(): Promise<{ db: EngineDatabase; fs: MemoryFileSystem }> {
    const { db, fs } = await openWith("a=1 flush b=2");
    refuse(fs, "sync", "MANIFEST", "EIO");
    await expect(db.engine.flush()).rejects.toThrow(io("EIO"));
    heal(fs);
    return { db, fs };
  }

  test("ends writing: every write is refused with the first error", async () => {
    const { db } = await failed();
    const { failure } = db.engine.core.manifest ?? {};
    expect(failure).toMatchObject({ systemCode: "EIO" });
    expect(() => db.put("c", "3")).toThrow(failure);
    expect(() => db.delete("a")).toThrow(failure);
    await expect(db.engine.flush()).rejects.toBe(failure);
    await expect(db.engine.compact()).rejects.toBe(failure);
    expect(db.get("c")).toBeUndefined();
  });

  test("leaves reading as it was", async () => {
    const { db } = await failed();
    expect(db.get("a")).toBe("1");
    expect(db.scan()).toBe("a=1 b=2");
    const cursor = db.cursor();
    cursor.next();
    expect(cursor.valid).toBe(true);
    cursor.close();
  });

  test("leaves a directory that opens, with or without the last record", async () => {
    const { fs } = await failed();
    for (const choice of ["none", "all"] as const) {
      const db = EngineDatabase.open(QUIET, fs.crash(choice));
      expect(db.scan()).toBe("a=1");
    }
  });
});

describe("close", () => {
  test.each<[Operation, string, Injection]>([
    ["create", ".sst", "ENOSPC"],
    ["append", ".sst", "ENOSPC"],
    ["sync", ".sst", "EIO"],
    ["append", "MANIFEST", "ENOSPC"],
    ["syncDirectory", "/db", "EIO"],
  ])(
    "that fails at %s of %s (%s) leaves the database open, and can be repeated",
    async (operation, suffix, injection) => {
      const { db, fs } = await openWith("a=1 freeze b=2");
      refuse(fs, operation, suffix, injection);
      await expect(db.close()).rejects.toMatchObject({ code: "IO_ERROR" });
      await expect(db.close()).rejects.toMatchObject({ code: "IO_ERROR" });
      expect(db.scan()).toBe("a=1 b=2");
      heal(fs);
      await db.close();
      await db.close();
      expect(() => db.get("a")).toThrow(expect.objectContaining({ code: "DATABASE_CLOSED" }));
      expect(fs.openFiles).toBe(0);
      const again = await reopened(fs);
      expect(again.scan()).toBe("a=1 b=2");
      expect(again.files).toEqual(again.expectedFiles);
    },
  );
});

describe("after close", () => {
  test("every call throws DATABASE_CLOSED", async () => {
    const { db } = await openWith("a=1");
    await db.close();
    const closed = expect.objectContaining({ code: "DATABASE_CLOSED" });
    expect(() => db.get("a")).toThrow(closed);
    expect(() => db.put("a", "1")).toThrow(closed);
    expect(() => db.delete("a")).toThrow(closed);
    await expect(db.engine.flush()).rejects.toEqual(closed);
    await expect(db.engine.compact()).rejects.toEqual(closed);
    await db.close();
  });

  test("nothing is left in memory", async () => {
    const { db, fs } = await openWith("a=1 freeze b=2 freeze -a");
    await db.close();
    const again = EngineDatabase.open(QUIET, fs);
    expect(again.stats).toMatchObject({ memtableBytes: 0, immutableMemtables: 0, tables: 3 });
    expect(again.scan()).toBe("b=2");
  });
});
