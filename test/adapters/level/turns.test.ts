import { describe, expect, test } from "vitest";
import { TURN_MS, Turns } from "../../../src/adapters/level/turns.ts";
import { levelDatabase } from "../../support/level-database.ts";

/** More calls than pass between two looks at the clock. */
const MANY = 100;

function askOften(turns: Turns): (Promise<void> | undefined)[] {
  return Array.from({ length: MANY }, () => turns.next());
}

describe("turns of the event loop", () => {
  test("let every answer of a young turn through", () => {
    const turns = new Turns(() => 7);
    expect(askOften(turns).every((wait) => wait === undefined)).toBe(true);
  });

  test("make the answers of a late turn wait for the next one, all for the same", async () => {
    let nowMs = 0;
    const turns = new Turns(() => nowMs);
    expect(turns.next()).toBeUndefined();
    nowMs = TURN_MS;
    const waits = new Set(askOften(turns).filter((wait) => wait !== undefined));
    expect(waits.size).toBe(1);

    let hasRun = false;
    setImmediate(() => {
      hasRun = true;
    });
    // The turn's end was asked for before, so a second one passes until the flag is set.
    await [...waits][0];
    expect(turns.next()).toBeUndefined();
    nowMs += TURN_MS;
    await askOften(turns).at(-1);
    expect(hasRun).toBe(true);
  });

  test("are measured from the first call of each", async () => {
    let nowMs = 0;
    const turns = new Turns(() => nowMs);
    expect(turns.next()).toBeUndefined();
    await new Promise((resolve) => setImmediate(resolve));
    nowMs = 100 * TURN_MS;
    expect(askOften(turns).every((wait) => wait === undefined)).toBe(true);
  });
});

describe("a loop of awaited calls", () => {
  /** Far more than fit into a few turns. */
  const CALLS_MAX = 5_000_000;

  test.each([
    ["get", (db: Database) => db.get("a")],
    ["has", (db: Database) => db.has("a")],
    ["getMany", (db: Database) => db.getMany(["a", "b"])],
    ["put", (db: Database) => db.put("a", "2")],
    ["nextv", (db: Database) => db.keys().nextv(1)],
    ["all", (db: Database) => db.iterator().all()],
    ["clear", (db: Database) => db.clear({ limit: 1, gte: "b" })],
  ])("lets others have their turn: %s", async (_, call) => {
    const db = await levelDatabase();
    await db.put("a", "1");
    let turns = 0;
    const count = (): void => {
      if (++turns < 2) setImmediate(count);
    };
    setImmediate(count);
    for (let calls = 0; turns < 2 && calls < CALLS_MAX; calls++) await call(db);
    expect(turns).toBe(2);
  });

  test("lets others have their turn: next", async () => {
    const db = await levelDatabase();
    await db.put("a", "1");
    const keys = db.keys();
    let hasRun = false;
    setImmediate(() => {
      hasRun = true;
    });
    for (let calls = 0; !hasRun && calls < CALLS_MAX; calls++) {
      keys.seek("a");
      expect(await keys.next()).toBe("a");
    }
    expect(hasRun).toBe(true);
  });
});

type Database = Awaited<ReturnType<typeof levelDatabase<string, string>>>;
