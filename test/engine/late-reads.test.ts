import { describe, expect, test } from "vitest";
import { Snapshot } from "../../src/engine/snapshot.ts";
import { Transaction } from "../../src/engine/transaction.ts";
import { MemoryFileSystem } from "../../src/fs/memory-file-system.ts";
import { DelayedReads } from "../support/delayed-reads.ts";
import { EngineDatabase, type OpenOptions, QUIET } from "../support/engine-database.ts";
import { LiveReads } from "../support/live-reads.ts";
import { ModelMap } from "../support/model-map.ts";
import { MODEL_OPTIONS, modelSeeds } from "../support/model-options.ts";
import { randomOf } from "../support/random.ts";

const NATIVE: OpenOptions = {
  ...QUIET,
  format: "native",
  memtableSizeBytes: 256 << 10,
  blockSizeBytes: 64,
  durability: "process",
};
const coded = (code: string) => expect.objectContaining({ code });
const text = { as: "utf8" } as const;
const keyOf = (number: number) => `k${String(number).padStart(4, "0")}`;

/** A database that was filled, flushed and opened again, so that nothing of its tables is in memory. */
async function cold(options: OpenOptions, steps: string) {
  const fs = new MemoryFileSystem();
  const made = EngineDatabase.open(options, fs);
  await made.run(steps);
  await made.close();
  const reads = new DelayedReads(fs);
  const db = EngineDatabase.open(options, fs);
  return { db, fs, reads, live: new LiveReads(db.engine) };
}

/** `from` to below `to` as steps. */
function puts(from: number, to: number, value: string): string {
  return Array.from({ length: to - from }, (_, index) => `${keyOf(from + index)}=${value}${from + index}`).join(" ");
}

const TWO_TABLES = `${puts(0, 100, "old")} flush ${puts(50, 150, "new")} flush`;

