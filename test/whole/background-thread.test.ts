import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { BackgroundThread } from "../../src/engine/background-thread.ts";
import { MiniLsm } from "../../src/engine/mini-lsm.ts";

/** Programs that a thread might run instead of ours, when all goes wrong. */
const FAULTY: { readonly [name: string]: string } = {
  "dies at its start": "process.exit(1)",
  "throws at its first job":
    "require('node:worker_threads').workerData.port.on('message', () => { throw new Error('no more') })",
  "ends at its first job": "require('node:worker_threads').workerData.port.on('message', () => process.exit(0))",
  "takes jobs and never answers": "require('node:worker_threads').workerData.port.on('message', () => {})",
  "is no program": "this is no program",
};

const SHARED = Symbol.for("mini-lsm-cli.background-thread.1");
const registry = globalThis as { [SHARED]?: BackgroundThread };
let directory = "";
let usual: BackgroundThread | undefined;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "mini-lsm-"));
  usual = registry[SHARED];
});

afterEach(() => {
  registry[SHARED] = usual as BackgroundThread;
  rmSync(directory, { recursive: true });
});

const KEYS = 30_000;
const OPTIONS = {
  memtableSizeBytes: 1 << 20,
  memtableLimit: 1,
  memtableStop: 3,
  compaction: {
    strategy: "leveled",
    levelSizeMultiplier: 2,
    level0FilesTrigger: 2,
    maxLevels: 3,
    baseLevelSizeBytes: 1 << 20,
  },
} as const;

function value(key: number): string {
  return `${key}`.repeat(30);
}

function expectEverything(db: MiniLsm): void {
  let count = 0;
  for (const [key, bytes] of db.scan()) {
    expect(Buffer.from(bytes).toString()).toBe(value(Number(Buffer.from(key).toString())));
    count++;
  }
  expect(count).toBe(KEYS);
}

test("where the system refuses a thread, every job is done on this one", async () => {
  // What is no text is refused by the constructor, as it refuses when there are too many threads.
  registry[SHARED] = new BackgroundThread(0 as unknown as string);
  const db = await MiniLsm.open(directory, { ...OPTIONS, durability: "process" });
  for (let key = 0; key < KEYS; key++) db.put(String(key), value(key));
  await db.flush();
  await db.compact();
  expect(db.stats().counters.flushes).toBeGreaterThan(0);
  expect(registry[SHARED].isRunning).toBe(false);
  expectEverything(db);
  await db.close();
});

describe.each(Object.entries(FAULTY))("with a background thread that %s", (_, program) => {
  test("a writer that yields loses nothing, and every job is done on this thread", async () => {
    registry[SHARED] = new BackgroundThread(program, 200);
    const db = await MiniLsm.open(directory, { ...OPTIONS, durability: "none" });
    for (let key = 0; key < KEYS; key++) {
      db.put(String(key), value(key));
      if (key % 1000 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await db.flush();
    expectEverything(db);
    await db.close();
    const again = await MiniLsm.open(directory, { readOnly: true });
    expectEverything(again);
    await again.close();
  });

  test("a writer that never yields is not held up for ever", async () => {
    registry[SHARED] = new BackgroundThread(program, 200);
    const db = await MiniLsm.open(directory, { ...OPTIONS, durability: "process" });
    for (let key = 0; key < KEYS; key++) db.put(String(key), value(key));
    expect(db.stats().counters.flushes).toBeGreaterThan(0);
    expectEverything(db);
    await db.close();
  });
});

describe("a compaction of a range on the background thread", () => {
  async function withTables(): Promise<MiniLsm> {
    const { THREAD_SOURCE } = await import(new URL("../../build/engine/thread-source.js", import.meta.url).href);
    registry[SHARED] = new BackgroundThread(THREAD_SOURCE);
    const db = await MiniLsm.open(directory, { ...OPTIONS, memtableSizeBytes: 8 << 20, durability: "none" });
    for (let key = 0; key < KEYS; key++) db.put(String(key), value(key));
    await db.flush();
    return db;
  }

  test("is given up at close, and its files are gone when that resolves", async () => {
    const db = await withTables();
    const refused = expect(db.compactRange()).rejects.toMatchObject({ code: "DATABASE_CLOSED" });
    await new Promise<void>((resolve) => db.on("compactionBegin", () => resolve()));
    expect(registry[SHARED]?.isRunning).toBe(true);
    const tree = db.structure();
    await db.close();
    await refused;
    const names = readdirSync(directory).filter((name) => name.endsWith(".sst"));
    expect(names).toHaveLength([tree.level0, ...tree.levels.map(({ tables }) => tables)].flat().length);
    const again = await MiniLsm.open(directory, OPTIONS);
    expect(again.structure()).toEqual(tree);
    expectEverything(again);
    await again.close();
  });

  test("is given up when its signal is aborted, without waiting for its end", async () => {
    const db = await withTables();
    const controller = new AbortController();
    const refused = expect(db.compactRange({}, controller.signal)).rejects.toThrow("enough");
    await new Promise<void>((resolve) => db.on("compactionBegin", () => resolve()));
    controller.abort(new Error("enough"));
    await refused;
    expect(db.stats().counters.compactions).toBe(0);
    await db.compactRange();
    expect(db.structure().level0).toEqual([]);
    expectEverything(db);
    await db.close();
  });
});
