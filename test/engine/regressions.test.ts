import { describe, expect, test } from "vitest";
import type { Injection, Operation } from "../../src/fs/memory-calls.ts";
import { MemoryFileSystem } from "../../src/fs/memory-file-system.ts";
import { EngineDatabase, QUIET } from "../support/engine-database.ts";
import { REFERENCE_STRATEGIES } from "../support/engine-golden.ts";

function refuse(fs: MemoryFileSystem, operation: Operation, suffix: string, injection: Injection): void {
  fs.beforeCall = (call) => (call.operation === operation && call.path.endsWith(suffix) ? injection : undefined);
}

/** Faults that were found once, by reading or by the random histories, and must not come back. */
describe("regressions", () => {
  test("a damaged table fails a background compaction and nothing else", async () => {
    const fs = new MemoryFileSystem();
    const options = {
      ...QUIET,
      cacheSizeBytes: 0,
      compaction: { strategy: "simple", sizeRatioPercent: 200, level0FilesTrigger: 2, maxLevels: 2 } as const,
    };
    const db = EngineDatabase.open(options, fs);
    await db.run("a=1 flush");
    refuse(fs, "read", "00000.sst", "EIO");
    const failed = new Promise<unknown>((resolve) => db.engine.core.emitter.on("backgroundError", resolve));
    await db.run("b=2 flush");
    expect(await failed).toMatchObject({ activity: "compaction" });
    await db.close();
  });

  test("a creation that fails leaves no descriptor and can be repeated", () => {
    const fs = new MemoryFileSystem();
    refuse(fs, "append", "MANIFEST", "ENOSPC");
    expect(() => EngineDatabase.open(QUIET, fs)).toThrow(expect.objectContaining({ systemCode: "ENOSPC" }));
    fs.beforeCall = undefined;
    expect(EngineDatabase.open(QUIET, fs).scan()).toBe("");
    expect(fs.openFiles).toBe(1);
  });

  test("a compaction that fails does not keep a database from being closed", async () => {
    const fs = new MemoryFileSystem();
    const big = EngineDatabase.open({ ...QUIET, memtableSizeBytes: 4 << 20 }, fs);
    for (let number = 0; number < 2000; number++) big.put(String(number), "1".repeat(500));
    await big.run("flush");
    refuse(fs, "sync", ".sst", "EIO");
    const compaction = big.engine.compact();
    const closed = big.close();
    await expect(compaction).rejects.toMatchObject({ systemCode: "EIO" });
    await closed;
  });

  test("a compaction that waits for another can be aborted", async () => {
    const db = EngineDatabase.open({ ...QUIET, memtableSizeBytes: 4 << 20 });
    for (let number = 0; number < 4000; number++) db.put(String(number), "1".repeat(500));
    await db.run("flush");
    const controller = new AbortController();
    const first = db.engine.compact();
    const second = db.engine.compact(controller.signal);
    controller.abort(new Error("enough"));
    let isFirstDone = false;
    void first.then(() => {
      isFirstDone = true;
    });
    await expect(second).rejects.toThrow("enough");
    expect(isFirstDone).toBe(false);
    await first;
  });

  test.each(["simple", "leveled", "tiered"] as const)(
    "a full compaction under %s leaves one run, and can be opened again",
    async (strategy) => {
      const fs = new MemoryFileSystem();
      const options = { ...QUIET, compaction: REFERENCE_STRATEGIES[strategy] };
      const db = EngineDatabase.open(options, fs);
      await db.run("a=1 b=1 flush -a c=1 flush d=1 flush -d flush e=1 flush compact");
      expect(db.scan()).toBe("b=1 c=1 e=1");
      const levels = db.tree.levels.filter((level) => level.tables.length > 0);
      expect(db.tree.level0.length + levels.length).toBe(1);
      await db.close();
      expect(EngineDatabase.open(options, fs).scan()).toBe("b=1 c=1 e=1");
    },
  );

  test("an empty log that a crash left before it was announced does not block opening", async () => {
    const fs = new MemoryFileSystem();
    const options = { ...QUIET, durability: "process" } as const;
    const db = EngineDatabase.open(options, fs);
    await db.run("a=1");
    await db.close();
    for (const id of ["00002", "00003"]) fs.open(`/db/${id}.wal`, "create").close();
    expect(EngineDatabase.open(options, fs).scan()).toBe("a=1");
  });

  test("a flush whose log cannot be removed is a flush", async () => {
    const fs = new MemoryFileSystem();
    const db = EngineDatabase.open({ ...QUIET, durability: "process" }, fs);
    await db.run("a=1");
    refuse(fs, "remove", ".wal", "EACCES");
    await db.engine.flush();
    expect(db.stats.counters.flushes).toBe(1);
  });

  test("tiers that are compacted as a whole can be opened again", async () => {
    const fs = new MemoryFileSystem();
    const options = { ...QUIET, compaction: { ...REFERENCE_STRATEGIES.tiered, tiersTrigger: 30 } };
    const db = EngineDatabase.open(options, fs);
    await db.run("a=1 flush b=1 flush c=1 flush compact");
    expect(EngineDatabase.open(options, fs.killed()).scan()).toBe("a=1 b=1 c=1");
  });

  test("a short write of a log leaves the handle usable and the log whole", async () => {
    const fs = new MemoryFileSystem();
    const options = { ...QUIET, durability: "process" } as const;
    const db = EngineDatabase.open(options, fs);
    await db.run("a=1");
    refuse(fs, "append", ".wal", { shortWriteBytes: 3 });
    expect(() => db.put("b", "2")).toThrow(expect.objectContaining({ systemCode: "ENOSPC" }));
    expect(db.get("b")).toBeUndefined();
    fs.beforeCall = undefined;
    await db.run("c=3");
    const again = EngineDatabase.open(options, fs.killed());
    expect(again.scan()).toBe("a=1 c=3");
    expect(again.eventsOf("warning")).toEqual([]);
  });
});
