import { describe, expect, test } from "vitest";
import type { AsyncCursor } from "../../src/engine/async-cursor.ts";
import type { Range } from "../../src/engine/range.ts";
import { Snapshot } from "../../src/engine/snapshot.ts";
import { Transaction } from "../../src/engine/transaction.ts";
import { MemoryFileSystem } from "../../src/fs/memory-file-system.ts";
import { DelayedReads } from "../support/delayed-reads.ts";
import { EngineDatabase, type OpenOptions, QUIET } from "../support/engine-database.ts";
import { LiveReads } from "../support/live-reads.ts";
import { MODEL_OPTIONS, modelSeeds } from "../support/model-options.ts";
import { randomOf } from "../support/random.ts";

const NATIVE: OpenOptions = {
  ...QUIET,
  format: "native",
  memtableSizeBytes: 256 << 10,
  blockSizeBytes: 64,
  durability: "process",
};
const keyOf = (number: number) => `k${String(number).padStart(4, "0")}`;

/** A database that was filled, flushed and opened again, so that nothing of its tables is in memory. */
async function cold(options: OpenOptions, fill: (db: EngineDatabase) => Promise<void>) {
  const fs = new MemoryFileSystem();
  const made = EngineDatabase.open(options, fs);
  await fill(made);
  await made.close();
  const reads = new DelayedReads(fs);
  const db = EngineDatabase.open(options, fs);
  return { db, fs, reads, live: new LiveReads(db.engine) };
}

/** Two tables that overlap, and something in the memtable. */
async function twoTables(db: EngineDatabase): Promise<void> {
  await db.run(`${puts(0, 300, "old")} flush ${puts(200, 500, "new")} flush`);
}

/** `from` to below `to` as steps. */
function puts(from: number, to: number, value: string): string {
  return Array.from({ length: to - from }, (_, index) => `${keyOf(from + index)}=${value}${from + index}`).join(" ");
}

/** The rest in batches, each as `key=value key=value`. */
async function batches(cursor: AsyncCursor, size = 1000): Promise<string[]> {
  const found: string[] = [];
  for (;;) {
    const entries = await cursor.nextv(size);
    if (entries.length === 0) return found;
    found.push(entries.map(([key, value]) => `${Buffer.from(key)}=${Buffer.from(value)}`).join(" "));
  }
}

async function rest(cursor: AsyncCursor, size?: number): Promise<string> {
  return (await batches(cursor, size)).join(" ");
}

/** What a cursor shows that waits for the disk. */
function shown(reads: Pick<LiveReads, "scan">, range: Range): string {
  return [...reads.scan({ ...range, as: "utf8" })].map(([key, value]) => `${key}=${value}`).join(" ");
}

const RANGES: readonly Range[] = [
  {},
  { reverse: true },
  { gte: keyOf(100), lt: keyOf(250) },
  { gt: keyOf(100), lte: keyOf(250), reverse: true },
  { prefix: "k02", limit: 17 },
  { gt: keyOf(499) },
  { limit: 0 },
];

