import { describe, expect, test } from "vitest";
import type { LsmError } from "../../src/errors.ts";
import { MemoryFileSystem } from "../../src/fs/memory-file-system.ts";
import { readNativeManifest } from "../../src/manifest/read-native-manifest.ts";
import { EngineDatabase, type OpenOptions, QUIET } from "../support/engine-database.ts";
import { readFile, writeFile } from "../support/engine-golden.ts";

const NATIVE: OpenOptions = { ...QUIET, format: "native", durability: "process" };
const MANIFEST = "/db/MANIFEST";

/** What one session did and the next ones find. */
async function session(fs: MemoryFileSystem, steps: string, options: OpenOptions = NATIVE): Promise<void> {
  const db = EngineDatabase.open(options, fs);
  await db.run(steps);
  await db.close();
}

function found(fs: MemoryFileSystem, options: OpenOptions = NATIVE): string {
  return EngineDatabase.open(options, fs.killed()).scan();
}

describe("a native database", () => {
  test.each(["none", "process", "power"] as const)(
    "is made, closed and opened again, durability %s",
    async (durability) => {
      const fs = new MemoryFileSystem();
      const options: OpenOptions = { ...NATIVE, durability };
      await session(fs, "a=1 b=2 flush c=3 -a flush compact d=", options);
      await session(fs, "e=5 freeze", options);
      await session(fs, "flush -b", options);
      const again = EngineDatabase.open({ ...QUIET, durability }, fs);
      expect(again.scan()).toBe("c=3 d= e=5");
      expect(again.engine.core).toMatchObject({ format: "native", databaseId: expect.any(Uint8Array) });
      expect(again.engine.core.databaseId).toHaveLength(16);
      expect(again.eventsOf("warning")).toEqual([]);
      await again.close();
      expect(fs.openFiles).toBe(0);
    },
  );

  test("has another id than any other", () => {
    const ids = [1, 2].map(() => EngineDatabase.open(NATIVE).engine.core.databaseId);
    expect(ids[0]).not.toEqual(ids[1]);
  });

  test("opens without reading a table", async () => {
    const fs = new MemoryFileSystem();
    await session(fs, "a=1 flush b=2 flush");
    const read: string[] = [];
    fs.beforeCall = ({ operation, path }) => {
      if (operation === "open" || operation === "read") read.push(path);
      return undefined;
    };
    const db = EngineDatabase.open(NATIVE, fs);
    expect(read.filter((path) => path.endsWith(".sst"))).toEqual([]);
    expect(db.scan()).toBe("a=1 b=2");
    expect(read.filter((path) => path.endsWith(".sst"))).not.toEqual([]);
  });

  test("leaves no more behind, however often it is opened for nothing", async () => {
    const fs = new MemoryFileSystem();
    await session(fs, "a=1");
    for (let opening = 0; opening < 5; opening++) await session(fs, "");
    expect(fs.list("/db")).toHaveLength(3);
    const { state, records } = readNativeManifest(fs, MANIFEST);
    expect(state.liveMemtables.map(({ id }) => id)).toEqual([0]);
    expect(records.length).toBeLessThan(4);
    expect(found(fs)).toBe("a=1");
  });

  test("never goes back in time, even when the newest entry is gone", async () => {
    const fs = new MemoryFileSystem();
    await session(fs, "a=1 b=2 -a -b flush compact");
    const db = EngineDatabase.open(NATIVE, fs);
    expect(db.shape).toBe("L1:");
    expect(db.engine.writer.lastTimestamp).toBe(4);
  });

  test("is refused when another format is asked for, and the other way round", async () => {
    const fs = new MemoryFileSystem();
    await session(fs, "a=1 flush");
    expect(() => EngineDatabase.open({ ...NATIVE, format: "mvcc" }, fs)).toThrow("holds a database of format native");
    const other = new MemoryFileSystem();
    await session(other, "a=1 flush", { ...NATIVE, format: "plain" });
    expect(() => EngineDatabase.open(NATIVE, other)).toThrow("holds a database of format plain");
  });
});

