import { expect, test } from "vitest";
import { CrashSignal } from "../../src/fs/memory-calls.ts";
import { MemoryFileSystem } from "../../src/fs/memory-file-system.ts";
import { EngineDatabase } from "../support/engine-database.ts";

/** Three sessions without a log that wrote nothing: three announced memtables without logs. */
async function unlogged(): Promise<MemoryFileSystem> {
  const fs = new MemoryFileSystem();
  for (let session = 0; session < 3; session++) await EngineDatabase.open({ durability: "none" }, fs).engine.close();
  return fs;
}

test("a crash at any point of bringing logs into use leaves a database that opens", async () => {
  const first = await unlogged();
  const before = first.effectCount;
  const opened = EngineDatabase.open({ durability: "process" }, first);
  const effects = first.effectCount - before;
  await opened.engine.close();
  expect(effects).toBeGreaterThan(6);

  for (let stop = 1; stop < effects; stop++) {
    for (const survives of ["none", "all", (below: number) => (stop * 7919) % below] as const) {
      for (const durability of ["none", "process"] as const) {
        const fs = await unlogged();
        const last = fs.effectCount + stop;
        fs.beforeCall = () => {
          if (fs.effectCount > last) throw new CrashSignal();
          return undefined;
        };
        expect(() => EngineDatabase.open({ durability: "process" }, fs)).toThrow(CrashSignal);

        const after = fs.crash(survives);
        const db = EngineDatabase.open({ durability }, after);
        db.put("a", "1");
        await db.engine.close();
        const again = EngineDatabase.open({ durability: "process" }, after);
        expect(again.get("a")).toBe("1");
        await again.engine.close();
      }
    }
  }
});

test("a log that is missing beside others is damage", async () => {
  const fs = new MemoryFileSystem();
  await EngineDatabase.open({ durability: "process" }, fs).engine.close();
  await EngineDatabase.open({ durability: "process" }, fs).engine.close();
  fs.remove("/db/00000.wal");
  expect(() => EngineDatabase.open({ durability: "process" }, fs)).toThrow(
    expect.objectContaining({ code: "CORRUPTION", file: "/db/00000.wal" }),
  );
});
