import { describe, expect, test } from "vitest";
import { RangeReader } from "../../../src/adapters/level/range-reader.ts";
import type { Cursor } from "../../../src/engine/cursor.ts";
import type { Range } from "../../../src/engine/range.ts";
import { MemoryFileSystem } from "../../../src/fs/memory-file-system.ts";
import { DelayedReads } from "../../support/delayed-reads.ts";
import { EngineDatabase, type OpenOptions, QUIET } from "../../support/engine-database.ts";
import { readFile, writeFile } from "../../support/engine-golden.ts";
import { LiveReads } from "../../support/live-reads.ts";

const NATIVE: OpenOptions = {
  ...QUIET,
  format: "native",
  memtableSizeBytes: 1 << 20,
  blockSizeBytes: 1024,
  durability: "process",
};
const KEYS: readonly string[] = Array.from({ length: 3000 }, (_, number) => `k${String(number).padStart(4, "0")}`);
const PUTS = KEYS.map((key) => `${key}=${"v".repeat(30)}`).join(" ");

/** A database that was flushed and opened again, so that nothing of its table is in memory. */
async function cold(damage: (fs: MemoryFileSystem, table: string) => void = () => {}) {
  const fs = new MemoryFileSystem();
  const made = EngineDatabase.open(NATIVE, fs);
  await made.run(`${PUTS} flush`);
  await made.close();
  for (const table of made.files.filter((name) => name.endsWith(".sst"))) damage(fs, `/db/${table}`);
  const reads = new DelayedReads(fs);
  return { reads, db: EngineDatabase.open(NATIVE, fs) };
}

/** Where a scan comes to when it has read about half of the entries. */
function flipInTheMiddle(fs: MemoryFileSystem, path: string): void {
  const bytes = readFile(fs, path);
  bytes[bytes.length >> 1]! ^= 1;
  writeFile(fs, path, bytes);
}

function readerOf(db: EngineDatabase, range: Range = {}): RangeReader<string> {
  const keyAt = ({ keyBuffer, keyStart, keyEnd }: Cursor) => Buffer.from(keyBuffer).toString("utf8", keyStart, keyEnd);
  const options = { signal: undefined, bytesMax: Number.POSITIVE_INFINITY };
  return new RangeReader({ reads: new LiveReads(db.engine), close() {} }, range, keyAt, options);
}

async function answers(reader: RangeReader<string>, size: number): Promise<string[][]> {
  const all: string[][] = [];
  for (;;) {
    const keys = await reader.some(size);
    if (keys.length === 0) return all;
    all.push(keys);
  }
}

async function oneByOne(reader: RangeReader<string>): Promise<string[]> {
  const keys: string[] = [];
  for (let key = await reader.next(); key !== undefined; key = await reader.next()) keys.push(key);
  return keys;
}

describe("a range reader of what is not in memory", () => {
  test.each<[string, (reader: RangeReader<string>) => Promise<string[]>]>([
    ["one by one", oneByOne],
    ["some at a time", async (reader) => (await answers(reader, 100)).flat()],
    ["all at once", (reader) => reader.all(Number.POSITIVE_INFINITY)],
  ])("reads everything, %s, and waits for no disk on this thread", async (_, read) => {
    const { db, reads } = await cold();
    const before = reads.synchronous;
    expect(await reads.until(read(readerOf(db)))).toEqual(KEYS);
    expect(await reads.until(read(readerOf(db, { reverse: true })))).toEqual(KEYS.toReversed());
    expect(reads.synchronous).toBe(before);
    await reads.until(db.close());
  });

  test("answers with what is there, and reads on while the caller looks at it", async () => {
    const { db, reads } = await cold();
    const reader = readerOf(db);
    const first = await reads.until(reader.some(10_000));
    expect(first.length).toBeGreaterThan(100);
    expect(first.length).toBeLessThan(KEYS.length);
    expect(reads.underWay).toBe(1);
    expect((await reads.until(reader.some(10_000)))[0]).toBe(KEYS[first.length]);
    reader.close();
    await reads.until(db.close());
  });

  test("reads more at once the longer it goes on", async () => {
    const { db, reads } = await cold();
    const sizes = (await reads.until(answers(readerOf(db), 10_000))).map(({ length }) => length);
    expect(sizes.length).toBeGreaterThan(3);
    expect(Math.max(...sizes)).toBeGreaterThan(3 * Math.min(...sizes));
  });

  test("goes where a seek puts it while something is being read ahead", async () => {
    const { db, reads } = await cold();
    const reader = readerOf(db);
    await reads.until(reader.some(10_000));
    expect(reads.underWay).toBe(1);
    reader.seek(Buffer.from("k2500"));
    expect((await reads.until(reader.some(3)))[0]).toBe("k2500");
    reader.seek(Buffer.from("k0001"));
    expect(await reads.until(reader.all(Number.POSITIVE_INFINITY))).toEqual(KEYS.slice(1));
    expect(db.stats.pinnedStates).toBe(0);
    await reads.until(db.close());
  });

  test("is closed while something is being read ahead", async () => {
    const { db, reads } = await cold();
    const reader = readerOf(db);
    await reads.until(reader.some(10_000));
    reader.close();
    expect(db.stats.pinnedStates).toBe(0);
    reads.endAll();
    expect(await reader.some(5)).toEqual([]);
    await reads.until(db.close());
  });

  test("does not take damage for the end, however often it is asked", async () => {
    const { db, reads } = await cold(flipInTheMiddle);
    const corruption = { code: "LEVEL_CORRUPTION", cause: expect.objectContaining({ code: "CORRUPTION" }) };
    const found: string[] = [];
    const reader = readerOf(db);
    await expect(
      reads.until(
        (async () => {
          for (;;) found.push(...(await reader.some(100)));
        })(),
      ),
    ).rejects.toMatchObject(corruption);
    expect(found.length).toBeGreaterThan(500);
    expect(found).toEqual(KEYS.slice(0, found.length));
    for (let again = 0; again < 2; again++) {
      await expect((async () => reader.next())()).rejects.toMatchObject(corruption);
      await expect(reader.some(5)).rejects.toMatchObject(corruption);
    }
    await expect(reads.until(readerOf(db).all(9999))).rejects.toMatchObject(corruption);
    reader.seek(Buffer.from("k0007"));
    expect(await reads.until(reader.some(1))).toEqual(["k0007"]);
    expect(db.stats.pinnedStates).toBe(1);
  });
});
