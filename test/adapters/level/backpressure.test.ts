import { AbstractLevel } from "abstract-level";
import { expect, test } from "vitest";
import { reachableBytes } from "../../support/garbage.ts";
import { levelDatabase } from "../../support/level-database.ts";

/** Has all the costs of `level` and none of a store. */
class NothingLevel extends AbstractLevel<string, string, string> {
  constructor() {
    super({ encodings: { utf8: true } });
  }
}

const VALUE = "v".repeat(100);
const MEBIBYTE = 1024 * 1024;

/** What so many puts take, none of them awaited, while no turn of the event loop passes. */
async function takenBytes(db: { put(key: string, value: string): Promise<void> }, count: number): Promise<number> {
  const puts: Promise<void>[] = [];
  const before = reachableBytes();
  for (let number = 0; number < count; number++) puts.push(db.put(`k${String(number).padStart(9, "0")}`, VALUE));
  const taken = reachableBytes() - before;
  await Promise.all(puts);
  return taken;
}

test("however many puts are outstanding, the engine's own share of memory is bounded", async () => {
  const nothing = new NothingLevel();
  await nothing.open();
  const shares: number[] = [];
  for (const count of [50_000, 250_000]) {
    const db = await levelDatabase();
    await db.put("first", VALUE);
    await nothing.put("first", VALUE);
    const taken = await takenBytes(db, count);
    shares.push(taken - (await takenBytes(nothing, count)));
    expect(db.stats().waitingWriteBytes).toBe(0);
  }
  // Keys, values and what holds them are in files and memtables by then: 22 MB and as much again for those between the two.
  const [few = 0, many = 0] = shares;
  expect(few).toBeLessThan(16 * MEBIBYTE);
  expect(many - few).toBeLessThan(20 * MEBIBYTE);
});
