import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { MiniLevel } from "../../src/adapters/level/mini-level.ts";
import { MiniLsm } from "../../src/engine/mini-lsm.ts";

const OPTIONS = { memtableSizeBytes: 64 * 1024, useThread: false } as const;
const COUNT = 300;
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "mini-lsm-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const keyOf = (number: number) => `k${String(number).padStart(4, "0")}`;
const contentOf = (number: number) => `value ${number} `.repeat(10);
const bytesOf = (text: string) => Uint8Array.from(Buffer.from(text));

/** Fills and flushes so often that the memory of every memtable has served several times again. */
async function useAgain(put: (key: string, value: string) => unknown, flush: () => Promise<void>): Promise<void> {
  for (let round = 0; round < 12; round++) {
    for (let index = 0; index < COUNT; index++) put(`z${round}-${index}`, "#".repeat(150));
    await flush();
    await nextTurn();
  }
}

test("what was read out of a memtable stays as it was when its memory serves again", async () => {
  const db = await MiniLsm.open(directory, OPTIONS);
  for (let index = 0; index < COUNT; index++) db.put(keyOf(index), contentOf(index));
  const expected = Array.from({ length: COUNT }, (_, index) => bytesOf(contentOf(index)));
  const keys = Array.from({ length: COUNT }, (_, index) => keyOf(index));

  const got = keys.map((key) => db.get(key));
  const many = db.getMany(keys);
  const late = await Promise.all(keys.map((key) => db.getAsync(key)));
  const lateMany = await db.getManyAsync(keys);
  const scanned = [...db.scan({ lt: "l" })];
  const snapshot = db.snapshot();
  const seen = keys.map((key) => snapshot.get(key));

  await useAgain(
    (key, value) => db.put(key, value),
    () => db.flush(),
  );

  for (const answers of [got, many, late, lateMany, seen]) expect(answers.map(bytes)).toEqual(expected);
  expect(scanned.map(([key, value]) => [bytes(key), bytes(value)])).toEqual(
    keys.map((key, index) => [bytesOf(key), expected[index]]),
  );
  expect(keys.map((key) => bytes(snapshot.get(key)))).toEqual(expected);
  expect(keys.map((key) => bytes(db.get(key)))).toEqual(expected);
  snapshot.close();
  await db.close();
});

test("a cursor over a memtable goes on while newer ones are filled and flushed", async () => {
  const db = await MiniLsm.open(directory, OPTIONS);
  for (let index = 0; index < COUNT; index++) db.put(keyOf(index), contentOf(index));
  const entries = db.scan({ lt: "l" })[Symbol.iterator]();
  const found = [entries.next().value, entries.next().value];

  await useAgain(
    (key, value) => db.put(key, value),
    () => db.flush(),
  );

  for (let next = entries.next(); !next.done; next = entries.next()) found.push(next.value);
  expect(found.map((entry) => entry && [text(entry[0]), text(entry[1])])).toEqual(
    Array.from({ length: COUNT }, (_, index) => [keyOf(index), contentOf(index)]),
  );
  await db.close();
});

test("what the level store answered stays as it was", async () => {
  const db = new MiniLevel<string, Uint8Array>(directory, { ...OPTIONS, valueEncoding: "view" });
  const keys = Array.from({ length: COUNT }, (_, index) => keyOf(index));
  await db.batch(keys.map((key, index) => ({ type: "put", key, value: bytesOf(contentOf(index)) })));
  const expected = keys.map((_, index) => bytesOf(contentOf(index)));

  const got = await Promise.all(keys.map((key) => db.get(key)));
  const many = await db.getMany(keys);
  const now = keys.map((key) => db.getSync(key));
  const iterator = db.iterator({ lt: "l" });
  const some = await iterator.nextv(100);

  await useAgain(
    (key, value) => db.put(key, bytesOf(value)),
    () => db.flush(),
  );

  for (const answers of [got, many, now]) expect(answers.map(bytes)).toEqual(expected);
  const rest = await iterator.all();
  expect([...some, ...rest].map(([key, value]) => [key, bytes(value)])).toEqual(
    keys.map((key, index) => [key, expected[index]]),
  );
  await db.close();
});

/** The same bytes, whichever class holds them. */
function bytes(answer: Uint8Array | undefined): Uint8Array | undefined {
  return answer && Uint8Array.from(answer);
}

function text(answer: Uint8Array): string {
  return Buffer.from(answer).toString();
}