describe("after a clean close", () => {
  /** What a process finds when one bit of a file is wrong: the content, or which file it names. */
  function outcome(fs: MemoryFileSystem, name: string, bit: number): string {
    const copy = fs.killed();
    const bytes = Uint8Array.from(readFile(copy, `/db/${name}`));
    bytes[bit >> 3]! ^= 1 << (bit & 7);
    writeFile(copy, `/db/${name}`, bytes);
    try {
      return EngineDatabase.open(NATIVE, copy).scan();
    } catch (error) {
      return `${(error as LsmError).code} ${(error as { file?: string }).file}`;
    }
  }

  test.each([
    ["with a log", "process", "a=1 flush b=2 c=3"],
    ["without a log", "none", "a=1 flush b=2 c=3"],
    ["with an empty log", "process", "a=1 b=2 c=3 flush"],
  ] as const)("%s no flipped bit of manifest or log loses anything silently", async (_, durability, steps) => {
    const fs = new MemoryFileSystem();
    await session(fs, steps, { ...NATIVE, durability });
    const outcomes = new Map<string, number>();
    for (const name of fs.list("/db").filter((file) => !file.endsWith(".sst"))) {
      for (let bit = 0; bit < readFile(fs, `/db/${name}`).length * 8; bit++) {
        const text = outcome(fs, name, bit);
        outcomes.set(text, (outcomes.get(text) ?? 0) + 1);
        if (text !== "a=1 b=2 c=3") expect(text).toBe(`CORRUPTION /db/${name}`);
      }
    }
    // The last frame of the manifest says no more than what is durable; without it all is there.
    const { records, sizeBytes } = readNativeManifest(fs, MANIFEST);
    const last = records.at(-1);
    const lastFrame = last?.edit.kind === "logSynced" ? sizeBytes - last.offset : 16;
    expect(outcomes.get("a=1 b=2 c=3")).toBe(lastFrame * 8);
  });

  test("a log that lost its end is damaged", async () => {
    const fs = new MemoryFileSystem();
    await session(fs, "a=1 b=2");
    const bytes = readFile(fs, "/db/00000.wal");
    for (let length = 0; length < bytes.length; length++) {
      const copy = fs.killed();
      writeFile(copy, "/db/00000.wal", bytes.subarray(0, length));
      expect(() => EngineDatabase.open(NATIVE, copy)).toThrow(expect.objectContaining({ code: "CORRUPTION" }));
    }
  });

  test("a failed last record is a warning: everything is there", async () => {
    const fs = new MemoryFileSystem();
    const db = EngineDatabase.open(NATIVE, fs);
    await db.run("a=1");
    fs.beforeCall = ({ operation, path }) => (operation === "append" && path === MANIFEST ? "ENOSPC" : undefined);
    await db.close();
    fs.beforeCall = undefined;
    expect(db.eventsOf("warning")).toEqual([
      { message: expect.stringContaining("what is durable could not be written down") },
    ]);
    expect(found(fs)).toBe("a=1");
  });
});

describe("a manifest that grows", () => {
  /** Every flush describes its table by two keys of this size. */
  const long = "k".repeat(60_000);
  const options: OpenOptions = { ...NATIVE, memtableSizeBytes: 1024 * 1024, tableSizeBytes: 1024 * 1024 };

  /** Up to just before it is written anew, with one table. */
  async function grown(): Promise<{ fs: MemoryFileSystem; db: EngineDatabase }> {
    const fs = new MemoryFileSystem();
    const db = EngineDatabase.open(options, fs);
    const size = () => fs.stat(MANIFEST)?.sizeBytes ?? 0;
    for (let round = 0; size() <= 1024 * 1024; round++) {
      await db.run(`${long}a=${round} ${long}b=${round} flush compact`);
    }
    return { fs, db };
  }

  test("is written anew before its next record, and the database goes on", async () => {
    const { fs, db } = await grown();
    await db.run(`${long}c=new flush`);
    expect(fs.stat(MANIFEST)?.sizeBytes).toBeLessThan(500_000);
    const { state } = readNativeManifest(fs, MANIFEST);
    expect(state.tables).toMatchObject({
      level0: [],
      levels: [{ number: 1, tables: [{ entryCount: 2, deleteCount: 0 }] }],
    });
    const content = db.scan();
    await db.close();
    const again = EngineDatabase.open(options, fs);
    expect(again.scan() === content).toBe(true);
    expect(again.faults).toEqual([]);
    expect(again.eventsOf("warning")).toEqual([]);
  });

  test("goes on as it is when that fails, with a warning", async () => {
    const { fs, db } = await grown();
    fs.beforeCall = ({ operation, path }) =>
      operation === "create" && path === `${MANIFEST}.tmp` ? "ENOSPC" : undefined;
    await db.run(`${long}c=new flush`);
    expect(db.eventsOf("warning")[0]?.message).toContain("goes on as it is");
    expect(fs.stat(MANIFEST)?.sizeBytes).toBeGreaterThan(1024 * 1024);
    expect(found(fs, options) === db.scan()).toBe(true);
  });

  test("takes no more when nobody knows which of the two is on disk", async () => {
    const { fs, db } = await grown();
    const before = db.scan();
    let isRenamed = false;
    fs.beforeCall = ({ operation, path }) => {
      isRenamed ||= operation === "rename" && path === `${MANIFEST}.tmp`;
      return isRenamed && operation === "syncDirectory" ? "EIO" : undefined;
    };
    db.put("c", "new");
    await expect(db.engine.flush()).rejects.toMatchObject({ code: "IO_ERROR" });
    expect(() => db.put("d", "1")).toThrow(expect.objectContaining({ code: "IO_ERROR" }));
    fs.beforeCall = undefined;
    expect(found(fs.crash("none"), options) === before || found(fs, options) === `c=new ${before}`).toBe(true);
  });

  test("is whole after a crash at any point of that", async () => {
    const { fs, db } = await grown();
    db.put("c", "new");
    await db.engine.writer.sync();
    const expected = db.scan();
    const left: MemoryFileSystem[] = [];
    fs.beforeCall = ({ operation }) => {
      if (operation !== "read" && operation !== "stat")
        left.push(
          fs.killed(),
          fs.crash("none"),
          fs.crash((below) => (left.length * 7919) % below),
        );
      return undefined;
    };
    await db.engine.flush();
    fs.beforeCall = undefined;
    expect(fs.stat(MANIFEST)?.sizeBytes).toBeLessThan(500_000);
    expect(left.length).toBeGreaterThan(30);
    for (const after of left) expect(EngineDatabase.open(options, after).scan() === expected).toBe(true);
  });
});
