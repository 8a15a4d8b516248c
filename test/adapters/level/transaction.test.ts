import { describe, expect, test } from "vitest";
import type { LevelTransaction } from "../../../src/adapters/level/transaction.ts";
import { levelDatabase, puts, shown } from "../../support/level-database.ts";

describe("a transaction", () => {
  test("shows its writes to nobody else before it is committed", async () => {
    const db = await levelDatabase();
    await db.batch(puts("a=1 b=2"));
    const tx = db.transaction();
    await tx.put("c", "3");
    await tx.del("a");
    await tx.batch(puts("d=4"));
    await tx.batch().put("e", "5").del("b").write();
    expect(await shown(tx)).toBe("c=3 d=4 e=5");
    expect(await tx.getMany(["a", "c"])).toEqual([undefined, "3"]);
    expect(tx.getSync("c")).toBe("3");
    expect(await tx.hasMany(["a", "c"])).toEqual([false, true]);
    expect(await shown(db)).toBe("a=1 b=2");
    await tx.commit({ sync: true });
    expect(await shown(db)).toBe("c=3 d=4 e=5");
    expect(tx.status).toBe("closed");
  });

  test("reads the database as it was when it began, not when it was first used", async () => {
    const db = await levelDatabase();
    await db.put("a", "1");
    const tx = db.transaction();
    await db.put("a", "2");
    expect(await tx.get("a")).toBe("1");
    await tx.rollback();
  });

  test.each([
    ["rollback", (tx: LevelTransaction) => tx.rollback()],
    ["close", (tx: LevelTransaction) => tx.close()],
    ["asyncDispose", (tx: LevelTransaction) => tx[Symbol.asyncDispose]()],
  ])("forgets its writes at %s", async (_, end) => {
    const db = await levelDatabase();
    const tx = db.transaction();
    await tx.put("a", "1");
    await end(tx);
    expect(await shown(db)).toBe("");
    await expect(tx.put("a", "2")).rejects.toMatchObject({ code: "LEVEL_DATABASE_NOT_OPEN" });
    await expect(tx.commit()).rejects.toMatchObject({ code: "LEVEL_TRANSACTION_FINISHED" });
    await expect(tx.open()).rejects.toMatchObject({ cause: { code: "LEVEL_TRANSACTION_FINISHED" } });
  });

  test("is refused when another one changed what it writes, and then it is over", async () => {
    const db = await levelDatabase();
    const [first, second] = [db.transaction(), db.transaction()];
    await first.put("a", "1");
    await second.put("a", "2");
    await first.commit();
    await expect(second.commit()).rejects.toMatchObject({
      code: "LEVEL_TRANSACTION_CONFLICT",
      cause: { code: "TRANSACTION_CONFLICT" },
    });
    expect(second.status).toBe("closed");
    expect(await shown(db)).toBe("a=1");
  });

  test("is refused when another one changed what it read, if it is to be serializable", async () => {
    const db = await levelDatabase();
    const tx = db.transaction({ isolation: "serializable" });
    expect(await tx.keys({ gte: "a", lt: "c" }).all()).toEqual([]);
    await tx.put("x", "none");
    await db.put("b", "1");
    await expect(tx.commit()).rejects.toMatchObject({ code: "LEVEL_TRANSACTION_CONFLICT" });
  });

  test("commits what was begun before, also when nothing was waited for", async () => {
    const db = await levelDatabase();
    const tx = db.transaction();
    const done = [tx.put("a", "1"), tx.batch(puts("b=2"))];
    await tx.commit();
    await Promise.all(done);
    expect(await shown(db)).toBe("a=1 b=2");
  });

  test("clears ranges as it sees them", async () => {
    const db = await levelDatabase();
    await db.batch(puts("a=1 b=2 c=3 d=4"));
    const tx = db.transaction();
    await tx.put("bb", "new");
    await tx.clear({ gt: "a", lte: "c" });
    await tx.clear({ reverse: true, limit: 1 });
    expect(await shown(tx)).toBe("a=1");
    await tx.commit();
    expect(await shown(db)).toBe("a=1");
  });

  test("has the encodings of its database unless it is given others", async () => {
    const db = await levelDatabase<string, { n: number }>({ valueEncoding: "json" });
    const tx = db.transaction();
    await tx.put("a", { n: 1 });
    await tx.commit();
    expect(await db.get("a")).toEqual({ n: 1 });
    const raw = db.transaction<Buffer, string>({ keyEncoding: "buffer", valueEncoding: "utf8" });
    expect(await raw.get(Buffer.from("a"))).toBe('{"n":1}');
    await raw.close();
  });

  test("has sublevels, and takes the database's sublevels in batches", async () => {
    const db = await levelDatabase();
    const people = db.sublevel("people");
    const tx = db.transaction();
    await tx.sublevel("people").put("ada", "1815");
    await tx.batch([{ type: "put", key: "alan", value: "1912", sublevel: people as never }]);
    await tx.commit();
    expect(await shown(people)).toBe("ada=1815 alan=1912");
  });

  test("runs the prewrite hooks of the database, whose additions are part of it", async () => {
    const db = await levelDatabase();
    const index = db.sublevel("index");
    db.hooks.prewrite.add((operation, batch) => {
      if (operation.type === "put") {
        batch.add({ type: "put", key: operation.value, value: operation.key, sublevel: index });
      }
    });
    const tx = db.transaction();
    await tx.put("ada", "1815");
    expect(await shown(index)).toBe("");
    await tx.commit();
    expect(await shown(index)).toBe("1815=ada");
  });

  test("makes the database emit what it wrote, once it is committed", async () => {
    const db = await levelDatabase();
    const events: unknown[] = [];
    db.on("write", (operations) => events.push(operations));
    const refused = db.transaction();
    await refused.put("z", "never");
    await refused.rollback();
    const tx = db.transaction();
    await tx.put("a", "1");
    await tx.del("b");
    expect(events).toEqual([]);
    await tx.commit();
    expect(events).toMatchObject([
      [
        { type: "put", key: Buffer.from("a"), value: Buffer.from("1"), encodedKey: Buffer.from("a") },
        { type: "del", key: Buffer.from("b") },
      ],
    ]);
  });

  test("is rolled back when its database closes", async () => {
    const db = await levelDatabase();
    const tx = db.transaction();
    await tx.put("a", "1");
    const iterator = tx.iterator();
    await db.close();
    expect(tx.status).toBe("closed");
    await expect(iterator.next()).rejects.toMatchObject({ code: "LEVEL_ITERATOR_NOT_OPEN" });
    await db.open();
    expect(await shown(db)).toBe("");
    expect(db.stats().oldestReader).toBeUndefined();
  });

  test("cannot begin in a closed database, nor read from another snapshot", async () => {
    const db = await levelDatabase();
    const snapshot = db.snapshot();
    const tx = db.transaction();
    await expect(tx.get("a", { snapshot })).rejects.toMatchObject({ code: "LEVEL_NOT_SUPPORTED" });
    await db.close();
    expect(() => db.transaction()).toThrow("not open");
  });
});