describe("an asynchronous read", () => {
  test("of what is in memory waits for nothing", async () => {
    const { db, live, reads } = await cold(NATIVE, "");
    await db.run("a=1 b=2 -b");
    expect(await live.getAsync("a", text)).toBe("1");
    expect([await live.hasAsync("a"), await live.hasAsync("b")]).toEqual([true, false]);
    expect(await live.getManyAsync(["a", "b"])).toEqual([new Uint8Array(Buffer.from("1")), undefined]);
    expect(await live.getManyAsync(["b", "a"], text)).toEqual([undefined, "1"]);
    expect([reads.begun, reads.synchronous, db.stats.pinnedStates]).toEqual([0, 0, 0]);
  });

  test.each(["native", "mvcc", "plain"] as const)(
    "of what lies in %s tables reads none of it synchronously",
    async (format) => {
      const { db, live, reads } = await cold({ ...NATIVE, format }, TWO_TABLES);
      const before = reads.synchronous;
      for (const [number, value] of [
        [7, "old7"],
        [70, "new70"],
        [149, "new149"],
        [150, undefined],
      ] as const) {
        expect(await reads.until(live.getAsync(keyOf(number), text))).toBe(value);
        expect(await reads.until(live.hasAsync(keyOf(number)))).toBe(value !== undefined);
      }
      expect(reads.begun).toBeGreaterThan(2);
      expect(reads.synchronous).toBe(before);
      expect(live.get(keyOf(70), text)).toBe("new70");
      expect(db.stats.pinnedStates).toBe(0);
    },
  );

  test("overlaps with others: 64 of them wait for the disk together", async () => {
    const { live, reads } = await cold(NATIVE, `${puts(0, 1000, "v".repeat(40))} flush`);
    await reads.until(live.getAsync(keyOf(0)));
    const begunBefore = reads.begun;
    const numbers = Array.from({ length: 64 }, (_, index) => 5 + index * 15);
    const found = Promise.all(numbers.map((number) => live.getAsync(keyOf(number), text)));
    await Promise.resolve();
    expect(reads.underWay).toBe(64);
    expect(await reads.until(found)).toEqual(numbers.map((number) => `${"v".repeat(40)}${number}`));
    expect(reads.begun - begunBefore).toBeLessThan(64 + 8);
    expect(reads.synchronous).toBe(0);
  });

  test("reads once what several ask for", async () => {
    const { live, reads } = await cold(NATIVE, TWO_TABLES);
    const found = Promise.all([1, 2, 3, 4].map(() => live.getAsync(keyOf(7), text)));
    expect(await reads.until(found)).toEqual(["old7", "old7", "old7", "old7"]);
    const { begun } = reads;
    const again = await cold(NATIVE, TWO_TABLES);
    await again.reads.until(again.live.getAsync(keyOf(7), text));
    expect(begun).toBe(again.reads.begun);
  });

  test("of many keys is as of one moment, and in their order", async () => {
    const { db, live, reads } = await cold(NATIVE, TWO_TABLES);
    const keys = [70, 7, 999, 120, 7].map(keyOf);
    const found = live.getManyAsync(keys);
    await db.run(`${keyOf(7)}=later -${keyOf(120)} ${keyOf(999)}=later flush compact`);
    const values = (await reads.until(found)).map((value) => value && Buffer.from(value).toString());
    expect(values).toEqual(["new70", "old7", undefined, "new120", "old7"]);
  });

  test("finds its way with a cache that keeps nothing and few descriptors", async () => {
    const { live, reads } = await cold({ ...NATIVE, cacheSizeBytes: 0, maxOpenFiles: 4 }, TWO_TABLES);
    const numbers = Array.from({ length: 150 }, (_, index) => index);
    const found = Promise.all(numbers.map((number) => live.getAsync(keyOf(number), text)));
    expect(await reads.until(found)).toEqual(numbers.map((number) => `${number < 50 ? "old" : "new"}${number}`));
    expect(reads.synchronous).toBe(0);
    expect(reads.most).toBeLessThan(4);
  });

  test("keeps no bytes of the caller's", async () => {
    const { live, reads } = await cold(NATIVE, TWO_TABLES);
    const key = Buffer.from(keyOf(7));
    const found = live.getAsync(key, text);
    key.fill(0);
    expect(await reads.until(found)).toBe("old7");
  });

  test("of a snapshot or a transaction sees what that one sees", async () => {
    const { db, reads } = await cold(NATIVE, TWO_TABLES);
    const snapshot = new Snapshot(db.engine);
    const transaction = new Transaction(db.engine, { isolation: "serializable" });
    transaction.put(keyOf(8), "mine");
    await db.run(`${keyOf(7)}=later flush`);
    expect(await reads.until(snapshot.getAsync(keyOf(7), text))).toBe("old7");
    expect(await reads.until(transaction.getAsync(keyOf(7), text))).toBe("old7");
    expect(await transaction.getAsync(keyOf(8), text)).toBe("mine");
    expect(() => transaction.commit()).toThrow(coded("TRANSACTION_CONFLICT"));
    const late = snapshot.getAsync(keyOf(9), text);
    snapshot.close();
    expect(await reads.until(late)).toBe("old9");
    await expect(snapshot.getAsync(keyOf(7))).rejects.toMatchObject({ code: "SNAPSHOT_CLOSED" });
    await expect(transaction.hasAsync(keyOf(7))).rejects.toMatchObject({ code: "TRANSACTION_FINISHED" });
  });

  test("rejects what a synchronous one throws", async () => {
    const { db, live } = await cold({ ...NATIVE, format: "mvcc" }, "a=1 flush");
    await expect(live.getAsync("")).rejects.toMatchObject({ code: "KEY_EMPTY" });
    await expect(live.getManyAsync(["a", ""])).rejects.toMatchObject({ code: "KEY_EMPTY" });
    await expect(live.getAsync("a", { as: "latin1" } as never)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    await db.close();
    await expect(live.hasAsync("a")).rejects.toMatchObject({ code: "DATABASE_CLOSED" });
  });
});

describe("while asynchronous reads are under way", () => {
  test("what they read stays on disk, however it is compacted, and goes when they are done", async () => {
    const { db, live, reads } = await cold(NATIVE, TWO_TABLES);
    const before = db.files;
    const found = live.getAsync(keyOf(7), text);
    await db.run("compact");
    expect(db.files).toEqual(expect.arrayContaining(before.filter((name) => name.endsWith(".sst"))));
    expect(await reads.until(found)).toBe("old7");
    expect(db.files).toEqual(db.expectedFiles);
  });

  test("the database can be closed: they are refused, and no descriptor stays", async () => {
    const { db, fs, live, reads } = await cold({ ...NATIVE, maxOpenFiles: 4 }, TWO_TABLES);
    const numbers = Array.from({ length: 150 }, (_, index) => index);
    const found = Promise.allSettled(numbers.map((number) => live.getAsync(keyOf(number), text)));
    reads.endOne();
    await reads.until(db.close());
    expect(fs.openFiles).toBe(0);
    const outcomes = await reads.until(found);
    expect(
      outcomes.every((outcome) => outcome.status === "rejected" && outcome.reason.code === "DATABASE_CLOSED"),
    ).toBe(true);
    expect(reads.underWay).toBe(0);
  });
});

describe("a disk that refuses", () => {
  test("once is asked again by the synchronous read", async () => {
    const { fs, live, reads } = await cold(NATIVE, TWO_TABLES);
    const found = live.getAsync(keyOf(7), text);
    let refusals = 1;
    fs.beforeCall = ({ operation }) => (operation === "read" && refusals-- > 0 ? "EIO" : undefined);
    expect(await reads.until(found)).toBe("old7");
    expect(refusals).toBeLessThan(0);
  });

  test("always makes the read fail with its code", async () => {
    const { fs, live, reads, db } = await cold(NATIVE, TWO_TABLES);
    const found = live.getManyAsync([keyOf(7), keyOf(70)]);
    fs.beforeCall = ({ operation }) => (operation === "read" ? "EIO" : undefined);
    await expect(reads.until(found)).rejects.toMatchObject({ code: "IO_ERROR", systemCode: "EIO" });
    expect(db.stats.pinnedStates).toBe(0);
    fs.beforeCall = undefined;
    expect(await reads.until(live.getAsync(keyOf(7), text))).toBe("old7");
  });

  test("to give a table that need not be asked hides no key", async () => {
    const { db, fs, live, reads } = await cold(NATIVE, TWO_TABLES);
    const older = Math.min(...db.tree.level0);
    fs.beforeCall = ({ operation, path }) =>
      operation === "read" && path.includes(`0000${older}.sst`) ? "EIO" : undefined;
    expect(await reads.until(live.getAsync(keyOf(70), text))).toBe("new70");
    await expect(reads.until(live.getAsync(keyOf(7), text))).rejects.toMatchObject({ systemCode: "EIO" });
  });
});

describe.each(Object.keys(MODEL_OPTIONS).filter((name) => /descriptors|leveled strategy/.test(name)))(
  "asynchronous reads of a database of %s",
  (name) => {
    test.each(modelSeeds([1, 2]))("answer what was true when they were asked (seed %i)", async (seed) => {
      const random = randomOf(seed);
      const fs = new MemoryFileSystem();
      const reads = new DelayedReads(fs, seed);
      const db = EngineDatabase.open(MODEL_OPTIONS[name], fs);
      const live = new LiveReads(db.engine);
      const map = new ModelMap();
      const isNative = db.engine.core.format === "native";
      const answers: Promise<void>[] = [];
      let asked = 0;
      for (let step = 0; step < 3000; step++) {
        const key = keyOf(random(200));
        const dice = random(100);
        if (dice < 55) {
          const value = "v".repeat(1 + random(30)) + step;
          db.put(key, value);
          map.write({ key, value });
        } else if (dice < 60) {
          db.delete(key);
          map.write({ key, value: undefined });
        } else if (dice < 61 && isNative) {
          const write = { range: `[${key}, ${keyOf(random(200))})` };
          db.writeBatch([write], false);
          map.write(write);
        } else if (dice < 85) {
          const keys = Array.from({ length: 1 + random(3) }, () => keyOf(random(200)));
          const expected = keys.map((each) => map.get(each));
          const found = keys.length === 1 ? live.getAsync(key).then((value) => [value]) : live.getManyAsync(keys);
          if (keys.length === 1) expected[0] = map.get(key);
          answers.push(
            found.then((values) => {
              expect(values.map((value) => value && Buffer.from(value).toString())).toEqual(expected);
              asked++;
            }),
          );
        } else if (dice < 99) {
          for (let ends = random(6); ends > 0; ends--) reads.endOne();
          await Promise.resolve();
        } else {
          await reads.until(random(2) === 0 ? db.engine.flush() : db.engine.compact());
        }
      }
      await reads.until(Promise.all(answers));
      expect(asked).toBe(answers.length);
      expect(reads.begun).toBeGreaterThan(20);
      expect(db.stats.pinnedStates).toBe(0);
      await reads.until(db.close());
      expect(fs.openFiles).toBe(0);
    });
  },
);
