import { describe, expect, test } from "vitest";
import { Inspector } from "../../src/engine/inspector.ts";
import { EngineDatabase, QUIET } from "../support/engine-database.ts";

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

/** A table of a and b, one of c to e without d, and f in memory. */
async function twoTables(format: "plain" | "mvcc" | "native") {
  const db = EngineDatabase.open({ ...QUIET, format });
  db.put("a", "1");
  db.put("b", "1");
  await db.engine.flush();
  for (const key of ["c", "d", "e"]) db.put(key, "1");
  db.delete("d");
  await db.engine.flush();
  db.put("f", "1");
  return { db, inspector: new Inspector(db.engine) };
}

describe("a look inside", () => {
  test("tells memtables and runs, from newest to oldest", async () => {
    const { inspector } = await twoTables("plain");
    const { memtables, runs } = inspector.layout();
    expect(memtables).toMatchObject([{ id: 2, entries: 1, rangeDeletes: 0, sizeBytes: 2, isFrozen: false }]);
    const shown = runs.map(({ level, tables }) => ({
      level,
      tables: tables.map(({ id, firstKey, lastKey }) => `${id} ${text(firstKey)}-${text(lastKey)}`),
    }));
    // Their ranges are disjoint, so a look-up asks one of them.
    expect(shown).toEqual([{ level: 0, tables: ["0 a-b", "1 c-e"] }]);
  });

  test.each([
    ["plain", { entries: undefined, deletes: undefined }, { entries: 3, deletes: 1 }],
    ["mvcc", { entries: undefined, deletes: undefined }, { entries: 4, deletes: 1 }],
    ["native", { entries: 3, deletes: 1 }, { entries: 3, deletes: 1 }],
  ] as const)("tells or counts entries and deletes of tables of %s", async (format, told, counted) => {
    const { inspector } = await twoTables(format);
    expect(inspector.layout().runs[0]?.tables[1]).toMatchObject({ id: 1, ...told });
    expect(inspector.census(1)).toEqual(counted);
  });

  test("counts past the cache", async () => {
    const { db, inspector } = await twoTables("plain");
    inspector.census(1);
    expect(db.stats.blockCache).toEqual({ usedBytes: 0, hits: 0, misses: 0 });
  });

  test("knows nothing of a table that left the tree", async () => {
    const { db, inspector } = await twoTables("plain");
    await db.engine.compact();
    expect(inspector.census(1)).toBeUndefined();
  });

  test("tells whether a table's filter is in memory", async () => {
    const { db } = await twoTables("native");
    await db.engine.close();
    const reopened = EngineDatabase.open(QUIET, db.fs);
    const inspector = new Inspector(reopened.engine);
    const loaded = () => inspector.layout().runs.flatMap(({ tables }) => tables.map(({ isLoaded }) => isLoaded));
    expect(loaded()).toEqual([false, false, false]);
    reopened.get("d");
    expect(loaded()).toEqual([false, true, false]);
  });

  test("explains a look-up and a scan as of a timestamp", async () => {
    const { db, inspector } = await twoTables("mvcc");
    expect(inspector.explainGet("d").outcome).toBe("deleted");
    expect(inspector.explainGet("d", { timestamp: 4 }).outcome).toBe("value");
    expect(inspector.explainScan({ gte: "c" })).toMatchObject([
      { place: "memtable", isInRange: true },
      { place: "run", tablesSkipped: 1, tablesScanned: 1 },
    ]);
    expect(inspector.explainScan({ gte: "c" }, { timestamp: 4 })).toMatchObject([{ isInRange: false }, {}]);
    await db.engine.close();
    expect(() => inspector.layout()).toThrow(expect.objectContaining({ code: "DATABASE_CLOSED" }));
  });

  test("counts what filters refuse and let pass, and what was found", async () => {
    const { db } = await twoTables("plain");
    db.get("c");
    for (let number = 0; number < 50; number++) db.get(`cc${number}`);
    const { refusals, passes, findings } = db.stats.filters;
    expect(findings).toBe(1);
    expect(refusals).toBeGreaterThan(40);
    expect(refusals + passes).toBe(51);
  });
});
