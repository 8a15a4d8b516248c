import { describe, expect, test } from "vitest";
import { DelayedReads } from "../support/delayed-reads.ts";
import { EngineDatabase, type OpenOptions, QUIET } from "../support/engine-database.ts";
import { rangeOf } from "../support/engine-range.ts";

const OPTIONS: OpenOptions = { ...QUIET, memtableSizeBytes: 1 << 20, cacheSizeBytes: 0, format: "native" };

function sizeOf(db: EngineDatabase, range: string): Promise<number> {
  return db.engine.sizeOfRange(rangeOf(range));
}

function fill(db: EngineDatabase, from: number, to: number): void {
  for (let number = from; number < to; number++) db.put(`k${1000 + number}`, "v".repeat(95));
}

describe("the size of a range", () => {
  test.each(["plain", "mvcc", "native"] as const)("follows the keys on disk and in memory in %s", async (format) => {
    const db = EngineDatabase.open({ ...OPTIONS, format });
    fill(db, 0, 500);
    await db.engine.flush();
    fill(db, 500, 1000);
    const whole = await sizeOf(db, "(, )");
    expect(whole).toBeGreaterThan(100_000);
    for (const [range, share] of [
      ["[k1000, k1250)", 0.25],
      ["[k1200, k1400)", 0.2],
      ["(k1399, k1599]", 0.2],
      ["[k1750, )", 0.25],
      ["(, k1500)", 0.5],
    ] as const) {
      const size = await sizeOf(db, range);
      expect(size / whole, range).toBeGreaterThan(share * 0.8);
      expect(size / whole, range).toBeLessThan(share * 1.2);
    }
  });

  test("is nothing where no key can be", async () => {
    const db = EngineDatabase.open(OPTIONS);
    expect(await sizeOf(db, "(, )")).toBe(0);
    fill(db, 0, 10);
    await db.engine.flush();
    fill(db, 20, 30);
    for (const range of ["(, k)", "[l, )", "[k1005, k1005)", "[k1009, k1001)", "(k1010, k1019)"]) {
      expect(await sizeOf(db, range), range).toBe(0);
    }
  });

  test("takes a table that lies within whole, and reads no block of any", async () => {
    const db = EngineDatabase.open(OPTIONS);
    fill(db, 0, 1000);
    await db.engine.flush();
    const { blocks } = db.engine.core.tables;
    const { misses } = blocks;
    expect(await sizeOf(db, "[k1000, k1999]")).toBe(db.stats.tableBytes);
    await sizeOf(db, "[k1100, k1200)");
    expect(blocks.misses).toBe(misses);
  });

  test("is refused after close, and while it waits for the disk", async () => {
    const db = EngineDatabase.open(OPTIONS);
    fill(db, 0, 100);
    await db.engine.flush();
    await db.close();
    const again = EngineDatabase.open(OPTIONS, db.fs);
    const reads = new DelayedReads(again.fs);
    const size = sizeOf(again, "[k1010, k1020)");
    const refused = expect(size).rejects.toMatchObject({ code: "DATABASE_CLOSED" });
    expect(reads.underWay).toBe(1);
    await reads.until(again.close());
    await refused;
    await expect(sizeOf(again, "(, )")).rejects.toMatchObject({ code: "DATABASE_CLOSED" });
  });

  test("tells what is wrong with a table whose index it needs", async () => {
    const db = EngineDatabase.open(OPTIONS);
    fill(db, 0, 1000);
    await db.engine.flush();
    await db.close();
    const [name = ""] = db.files.filter((file) => file.endsWith(".sst"));
    const file = db.fs.open(db.path(name), "read");
    const bytes = new Uint8Array(file.sizeBytes);
    file.read(bytes, 0, bytes.length, 0);
    bytes.fill(0, bytes.length - 200, bytes.length - 50);
    db.fs.remove(db.path(name));
    db.fs.open(db.path(name), "createNew").append(bytes, 0, bytes.length);
    const again = EngineDatabase.open(OPTIONS, db.fs);
    await expect(sizeOf(again, "[k1010, k1020)")).rejects.toMatchObject({ code: "CORRUPTION" });
    expect(await sizeOf(again, "(, )")).toBeGreaterThan(0);
  });
});
