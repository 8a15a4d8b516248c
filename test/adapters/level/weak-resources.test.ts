import type { AbstractResource } from "abstract-level";
import { describe, expect, test } from "vitest";
import { mayBeForgotten, WeakResources } from "../../../src/adapters/level/weak-resources.ts";
import { collectGarbage } from "../../support/garbage.ts";
import { levelDatabase, puts } from "../../support/level-database.ts";

/** Resolves when the condition holds, asking the garbage collector for its help. */
async function eventually(condition: () => boolean): Promise<void> {
  for (let tries = 0; tries < 20_000; tries++) {
    if (condition()) break;
    if (tries % 100 === 0) collectGarbage();
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(condition()).toBe(true);
}

describe("what is never closed", () => {
  test.each([
    ["an iterator", (db: Database) => db.iterator().next()],
    ["an iterator that was never read", async (db: Database) => void db.values()],
    ["an iterator that was read ahead of", (db: Database) => db.keys().nextv(1)],
    [
      "an iterator over what is on disk",
      async (db: Database) => {
        await db.flush();
        await db.iterator({ reverse: true }).nextv(1);
      },
    ],
    ["an iterator of a snapshot", (db: Database) => db.iterator({ snapshot: db.snapshot() }).next()],
    ["an iterator of a sublevel", (db: Database) => db.sublevel("s").keys().next()],
    ["a snapshot", async (db: Database) => void db.snapshot()],
    [
      "a snapshot of a sublevel",
      async (db: Database) => {
        const sublevel = db.sublevel("s");
        await sublevel.open();
        sublevel.snapshot();
      },
    ],
    ["a transaction", (db: Database) => db.transaction().put("x", "1")],
  ])("keeps nothing once it is forgotten: %s", async (_, forget) => {
    const db = await levelDatabase();
    await db.batch(puts("a=1 b=2 !s!c=3 !s!d=4"));
    const warnings: string[] = [];
    db.on("warning", ({ message }) => warnings.push(message));
    await forget(db);
    // The engine watches only what outlives its turn.
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    expect(db.stats().oldestReader).toBeDefined();
    await eventually(() => db.stats().oldestReader === undefined);
    expect(warnings[0]).toContain("nobody can reach");
    await db.close();
  });

  test("leaves the list of resources, which a long run would fill", async () => {
    const left: AbstractResource[] = [];
    const resources = new WeakResources((placeholder) => left.push(placeholder));
    const kept = forgettable();
    resources.attach(kept);
    await eventually(() => {
      resources.attach(forgettable());
      return left.length > 1000;
    });
    expect(left).not.toContain(resources.detach(kept));
  });

  test("closes with the list what is still there", async () => {
    const resources = new WeakResources(() => {});
    let closed = 0;
    const resource = forgettable(() => closed++);
    await resources.attach(resource).close();
    expect(closed).toBe(1);
    const other = { ...forgettable() };
    expect(resources.attach(other)).toBe(other);
    expect(resources.detach(other)).toBe(other);
  });

  test("is closed with its database while somebody still has it", async () => {
    const db = await levelDatabase();
    const iterator = db.iterator();
    const snapshot = db.snapshot();
    await db.close();
    await expect(iterator.next()).rejects.toMatchObject({ code: "LEVEL_ITERATOR_NOT_OPEN" });
    expect(() => snapshot.ref()).toThrow("not open");
  });
});

function forgettable(close: () => void = () => {}): AbstractResource {
  const resource = { close: async () => close(), [Symbol.asyncDispose]: async () => close() };
  mayBeForgotten(resource);
  return resource;
}

type Database = Awaited<ReturnType<typeof levelDatabase<string, string>>>;
