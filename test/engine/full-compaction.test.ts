import { describe, expect, test } from "vitest";
import { SSTableIterator } from "../../src/sstable/sstable-iterator.ts";
import { EngineDatabase, QUIET } from "../support/engine-database.ts";
import { drainText } from "../support/entries.ts";

/** Every entry of every table, newest place first, deletes as `-a`. */
function rawContent(db: EngineDatabase): string[] {
  const { tree, tables } = db.engine.core.states.current;
  return [tree.level0, ...tree.levels.map((level) => level.tables)].flat().map((id) => {
    const iterator = new SSTableIterator(tables.get(id));
    iterator.seekToFirst();
    return drainText(iterator);
  });
}

describe("a full compaction", () => {
  test("leaves the newest version of each key in level 1 and drops deletes", async () => {
    const db = EngineDatabase.open(QUIET);
    await db.run("0=v1 flush 0=v2 1=v2 2=v2 flush -0 -2 flush");
    expect(rawContent(db)).toEqual(["-0 -2", "0=v2 1=v2 2=v2", "0=v1"]);
    await db.run("compact");
    expect(db.tree.level0).toEqual([]);
    expect(rawContent(db)).toEqual(["1=v2"]);

    await db.run("0=v3 2=v3 flush -1 flush");
    expect(rawContent(db)).toEqual(["-1", "0=v3 2=v3", "1=v2"]);
    await db.run("compact");
    expect(db.tree.level0).toEqual([]);
    expect(rawContent(db)).toEqual(["0=v3 2=v3"]);
  });

  test("takes L0 and the level of the one before", async () => {
    const db = EngineDatabase.open(QUIET);
    await db.run(
      "0=2333333 00=2333333 4=23 flush -4 flush compact 1=233 2=2333 flush 00=2333 3=23333 -1 flush compact",
    );
    expect(db.tree.level0).toEqual([]);
    expect(db.tree.levels).toHaveLength(1);
    expect(db.tree.levels[0]?.tables.length).toBeGreaterThan(0);
    expect(db.scan()).toBe("0=2333333 00=2333 2=2333 3=23333");
    expect(["0", "00", "1", "2", "3", "4", "--", "555"].map((key) => db.get(key))).toEqual([
      "2333333",
      "2333",
      undefined,
      "2333",
      "23333",
      undefined,
      undefined,
      undefined,
    ]);
    expect(db.faults).toEqual([]);
    expect(db.files).toEqual(db.expectedFiles);
  });

  test("leaves memtables alone", async () => {
    const db = EngineDatabase.open(QUIET);
    await db.run("a=1 flush a=2 freeze -b compact");
    expect(db.shape).toBe("L1: 3");
    expect(db.frozenMemtables).toBe(1);
    expect(db.scan()).toBe("a=2");
  });

  test("of deletes alone leaves no table", async () => {
    const db = EngineDatabase.open(QUIET);
    await db.run("a=1 flush -a flush compact");
    expect(db.shape).toBe("L1:");
    expect(db.files).toEqual(["MANIFEST"]);
  });

  test("of nothing is recorded like any other", async () => {
    const db = EngineDatabase.open(QUIET);
    await db.run("compact");
    const task = { strategy: "full", level0: [], level1: [] };
    expect(db.eventsOf("compactionEnd")).toEqual([{ task, removed: [], outputs: [] }]);
    await db.close();
    expect(EngineDatabase.open(QUIET, db.fs).shape).toBe("L1:");
  });

  test("splits its output at the table size, into disjoint tables", async () => {
    const db = EngineDatabase.open({ ...QUIET, memtableSizeBytes: 1 << 20, tableSizeBytes: 1024, blockSizeBytes: 64 });
    const keys = Array.from({ length: 300 }, (_, index) => String(index).padStart(4, "0"));
    await db.run(`${keys.map((key) => `${key}=${key}`).join(" ")} flush compact`);
    expect(db.tree.levels[0]?.tables.length).toBeGreaterThan(2);
    expect(db.faults).toEqual([]);
    expect(db.scan()).toBe(keys.map((key) => `${key}=${key}`).join(" "));
  });

  test("says what it took and what it made", async () => {
    const db = EngineDatabase.open(QUIET);
    await db.run("a=1 flush b=1 flush");
    const tree = db.tree;
    await db.run("compact");
    const task = { strategy: "full", level0: [1, 0], level1: [] };
    expect(db.eventsOf("compactionBegin")).toEqual([{ task, reason: undefined, tree }]);
    expect(db.eventsOf("compactionEnd")).toEqual([{ task, removed: [1, 0], outputs: [3] }]);
    expect(db.stats.counters.compactions).toBe(1);
    expect(db.stats.counters.compactedBytesRead).toBeGreaterThan(db.stats.counters.compactedBytesWritten);
  });

  test("takes its turn behind one that is under way", async () => {
    const db = EngineDatabase.open(QUIET);
    await db.run("a=1 flush b=1 flush");
    await Promise.all([db.engine.compact(), db.engine.compact(), db.engine.flush()]);
    expect(db.stats.counters.compactions).toBe(2);
    expect(db.shape).toBe("L1: 4");
    expect(db.files).toEqual(db.expectedFiles);
  });
});

describe("a compaction of more than a slice", () => {
  async function filled(): Promise<EngineDatabase> {
    const db = EngineDatabase.open({ ...QUIET, memtableSizeBytes: 4 << 20, tableSizeBytes: 100_000 });
    for (let round = 0; round < 2; round++) {
      for (let number = 0; number < 2000; number++) db.put(String(number), `${round}`.repeat(500));
      await db.engine.flush();
    }
    return db;
  }

  test("leaves tables that were flushed meanwhile in L0", async () => {
    const db = await filled();
    const compaction = db.engine.compact();
    await db.run("5=new flush");
    await compaction;
    const order = db.events.map(({ name }) => name).filter((name) => name !== "freeze");
    expect(order).toEqual(["flush", "flush", "compactionBegin", "flush", "compactionEnd"]);
    expect(db.tree.level0).toEqual([2]);
    expect(db.get("5")).toBe("new");
    expect(db.get("6")).toBe("1".repeat(500));
    expect(db.faults).toEqual([]);
    expect(db.files).toEqual(db.expectedFiles);
  });

  test("changes nothing and leaves no file when it is aborted", async () => {
    const db = await filled();
    const [tree, files] = [db.tree, db.files];
    const controller = new AbortController();
    const compaction = db.engine.compact(controller.signal);
    expect(db.files.length).toBeGreaterThan(files.length);
    controller.abort(new Error("enough"));
    await expect(compaction).rejects.toThrow("enough");
    expect(db.tree).toBe(tree);
    expect(db.files).toEqual(files);
    expect(db.stats.pinnedStates).toBe(0);

    await db.engine.compact();
    expect(db.tree.level0).toEqual([]);
    expect(db.files).toEqual(db.expectedFiles);
  });

  test("is brought to its end by close", async () => {
    const db = await filled();
    const compaction = db.engine.compact();
    await db.close();
    await compaction;
    const reopened = EngineDatabase.open(QUIET, db.fs);
    expect(reopened.tree.level0).toEqual([]);
    expect(reopened.get("5")).toBe("1".repeat(500));
    expect(reopened.files).toEqual(reopened.expectedFiles);
  });
});
