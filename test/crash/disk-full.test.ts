import { describe, expect, test } from "vitest";
import { MemoryFileSystem } from "../../src/fs/memory-file-system.ts";
import { checkInvariants } from "../../src/state/check-invariants.ts";
import { EngineDatabase, type OpenOptions, QUIET } from "../support/engine-database.ts";

const LOGGED: OpenOptions = { ...QUIET, durability: "power" };
const VALUE = "v".repeat(200);

/** Writes until the disk is full; answers the keys that were acknowledged. */
function fillUp(db: EngineDatabase, writesMax = 100): string[] {
  const acknowledged: string[] = [];
  for (let index = 0; index < writesMax; index++) {
    const key = `k${String(index).padStart(3, "0")}`;
    try {
      db.put(key, VALUE);
      acknowledged.push(key);
    } catch (error) {
      expect(error).toMatchObject({ code: "IO_ERROR", systemCode: "ENOSPC" });
      expect(db.get(key)).toBeUndefined();
    }
  }
  return acknowledged;
}

const keysOf = (db: EngineDatabase): string[] =>
  db
    .scan()
    .split(" ")
    .filter(Boolean)
    .map((entry) => entry.slice(0, entry.indexOf("=")));

function sound(db: EngineDatabase): EngineDatabase {
  expect(checkInvariants(db.engine.core.states.current)).toEqual([]);
  return db;
}

describe("a disk that gets full", () => {
  test("in a fill refuses what does not fit, at any size, and takes it when there is room", async () => {
    for (let capacityBytes = 300; capacityBytes < 4000; capacityBytes += 37) {
      const fs = new MemoryFileSystem();
      const db = EngineDatabase.open(LOGGED, fs);
      fs.capacityBytes = capacityBytes;
      const acknowledged = fillUp(db, 25);
      expect(acknowledged.length, `${capacityBytes} bytes`).toBeLessThan(25);
      expect(keysOf(sound(db))).toEqual(acknowledged);
      expect(keysOf(EngineDatabase.open(LOGGED, fs.crash("none")))).toEqual(acknowledged);
      fs.capacityBytes = Number.POSITIVE_INFINITY;
      db.put("later", "1");
      await db.run("flush");
      await db.close();
      expect(keysOf(sound(EngineDatabase.open(LOGGED, fs)))).toEqual([...acknowledged, "later"]);
    }
  });

  test.each(["none", "power"] as const)(
    "in a flush or a compaction keeps no orphan, durability %s",
    async (durability) => {
      const options: OpenOptions = { ...QUIET, durability };
      const refusals = { flush: 0, compact: 0 };
      for (let room = 0; room < 1600; room += 41) {
        const fs = new MemoryFileSystem();
        const db = EngineDatabase.open(options, fs);
        await db.run(`a=1 b=${VALUE} flush b=2 c=${VALUE} flush d=${VALUE}`);
        const files = fs.list("/db").sort();
        const { usedBytes } = fs;
        fs.capacityBytes = usedBytes + room;
        for (const step of ["compact", "flush"] as const) {
          const isDone = await db.run(step).then(
            () => true,
            (error) => {
              expect(error).toMatchObject({ systemCode: "ENOSPC" });
              return false;
            },
          );
          if (isDone) break;
          refusals[step]++;
          expect(fs.list("/db").filter((name) => name.endsWith(".sst"))).toEqual(
            files.filter((name) => name.endsWith(".sst")),
          );
        }
        expect(keysOf(sound(db))).toEqual(["a", "b", "c", "d"]);
        fs.capacityBytes = Number.POSITIVE_INFINITY;
        await db.run("flush flush compact");
        await db.close();
        const again = sound(EngineDatabase.open(options, fs));
        expect(keysOf(again)).toEqual(["a", "b", "c", "d"]);
        expect(again.get("b")).toBe("2");
        expect(again.eventsOf("warning")).toEqual([]);
      }
      expect(refusals.flush).toBeGreaterThan(0);
      expect(refusals.compact).toBeGreaterThan(refusals.flush);
    },
  );

  test("in a close leaves the handle open, which closes when there is room", async () => {
    const fs = new MemoryFileSystem();
    const db = EngineDatabase.open(QUIET, fs);
    await db.run(`a=${VALUE} freeze b=${VALUE}`);
    fs.capacityBytes = fs.usedBytes + 10;
    await expect(db.close()).rejects.toMatchObject({ systemCode: "ENOSPC" });
    expect(() => db.put("c", VALUE)).toThrow("ENOSPC");
    expect(keysOf(sound(db))).toEqual(["a", "b"]);
    fs.capacityBytes = Number.POSITIVE_INFINITY;
    db.put("c", VALUE);
    await db.close();
    expect(keysOf(sound(EngineDatabase.open(QUIET, fs)))).toEqual(["a", "b", "c"]);
  });

  test("does not open for writing, loses nothing by the try, and opens when there is room", async () => {
    const fs = new MemoryFileSystem();
    const first = EngineDatabase.open(LOGGED, fs);
    await first.run("a=1 flush b=2");
    await first.close();
    const { usedBytes } = fs;
    for (let room = 0; room < 20; room++) {
      fs.capacityBytes = usedBytes + room;
      expect(() => EngineDatabase.open(LOGGED, fs)).toThrow("ENOSPC");
      expect(fs.openFiles).toBe(0);
      expect(fs.usedBytes).toBe(usedBytes);
    }
    fs.capacityBytes = Number.POSITIVE_INFINITY;
    expect(keysOf(sound(EngineDatabase.open(LOGGED, fs)))).toEqual(["a", "b"]);
  });
});
