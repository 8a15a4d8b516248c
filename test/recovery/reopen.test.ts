import { describe, expect, test } from "vitest";
import { MemoryFileSystem } from "../../src/fs/memory-file-system.ts";
import { EngineDatabase, QUIET } from "../support/engine-database.ts";
import { writeFile } from "../support/engine-golden.ts";

describe("a database that was closed and opened again", () => {
  test("answers as before after twenty-one rounds of writes and freezes", async () => {
    const db = EngineDatabase.open(QUIET);
    for (let round = 0; round <= 20; round++) {
      const others = round % 2 === 0 ? `1=v${round} -2` : `-1 2=v${round}`;
      await db.run(`0=v${round} ${others} freeze`);
    }
    await db.close();
    const again = EngineDatabase.open(QUIET, db.fs);
    expect(again.stats).toMatchObject({ memtableBytes: 0, immutableMemtables: 0, tables: 21 });
    expect(["0", "1", "2"].map((key) => again.get(key))).toEqual(["v20", "v20", undefined]);
    expect(again.scan()).toBe("0=v20 1=v20");
  });

  test("says how many tables it opened, and a new one says nothing", async () => {
    const db = EngineDatabase.open(QUIET);
    expect(db.events).toEqual([]);
    await db.run("a=1 flush b=2");
    await db.close();
    expect(EngineDatabase.open(QUIET, db.fs).eventsOf("recovered")).toEqual([{ tables: 2, logs: undefined }]);
  });

  test("has the tree it had, level 1 included", async () => {
    const db = EngineDatabase.open(QUIET);
    await db.run("a=1 flush b=2 flush compact c=3 flush -a flush");
    const { tree } = db;
    await db.close();
    const again = EngineDatabase.open(QUIET, db.fs);
    expect(again.tree).toEqual(tree);
    expect(again.faults).toEqual([]);
    expect(again.scan()).toBe("b=2 c=3");
  });

  test("gives no id twice, however often it was opened", async () => {
    const fs = new MemoryFileSystem();
    const ids: number[] = [];
    for (let opening = 0; opening < 5; opening++) {
      const db = EngineDatabase.open(QUIET, fs);
      await db.run(`k=${opening} flush k=${opening}! flush compact`);
      ids.push(
        ...db.eventsOf("flush").map(({ id }) => id),
        ...db.eventsOf("compactionEnd").flatMap((end) => end.outputs),
      );
      await db.close();
    }
    expect(new Set(ids).size).toBe(15);
    expect(ids).toEqual(ids.toSorted((a, b) => a - b));
    expect(EngineDatabase.open(QUIET, fs).scan()).toBe("k=4!");
  });

  test("does not grow by being opened and closed", async () => {
    const db = EngineDatabase.open(QUIET);
    await db.run("a=1");
    await db.close();
    const { fs } = db;
    for (let opening = 0; opening < 3; opening++) await EngineDatabase.open(QUIET, fs).close();
    expect(db.files).toEqual(["00000.sst", "MANIFEST"]);
  });

  test("loses what was only in memory when it was not closed", async () => {
    const fs = new MemoryFileSystem();
    const db = EngineDatabase.open(QUIET, fs);
    await db.run("a=1 flush b=2 freeze c=3");
    const again = EngineDatabase.open(QUIET, fs.killed());
    expect(again.scan()).toBe("a=1");
    expect(again.eventsOf("warning")).toEqual([]);
  });
});

describe("keys and values of the largest size", () => {
  const largest = "L".repeat(65_535);

  test("survive put, get, flush, close and reopening", async () => {
    const db = EngineDatabase.open({ memtableLimit: 50, memtableStop: 64 });
    db.put(largest, "small value");
    db.put("small key", largest);
    db.put(`M${largest.slice(1)}`, largest);
    const answers = (of: EngineDatabase) => [of.get(largest), of.get("small key"), of.get(`M${largest.slice(1)}`)];
    const expected = ["small value", largest, largest];
    expect(answers(db)).toEqual(expected);
    await db.run("flush");
    expect(answers(db)).toEqual(expected);
    await db.close();
    const again = EngineDatabase.open({}, db.fs);
    expect(answers(again)).toEqual(expected);
    expect(again.get(largest.slice(1))).toBeUndefined();
  });

  test("go through a full compaction", async () => {
    const db = EngineDatabase.open({ memtableLimit: 50, memtableStop: 64 });
    db.put(largest, largest);
    await db.run("flush a=1 flush compact");
    expect(db.get(largest)).toBe(largest);
    expect(db.scan("(, L)")).toBe("");
    expect(db.scan("[a, )")).toBe("a=1");
  });
});

describe("what a crash left is deleted after a clean replay", () => {
  async function closed(steps: string): Promise<MemoryFileSystem> {
    const fs = new MemoryFileSystem();
    const db = EngineDatabase.open(QUIET, fs);
    await db.run(steps);
    await db.close();
    return fs;
  }

  test.each([
    ["a table above every recorded id", "00099.sst"],
    ["a table that a compaction replaced", "00000.sst"],
    ["a half-made table", "00007.sst.tmp"],
    ["a half-made manifest", "MANIFEST.tmp"],
    ["the log of a memtable that was flushed", "00001.wal"],
  ])("%s", async (_, name) => {
    const fs = await closed("a=1 flush b=2 flush compact c=3");
    writeFile(fs, `/db/${name}`, Buffer.from("left over"));
    const db = EngineDatabase.open(QUIET, fs);
    expect(db.files).toEqual(db.expectedFiles);
    expect(db.scan()).toBe("a=1 b=2 c=3");
  });

  test.each([
    ["a table under an id that was announced, as it may be a lost one", "00004.sst"],
    ["another program's file", "notes.txt"],
    ["an editor's temporary file", "notes.tmp"],
    ["a name that only looks like a table", "99.sst"],
  ])("but not %s", async (_, name) => {
    const fs = await closed("a=1 flush b=2 flush compact c=3");
    const db = EngineDatabase.open(QUIET, fs);
    expect(db.engine.core.states.current.memtable.id).toBe(4);
    await db.close();
    writeFile(fs, `/db/${name}`, Buffer.from("not ours to judge"));
    const again = EngineDatabase.open(QUIET, fs);
    expect(again.files).toEqual([name, ...again.expectedFiles].sort());
  });

  test("but nothing when the manifest's tail was cut", async () => {
    const fs = await closed("a=1 flush b=2 flush compact c=3");
    const left = ["00099.sst", "00000.sst", "MANIFEST.tmp"];
    for (const name of left) writeFile(fs, `/db/${name}`, Buffer.from("left over"));
    const file = fs.open("/db/MANIFEST", "append");
    file.append(Buffer.from([0, 0, 0, 0, 0, 0, 0, 9, 123]), 0, 9);
    file.close();
    const db = EngineDatabase.open(QUIET, fs);
    expect(db.eventsOf("warning")).toHaveLength(1);
    expect(db.files).toEqual(expect.arrayContaining(left));
    await db.close();
    // The next open is clean.
    const again = EngineDatabase.open(QUIET, fs);
    expect(again.files).toEqual(again.expectedFiles);
  });
});
