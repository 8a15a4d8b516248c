import { describe, expect, test } from "vitest";
import { levelDatabase, puts, shown } from "../../support/level-database.ts";

const NUMBERED = Array.from(
  { length: 1000 },
  (_, index) => ({ type: "put", key: String(index).padStart(3, "0"), value: `v${index}` }) as const,
);

describe("iterators", () => {
  test("take some, then one, then all, without a gap", async () => {
    const db = await levelDatabase();
    await db.batch(NUMBERED);
    const iterator = db.iterator();
    // So few that the clock, which may end an answer sooner, is not looked at.
    const entries = await iterator.nextv(100);
    expect(entries).toHaveLength(100);
    entries.push((await iterator.next()) ?? ["", ""]);
    entries.push(...(await iterator.all()));
    expect(entries).toEqual(NUMBERED.map(({ key, value }) => [key, value]));
  });

  test("take one after another, then some, across what was read ahead", async () => {
    const db = await levelDatabase();
    await db.batch(NUMBERED);
    const keys = db.keys();
    const taken: (string | undefined)[] = [];
    for (let index = 0; index < 70; index++) taken.push(await keys.next());
    taken.push(...(await keys.nextv(5)));
    taken.push(...(await keys.nextv(1000)));
    keys.seek("500");
    expect(await keys.next()).toBe("500");
    expect(await keys.next()).toBe("501");
    taken.push(await keys.next());
    await keys.close();
    expect(taken.slice(0, 75)).toEqual(NUMBERED.slice(0, 75).map(({ key }) => key));
    expect(taken.at(-1)).toBe("502");
  });

  test("answer only keys or only values", async () => {
    const db = await levelDatabase();
    await db.batch(puts("a=1 b=2"));
    expect(await db.iterator({ values: false }).all()).toEqual([
      ["a", undefined],
      ["b", undefined],
    ]);
    expect(await db.iterator({ keys: false, reverse: true }).nextv(9)).toEqual([
      [undefined, "2"],
      [undefined, "1"],
    ]);
    expect(await db.keys({ gt: "a" }).all()).toEqual(["b"]);
    expect(await db.values({ lt: "b" }).all()).toEqual(["1"]);
  });

  test("see the database as it was when they were made, not when they were first read", async () => {
    const db = await levelDatabase();
    await db.put("a", "1");
    const iterator = db.iterator();
    await db.batch(puts("a=2 b=3"));
    await db.flush();
    expect(await iterator.all()).toEqual([["a", "1"]]);
  });

  test("go on where a seek puts them, forth and back, whether they have begun or ended", async () => {
    const db = await levelDatabase();
    await db.batch(NUMBERED);
    const keys = db.keys({ gte: "100", lt: "200" });
    keys.seek("150");
    expect(await keys.nextv(2)).toEqual(["150", "151"]);
    keys.seek("110");
    expect(await keys.next()).toBe("110");
    keys.seek("198");
    expect(await keys.nextv(9)).toEqual(["198", "199"]);
    expect(await keys.next()).toBeUndefined();
    keys.seek("1000");
    expect(await keys.next()).toBe("101");
    keys.seek("200");
    expect(await keys.next()).toBeUndefined();
    keys.seek("100");
    expect(await keys.nextv(1)).toEqual(["100"]);
    await keys.close();
  });

  test("go on where a seek puts them, backward", async () => {
    const db = await levelDatabase();
    await db.batch(NUMBERED);
    const keys = db.keys({ gt: "100", lte: "200", reverse: true });
    keys.seek("1505");
    expect(await keys.nextv(2)).toEqual(["150", "149"]);
    keys.seek("199");
    expect(await keys.next()).toBe("199");
    keys.seek("101");
    expect(await keys.nextv(9)).toEqual(["101"]);
    keys.seek("100");
    expect(await keys.next()).toBeUndefined();
    await keys.close();
  });

  test("answer no more bytes at once than they may", async () => {
    const db = await levelDatabase();
    await db.batch(puts("a=1111 b=2222 c=3333 d=4444"));
    const iterator = db.iterator({ highWaterMarkBytes: 9 });
    expect(await iterator.nextv(10)).toHaveLength(2);
    expect(await iterator.nextv(10)).toHaveLength(2);
    expect(await iterator.nextv(10)).toEqual([]);
    await iterator.close();
    expect(await db.iterator({ highWaterMarkBytes: 1 }).all()).toHaveLength(4);
  });

  test("end with LEVEL_ABORTED when their signal is aborted, during a call or between", async () => {
    const db = await levelDatabase();
    await db.batch(NUMBERED);
    const during = new AbortController();
    const answer = db.keys({ signal: during.signal }).all();
    during.abort(new Error("enough"));
    await expect(answer).rejects.toMatchObject({ code: "LEVEL_ABORTED", name: "AbortError" });

    const between = new AbortController();
    const keys = db.keys({ signal: between.signal });
    expect(await keys.next()).toBe("000");
    between.abort();
    await expect(keys.next()).rejects.toMatchObject({ code: "LEVEL_ABORTED" });
    await keys.close();
  });

  test("of a sublevel answer its keys without its prefix", async () => {
    const db = await levelDatabase();
    const inner = db.sublevel("outer").sublevel<string, Buffer>("inner", { valueEncoding: "buffer" });
    await inner.put("k", Buffer.from("v"));
    expect(await shown(inner)).toBe("k=v");
    expect(await inner.keys({ gte: "a" }).all()).toEqual(["k"]);
    expect(await db.keys().all()).toEqual(["!outer!!inner!k"]);
  });
});