describe("a cursor that waits for no disk", () => {
  test("shows what is in memory at once", async () => {
    const db = EngineDatabase.open(NATIVE);
    await db.run("a=1 b=2 c=3 -b");
    const cursor = new LiveReads(db.engine).cursorAsync();
    expect([cursor.valid, cursor.isWaiting]).toEqual([true, false]);
    expect(await rest(cursor)).toBe("a=1 c=3");
    expect(db.stats.pinnedStates).toBe(0);
  });

  test.each(["native", "mvcc", "plain"] as const)(
    "shows all ranges of %s tables without a synchronous read",
    async (format) => {
      for (const range of RANGES) {
        const { db, live, reads } = await cold({ ...NATIVE, format }, twoTables);
        await db.run(`-${keyOf(120)} ${keyOf(221)}=newest`);
        const before = reads.synchronous;
        const found = await reads.until(rest(live.cursorAsync(range), 20));
        expect(reads.synchronous).toBe(before);
        expect(found).toBe(shown(live, range));
        expect(db.stats.pinnedStates).toBe(0);
      }
    },
  );

  test("ends a batch where something must be loaded, which begins at once", async () => {
    const { live, reads } = await cold({ ...NATIVE, blockSizeBytes: 4096 }, (db) =>
      db.run(`${puts(0, 3000, "v".repeat(20))} flush`),
    );
    const cursor = live.cursorAsync();
    expect([cursor.valid, cursor.isWaiting]).toEqual([false, true]);
    const first = await reads.until(cursor.nextv(10_000));
    expect(first.length).toBeGreaterThan(100);
    expect(first.length).toBeLessThan(3000);
    expect(reads.underWay).toBe(1);
    const found = await reads.until(batches(cursor, 10_000));
    expect(found.length).toBeGreaterThan(0);
    expect(first.length + found.join(" ").split(" ").length).toBe(3000);
  });

  test("ends a batch where it holds enough", async () => {
    const db = EngineDatabase.open(NATIVE);
    await db.run("a=1 b=22 c=333 d=4444");
    const cursor = new LiveReads(db.engine).cursorAsync();
    expect(await cursor.nextv(10, { sizeBytes: 5 })).toHaveLength(2);
    expect(await cursor.nextv(1)).toHaveLength(1);
    expect(await cursor.nextv(10, { sizeBytes: 1 })).toHaveLength(1);
    expect(await cursor.nextv(10)).toEqual([]);
    await expect(cursor.nextv(0)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    await expect(cursor.nextv(1, { size: 1 } as never)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });

  test("seeks back and forth, also while it is being loaded", async () => {
    const { live, reads } = await cold(NATIVE, twoTables);
    const cursor = live.cursorAsync({ lt: keyOf(400) });
    const loading = cursor.load();
    cursor.seek(keyOf(390));
    await reads.until(loading);
    expect(await reads.until(rest(cursor))).toBe(shown(live, { gte: keyOf(390), lt: keyOf(400) }));
    const other = live.cursorAsync({ reverse: true, gte: keyOf(10) });
    other.seek(keyOf(15));
    expect(await reads.until(rest(other))).toBe(shown(live, { gte: keyOf(10), lte: keyOf(15), reverse: true }));
    const third = live.cursorAsync();
    await reads.until(third.load());
    third.seek(keyOf(450));
    await reads.until(third.load());
    third.seek("");
    await reads.until(third.load());
    expect(Buffer.from(third.keyBuffer.subarray(third.keyStart, third.keyEnd)).toString()).toBe(keyOf(0));
    third.next();
    third.close();
    expect([third.valid, third.isWaiting]).toEqual([false, false]);
  });

  test("shows the database as it was, whatever is written, flushed and compacted meanwhile", async () => {
    const { db, live, reads } = await cold(NATIVE, twoTables);
    const expected = shown(live, {});
    const cursor = live.cursorAsync();
    const snapshot = new Snapshot(db.engine);
    await db.run(`${keyOf(0)}=later -${keyOf(300)} flush compact`);
    expect(await reads.until(rest(cursor))).toBe(expected);
    const later = snapshot.cursorAsync();
    snapshot.close();
    await db.run(`${keyOf(1)}=later flush compact`);
    expect(await reads.until(rest(later))).toBe(expected);
    await reads.until(db.engine.compact());
    expect(db.files).toEqual(db.expectedFiles);
  });

  test("of a transaction shows its writes, and what it went over counts as read", async () => {
    const { db, reads } = await cold(NATIVE, twoTables);
    const own = new Transaction(db.engine, { isolation: "serializable" });
    own.put(keyOf(7), "mine");
    const cursor = own.cursorAsync({ lt: keyOf(9) });
    expect(await reads.until(rest(cursor))).toContain(`${keyOf(7)}=mine ${keyOf(8)}=old8`);
    await db.run(`${keyOf(3)}=others`);
    expect(() => own.commit()).toThrow(expect.objectContaining({ code: "TRANSACTION_CONFLICT" }));
  });

  test("hides what range deletes in tables hide, which it loads as well", async () => {
    const { db, live, reads } = await cold(NATIVE, async (made) => {
      await twoTables(made);
      made.writeBatch([{ range: `[${keyOf(100)}, ${keyOf(450)})` }], false);
      await made.run(`${keyOf(222)}=again flush`);
    });
    expect(db.shape).toMatch(/^L0: \d+ \d+ \d+/);
    for (const reverse of [false, true]) {
      const before = reads.synchronous;
      const found = await reads.until(rest(live.cursorAsync({ reverse }), 7));
      expect(reads.synchronous).toBe(before);
      expect(found).toBe(shown(live, { reverse }));
      expect(found.split(" ")).toHaveLength(151);
    }
  });

  test("that is closed while it is being loaded ends its load, and lets go", async () => {
    const { db, live, reads } = await cold(NATIVE, twoTables);
    const cursor = live.cursorAsync();
    const loading = cursor.load();
    cursor.close();
    await loading;
    expect([cursor.valid, cursor.isWaiting, db.stats.pinnedStates]).toEqual([false, false, 0]);
    expect(await cursor.nextv(3)).toEqual([]);
    reads.endAll();
  });

  test("is refused once the database is closed", async () => {
    const { db, fs, live, reads } = await cold(NATIVE, twoTables);
    const cursor = live.cursorAsync();
    const loading = cursor.load();
    loading.catch(() => {});
    await reads.until(db.close());
    await expect(reads.until(loading)).rejects.toMatchObject({ code: "DATABASE_CLOSED" });
    await expect(cursor.nextv(1)).rejects.toMatchObject({ code: "DATABASE_CLOSED" });
    expect(fs.openFiles).toBe(0);
  });

  test("tells what the disk refused, and never takes it for the end", async () => {
    const { fs, live, reads, db } = await cold({ ...NATIVE, blockSizeBytes: 4096 }, (made) =>
      made.run(`${puts(0, 3000, "v".repeat(20))} flush`),
    );
    const cursor = live.cursorAsync();
    let shownBefore = (await reads.until(cursor.nextv(10_000))).length;
    fs.beforeCall = ({ operation }) => (operation === "read" ? "EIO" : undefined);
    const goOn = async () => {
      for (;;) {
        const entries = await cursor.nextv(10_000);
        if (entries.length === 0) return;
        shownBefore += entries.length;
      }
    };
    await expect(reads.until(goOn())).rejects.toMatchObject({ systemCode: "EIO" });
    expect(shownBefore).toBeLessThan(3000);
    await expect(cursor.nextv(1)).rejects.toMatchObject({ systemCode: "EIO" });
    await expect(cursor.load()).rejects.toMatchObject({ systemCode: "EIO" });
    expect([cursor.valid, db.stats.pinnedStates]).toEqual([false, 0]);
  });

  test("leaves a turn of the event loop to others now and then", async () => {
    const db = EngineDatabase.open({ ...NATIVE, memtableSizeBytes: 8 << 20 });
    for (let number = 0; number < 60_000; number++) db.put(keyOf(number), "value");
    const cursor = new LiveReads(db.engine).cursorAsync();
    let turns = 0;
    let isDone = false;
    const count = (): void => {
      turns++;
      if (!isDone) setImmediate(count);
    };
    setImmediate(count);
    const found = await cursor.nextv(60_000);
    isDone = true;
    expect(found).toHaveLength(60_000);
    expect(turns).toBeGreaterThan(1);
  });
});

describe.each(
  Object.keys(MODEL_OPTIONS).filter((name) => /descriptors|leveled strategy|tiered|tiny blocks/.test(name)),
)("scans of a database of %s", (name) => {
  test.each(modelSeeds([1, 2]))("show what those show that wait for the disk (seed %i)", async (seed) => {
    const random = randomOf(seed);
    const fs = new MemoryFileSystem();
    const db = EngineDatabase.open(MODEL_OPTIONS[name], fs);
    const live = new LiveReads(db.engine);
    const isNative = db.engine.core.format === "native";
    const reads = new DelayedReads(fs, seed);
    const checks: Promise<void>[] = [];
    let isDone = 0;
    for (let step = 0; step < 1500; step++) {
      const dice = random(100);
      const key = keyOf(random(300));
      if (dice < 70) db.put(key, "v".repeat(random(30) + 1) + step);
      else if (dice < 80) db.delete(key);
      else if (dice < 82 && isNative) db.writeBatch([{ range: `[${key}, ${keyOf(random(300))})` }], false);
      else if (dice < 90) {
        for (let ends = random(10); ends > 0; ends--) reads.endOne();
        await Promise.resolve();
      } else if (dice < 92) await reads.until(random(2) === 0 ? db.engine.flush() : db.engine.compact());
      else if (checks.length < 60) {
        const bound = keyOf(random(300));
        const near = random(2) === 0 ? { gte: key } : { gt: key };
        const far = random(2) === 0 ? { lt: bound } : { lte: bound };
        const range: Range = {
          ...(random(3) === 0 ? {} : near),
          ...(random(3) === 0 ? {} : far),
          reverse: random(2) === 0,
          ...(random(3) === 0 ? { limit: random(20) } : {}),
        };
        const sought = random(3) === 0 ? keyOf(random(300)) : undefined;
        const sync = live.cursor(range);
        const cursor = live.cursorAsync(range);
        if (sought !== undefined) {
          sync.seek(sought);
          cursor.seek(sought);
        }
        const expected: string[] = [];
        for (; sync.valid; sync.next()) {
          const found = Buffer.from(sync.keyBuffer.subarray(sync.keyStart, sync.keyEnd)).toString();
          const value = Buffer.from(sync.valueBuffer.subarray(sync.valueStart, sync.valueEnd)).toString();
          expected.push(`${found}=${value}`);
        }
        sync.close();
        checks.push(
          rest(cursor, 1 + random(40)).then((found) => {
            expect(found).toBe(expected.join(" "));
            cursor.close();
            isDone++;
          }),
        );
      }
    }
    await reads.until(Promise.all(checks));
    expect(isDone).toBe(checks.length);
    expect(db.stats.oldestReader).toBeUndefined();
    await reads.until(db.close());
    expect(fs.openFiles).toBe(0);
  });
});
