import { describe, expect, test } from "vitest";
import { SSTableIterator } from "../../src/sstable/sstable-iterator.ts";
import { tinyOptions } from "../support/crash-scripts.ts";
import { EngineDatabase, type OpenOptions, QUIET } from "../support/engine-database.ts";
import { rangeOf } from "../support/engine-range.ts";
import { drainText } from "../support/entries.ts";

/** Three levels, and nothing that begins by itself. */
const LEVELED: OpenOptions = {
  ...QUIET,
  compaction: {
    strategy: "leveled",
    level0FilesTrigger: 50,
    maxLevels: 3,
    baseLevelSizeBytes: 1 << 20,
    levelSizeMultiplier: 2,
  },
};
const NATIVE: OpenOptions = { ...LEVELED, format: "native" };

/** Every entry of every table, newest place first, deletes as `-a`. */
function rawContent(db: EngineDatabase): string[] {
  const { tree, tables } = db.engine.core.states.current;
  return [tree.level0, ...tree.levels.map((level) => level.tables)].flat().map((id) => {
    const iterator = new SSTableIterator(tables.get(id));
    iterator.seekToFirst();
    return drainText(iterator);
  });
}

function compactRange(db: EngineDatabase, range: string, signal?: AbortSignal): Promise<void> {
  return db.engine.compactRange(rangeOf(range), signal);
}

describe("a compaction of a range", () => {
  test("merges what overlaps it down to the last level, memory included, and drops deletes there", async () => {
    const db = EngineDatabase.open(LEVELED);
    await db.run("a=1 b=1 flush -a c=1 flush x=1 flush -b");
    await compactRange(db, "[a, c]");
    expect(rawContent(db)).toEqual(["x=1", "c=1"]);
    expect(db.shape).toBe("L0: 2 | L1: | L2: | L3: 5");
    expect(db.faults).toEqual([]);
    expect(db.files).toEqual(db.expectedFiles);
  });

  test("brings the room back that a range delete left behind", async () => {
    const db = EngineDatabase.open({ ...NATIVE, memtableSizeBytes: 1 << 20 });
    for (let number = 0; number < 1000; number++) db.put(`k${1000 + number}`, "v".repeat(100));
    await compactRange(db, "[k, l)");
    const [full] = [db.stats.tableBytes];
    expect(full).toBeGreaterThan(100_000);
    db.writeBatch([{ range: "[k1100, k1900)" }], false);
    await compactRange(db, "[k1100, k1900)");
    expect(db.stats.tableBytes).toBeLessThan(full / 4);
    db.writeBatch([{ range: "[k, l)" }], false);
    await compactRange(db, "[k, l)");
    expect(db.shape).toBe("L1: | L2: | L3:");
    expect(db.files).toEqual(db.expectedFiles);
  });

  test("keeps what a snapshot sees, and drops it when it is asked again later", async () => {
    const db = EngineDatabase.open(NATIVE);
    await db.run("a=1 b=1");
    const cursor = db.cursor();
    db.writeBatch([{ range: "[a, z)" }], false);
    await compactRange(db, "(, )");
    expect(db.scan()).toBe("");
    expect(rawContent(db)).toEqual(["a@1=1 b@2=1"]);
    const { compactions } = db.stats.counters;
    expect(compactions).toBe(1);
    cursor.close();
    await compactRange(db, "(, )");
    expect(rawContent(db)).toEqual([]);
  });

  test("has nothing more to do the second time", async () => {
    const db = EngineDatabase.open(NATIVE);
    await db.run("a=1 flush b=1 flush");
    await compactRange(db, "(, )");
    await compactRange(db, "(, )");
    expect(db.stats.counters.compactions).toBe(1);
  });

  test.each(["none", "simple", "leveled", "tiered"] as const)(
    "under %s is replayed as it happened",
    async (strategy) => {
      for (const format of ["plain", "mvcc", "native"] as const) {
        const options = { ...tinyOptions(format, "process", strategy), memtableLimit: 50, memtableStop: 60 };
        const db = EngineDatabase.open(options);
        for (let round = 0; round < 6; round++) {
          for (let number = round; number < 60; number += 3) db.put(`k${10 + number}`, `${round}-${number}`);
          await db.engine.flush();
          if (round % 2 === 1) await compactRange(db, "[k20, k40)");
        }
        const [content, tree] = [db.scan(), db.tree];
        expect(db.faults).toEqual([]);
        expect(db.stats.counters.compactions).toBeGreaterThan(0);
        await db.close();
        const reopened = EngineDatabase.open(options, db.fs);
        expect(reopened.scan()).toBe(content);
        expect(reopened.tree).toEqual(tree);
      }
    },
  );
});

describe("a compaction of a range that takes long", () => {
  async function filled(options: OpenOptions = NATIVE): Promise<EngineDatabase> {
    const db = EngineDatabase.open({ ...options, memtableSizeBytes: 4 << 20, tableSizeBytes: 100_000 });
    for (let round = 0; round < 2; round++) {
      for (let number = 0; number < 2000; number++) db.put(String(number), `${round}`.repeat(500));
      await db.engine.flush();
    }
    return db;
  }

  test("is ended by close, and leaves nothing of what it had not finished", async () => {
    const db = await filled();
    const { tree } = db;
    const compaction = compactRange(db, "(, )");
    const refused = expect(compaction).rejects.toMatchObject({ code: "DATABASE_CLOSED" });
    while (db.eventsOf("compactionBegin").length === 0) await new Promise(setImmediate);
    await db.close();
    await refused;
    expect(db.eventsOf("compactionEnd")).toEqual([]);
    const reopened = EngineDatabase.open(NATIVE, db.fs);
    expect(reopened.tree).toEqual(tree);
    expect(reopened.files).toEqual(reopened.expectedFiles);
    expect(reopened.get("5")).toBe("1".repeat(500));
  });

  test("is ended by a signal, with its reason", async () => {
    const db = await filled();
    const files = db.files;
    const controller = new AbortController();
    const compaction = compactRange(db, "(, )", controller.signal);
    const refused = expect(compaction).rejects.toThrow("enough");
    while (db.eventsOf("compactionBegin").length === 0) await new Promise(setImmediate);
    controller.abort(new Error("enough"));
    await refused;
    expect(db.files).toEqual(files);
    expect(db.stats.pinnedStates).toBe(0);
    await compactRange(db, "(, )");
    expect(db.tree.level0).toEqual([]);
  });

  test("leaves the strategy its turns between its steps", async () => {
    const compaction = { ...tinyOptions("native", "process", "leveled").compaction, level0FilesTrigger: 2 } as never;
    const db = await filled({ ...NATIVE, compaction });
    const ranged = Promise.all([compactRange(db, "[0, 5)"), compactRange(db, "[3, 9)"), db.engine.compact()]);
    for (let number = 0; number < 2000; number += 7) db.put(String(number), "new");
    await db.engine.flush();
    await ranged;
    expect(db.faults).toEqual([]);
    expect(db.get("7")).toBe("new");
    expect(db.get("8")).toBe("1".repeat(500));
    await db.close();
    const reopened = EngineDatabase.open({ ...NATIVE, compaction }, db.fs);
    expect(reopened.get("7")).toBe("new");
    expect(reopened.files).toEqual(reopened.expectedFiles);
  });

  test("is refused where nothing may be written", async () => {
    const db = await filled();
    await db.close();
    await expect(compactRange(db, "(, )")).rejects.toMatchObject({ code: "DATABASE_CLOSED" });
    const reader = EngineDatabase.open({ ...NATIVE, readOnly: true }, db.fs);
    await expect(compactRange(reader, "(, )")).rejects.toMatchObject({ code: "READ_ONLY" });
  });
});
