import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { MiniLevel } from "../../../src/adapters/level/mini-level.ts";
import { MiniLsm } from "../../../src/engine/mini-lsm.ts";
import { levelDatabase, puts, shown, temporaryDirectory } from "../../support/level-database.ts";

/** The error that a promise is rejected with. */
async function refusal(promise: Promise<unknown>): Promise<{ code: string; message: string; cause: RefusalCause }> {
  return promise.then(
    () => expect.unreachable("should have been refused"),
    (error) => error,
  );
}

type RefusalCause = { code: string; message: string; cause: { code: string } };

/** Flips a bit. */
function damage(path: string, offset: number): void {
  const bytes = readFileSync(path);
  bytes[offset] = (bytes[offset] ?? 0) ^ 1;
  writeFileSync(path, bytes);
}

describe("the manifest", () => {
  test("says all that classic-level 3 says of itself, and the methods that are ours", async () => {
    const { supports } = await levelDatabase();
    expect(supports).toMatchObject({
      permanence: true,
      createIfMissing: true,
      errorIfExists: true,
      has: true,
      getSync: true,
      seek: true,
      implicitSnapshots: true,
      explicitSnapshots: true,
      deferredOpen: true,
      streams: false,
      signals: { iterators: true },
      encodings: { buffer: true, utf8: true, view: true },
      additionalMethods: { approximateSize: true, compactRange: true, flush: true, stats: true, transaction: true },
    });
  });
});

describe("opening", () => {
  test("finds again what was there, closed and opened or not", async () => {
    const location = join(temporaryDirectory(), "a/b/db");
    const db = await levelDatabase({}, location);
    await db.batch(puts("a=1 b=2"));
    await db.close();
    await db.open();
    expect(await shown(db)).toBe("a=1 b=2");
    await db.close();
    expect(await shown(await levelDatabase({}, location))).toBe("a=1 b=2");
  });

  test("is refused with LEVEL_LOCKED while the directory is open", async () => {
    const { location } = await levelDatabase();
    const error = await refusal(new MiniLevel(location).open());
    expect(error.code).toBe("LEVEL_DATABASE_NOT_OPEN");
    expect(error.cause).toMatchObject({ code: "LEVEL_LOCKED", cause: { code: "LOCKED" } });
  });

  test("is refused with LEVEL_CORRUPTION when the database is damaged", async () => {
    const location = join(temporaryDirectory(), "db");
    const db = await levelDatabase({}, location);
    await db.close();
    damage(join(location, "MANIFEST"), 60);
    const error = await refusal(db.open());
    expect(error.code).toBe("LEVEL_DATABASE_NOT_OPEN");
    expect(error.cause).toMatchObject({ code: "LEVEL_CORRUPTION", cause: { code: "CORRUPTION" } });
  });

  test("of another format names the command that converts it", async () => {
    const location = join(temporaryDirectory(), "db");
    const plain = await MiniLsm.open(location, { format: "plain" });
    plain.put("a", "1");
    await plain.close();
    const error = await refusal(new MiniLevel(location).open());
    expect(error.cause.code).toBe("LEVEL_NOT_SUPPORTED");
    expect(error.cause.message).toContain(`mini-lsm-cli convert ${location} NEW --format native`);
    expect(error.cause.cause.code).toBe("FORMAT_MISMATCH");
  });

  test("makes no database beside the files of LevelDB", async () => {
    const location = temporaryDirectory();
    for (const name of ["CURRENT", "LOCK", "MANIFEST-000004", "000005.ldb"]) writeFileSync(join(location, name), "x");
    const error = await refusal(new MiniLevel(location).open());
    expect(error.cause).toMatchObject({ code: "LEVEL_NOT_SUPPORTED" });
    expect(error.cause.message).toContain(`npx mini-lsm-cli import NEW --from classic-level ${location}`);
    expect(readdirSync(location).sort()).toEqual(["000005.ldb", "CURRENT", "LOCK", "MANIFEST-000004"]);
  });

  test("takes the sizes of classic-level, and the engine's options before them", async () => {
    const db = await levelDatabase({
      cacheSize: 0,
      writeBufferSize: 1,
      blockSize: 1024 * 1024,
      maxFileSize: 4_000_000.7,
      engine: { maxOpenFiles: 10, durability: "none" },
      maxOpenFiles: 99,
    });
    // The memtable is full after the smallest size there is.
    for (let index = 0; index < 200; index++) await db.put(`key${index}`, "value");
    expect(db.stats().counters.freezes).toBeGreaterThan(1);
    expect(readdirSync(db.location).filter((name) => name.endsWith(".wal"))).toEqual([]);
  });

  test("refuses what is no directory's name", () => {
    expect(() => new MiniLevel("")).toThrow(TypeError);
    expect(() => new MiniLevel(undefined as never)).toThrow("location");
  });

  test("tells of damage that it passed over by a warning event", async () => {
    const location = join(temporaryDirectory(), "db");
    const db = await levelDatabase({}, location);
    await db.put("a", "1");
    await db.close();
    const log = readdirSync(location).find((name) => name.endsWith(".wal")) ?? "";
    damage(join(location, log), statSync(join(location, log)).size - 6);
    const warnings: string[] = [];
    const again = new MiniLevel(location, { engine: { recovery: "tail" } });
    again.on("warning", ({ message }) => warnings.push(message));
    await again.open();
    expect(warnings.join()).toContain(log);
    await again.close();
  });
});

describe("writes", () => {
  test.each(["buffer", "view"] as const)("have bytes of their own from the call on, %s", async (encoding) => {
    const db = await levelDatabase<Uint8Array, Uint8Array>({ keyEncoding: encoding, valueEncoding: encoding });
    const key = Buffer.from("k");
    const value = Buffer.from("v");
    const chained = db.batch();
    const done = [db.put(key, value)];
    key[0] = 0x6c;
    value[0] = 0x77;
    done.push(db.batch([{ type: "put", key, value }]));
    chained.put(Buffer.from("m"), value);
    key[0] = 0;
    value[0] = 0;
    done.push(chained.write());
    await Promise.all(done);
    const entries = await db.iterator<string, string>({ keyEncoding: "utf8", valueEncoding: "utf8" }).all();
    expect(entries).toEqual([
      ["k", "v"],
      ["l", "w"],
      ["m", "w"],
    ]);
  });

  test("take other views than bytes", async () => {
    const db = await levelDatabase<Uint16Array, DataView>({ keyEncoding: "view", valueEncoding: "view" });
    await db.put(new Uint16Array([0x6161]), new DataView(new Uint8Array([0x62, 0x63]).buffer, 1));
    expect(await db.getSync(new Uint16Array([0x6161]), { valueEncoding: "utf8" })).toBe("c");
    expect(await db.keys({ keyEncoding: "utf8" }).all()).toEqual(["aa"]);
  });

  test("may have empty keys and values", async () => {
    const db = await levelDatabase();
    await db.batch([
      { type: "put", key: "", value: "nothing" },
      { type: "put", key: "a", value: "" },
    ]);
    expect(await db.get("")).toBe("nothing");
    expect(await db.get("a")).toBe("");
    expect(await db.has("a")).toBe(true);
    await db.del("");
    expect(await shown(db)).toBe("a=");
  });

  test("turn half a surrogate pair into U+FFFD, as other stores do", async () => {
    const db = await levelDatabase();
    await db.put("k\ud800", "v\udc00");
    expect(await shown(db)).toBe("k\ufffd=v\ufffd");
    expect(await db.get("k\ud801")).toBe("v\ufffd");
  });

  test("are refused with a level code when a key is too long", async () => {
    const db = await levelDatabase();
    const error = await refusal(db.batch([...puts("a=1"), { type: "put", key: "k".repeat(65_536), value: "v" }]));
    expect(error).toMatchObject({ code: "LEVEL_INVALID_KEY", cause: { code: "KEY_TOO_LARGE" } });
    expect(await shown(db)).toBe("");
  });

  test("with sync are answered once they are durable, and end a turn's batch of others", async () => {
    const db = await levelDatabase();
    await Promise.all([db.put("a", "1"), db.put("b", "2", { sync: true }), db.batch(puts("c=3"), { sync: true })]);
    await db.batch().put("d", "4").write({ sync: true });
    await db.del("a", { sync: true });
    expect(await shown(db)).toBe("b=2 c=3 d=4");
  });
});

describe("clear", () => {
  const ALL = "a=1 b=2 c=3 d=4 e=5";

  test.each([
    ["everything", {}, ""],
    ["from a key on", { gte: "c" }, "a=1 b=2"],
    ["behind a key", { gt: "c" }, "a=1 b=2 c=3"],
    ["up to a key", { lt: "c" }, "c=3 d=4 e=5"],
    ["up to a key and itself", { lte: "c" }, "d=4 e=5"],
    ["between two", { gt: "a", lt: "e", reverse: true }, "a=1 e=5"],
    ["nothing, where the range is empty", { gt: "c", lt: "b" }, ALL],
    ["the first ones", { limit: 2 }, "c=3 d=4 e=5"],
    ["the last ones", { limit: 2, reverse: true }, "a=1 b=2 c=3"],
    ["the first ones of a range", { gt: "b", limit: 1 }, "a=1 b=2 d=4 e=5"],
    ["none of them", { limit: 0 }, ALL],
    ["with the inclusive bound where both are given", { gte: "b", gt: "d", lte: "d", lt: "b" }, "a=1 e=5"],
  ])("takes away %s", async (_, options, left) => {
    const db = await levelDatabase();
    await db.batch(puts(ALL));
    await db.clear(options);
    expect(await shown(db)).toBe(left);
  });

  test("is one write, however many keys it takes away", async () => {
    const db = await levelDatabase();
    await db.batch(
      Array.from({ length: 5000 }, (_, index) => ({ type: "put", key: `k${index}`, value: "v" }) as const),
    );
    const before = db.stats().counters.rangeDeletes;
    await db.clear({ gte: "k", lt: "l" });
    expect(db.stats().counters.rangeDeletes).toBe(before + 1);
    expect(await shown(db)).toBe("");
  });

  test("leaves open iterators and snapshots what they see", async () => {
    const db = await levelDatabase();
    await db.batch(puts("a=1 b=2 c=3"));
    const snapshot = db.snapshot();
    const iterator = db.iterator();
    expect(await iterator.next()).toEqual(["a", "1"]);
    await db.clear();
    expect(await iterator.all()).toEqual([
      ["b", "2"],
      ["c", "3"],
    ]);
    expect(await db.keys({ snapshot }).all()).toEqual(["a", "b", "c"]);
    await snapshot.close();
  });

  test("of a snapshot spares what was added since", async () => {
    const db = await levelDatabase();
    await db.batch(puts("a=1 b=2"));
    const snapshot = db.snapshot();
    await db.batch(puts("b=3 c=4"));
    await db.clear({ snapshot });
    expect(await shown(db)).toBe("c=4");
    await snapshot.close();
  });

  test("with a limit sees the writes that were begun before it", async () => {
    const db = await levelDatabase();
    const put = db.put("a", "1");
    await db.clear({ limit: 1 });
    await put;
    expect(await shown(db)).toBe("");
  });

  test.each([
    ["with a limit", { limit: 1 }, "b=2"],
    ["of a range", { gt: "a" }, "a=1"],
  ])("%s is waited for by close, as other writes are", async (_, options, left) => {
    const db = await levelDatabase();
    await db.batch(puts("a=1 b=2"));
    const clear = db.clear(options);
    await db.close();
    await clear;
    await db.open();
    expect(await shown(db)).toBe(left);
  });

  test("of a sublevel stays within it", async () => {
    const db = await levelDatabase();
    const [left, right] = [db.sublevel("left"), db.sublevel("right")];
    await left.batch(puts("a=1 b=2"));
    await right.batch(puts("a=3"));
    await left.clear();
    expect([await shown(left), await shown(right)]).toEqual(["", "a=3"]);
  });
});

describe("reads", () => {
  test("of many keys are of one moment", async () => {
    const db = await levelDatabase();
    const keys = Array.from({ length: 1000 }, (_, index) => String(index));
    await db.batch(keys.map((key) => ({ type: "put", key, value: "old" }) as const));
    const values = db.getMany([...keys, "missing"]);
    const answers = db.hasMany([...keys, "missing"]);
    await db.batch(keys.map((key) => ({ type: "put", key, value: "new" }) as const));
    expect(new Set((await values).slice(0, -1))).toEqual(new Set(["old"]));
    expect((await values).at(-1)).toBeUndefined();
    expect((await answers).filter((isThere) => !isThere)).toHaveLength(1);
  });

  test("answer Buffers for buffer and view, which are the caller's to change", async () => {
    const db = await levelDatabase();
    await db.put("a", "xyz");
    for (const valueEncoding of ["buffer", "view"] as const) {
      const value = (await db.get<string, Uint8Array>("a", { valueEncoding })) as Uint8Array;
      expect(Buffer.isBuffer(value)).toBe(true);
      value[0] = 0;
      const [[, read] = []] = await db.iterator<string, Uint8Array>({ valueEncoding }).all();
      expect(Buffer.from(read as Uint8Array).toString()).toBe("xyz");
      (read as Uint8Array)[1] = 0;
    }
    expect(await db.get("a")).toBe("xyz");
  });

  test("refuse the snapshot of another database", async () => {
    const [db, other] = [await levelDatabase(), await levelDatabase()];
    const snapshot = other.snapshot();
    expect(await refusal(db.get("a", { snapshot }))).toMatchObject({ code: "LEVEL_NOT_SUPPORTED" });
    expect(() => db.iterator({ snapshot })).toThrow("another database");
  });
});

describe("approximateSize, compactRange and flush", () => {
  test("tell and tidy what a range holds", async () => {
    const db = await levelDatabase();
    const value = "v".repeat(1000);
    await db.batch(Array.from({ length: 500 }, (_, index) => ({ type: "put", key: `a${index}`, value }) as const));
    await db.batch(Array.from({ length: 500 }, (_, index) => ({ type: "put", key: `b${index}`, value }) as const));
    await db.flush();
    expect(db.stats()).toMatchObject({ immutableMemtables: 0, memtableBytes: 0 });
    const size = await db.approximateSize("a", "b");
    expect(size).toBeGreaterThan(400_000);
    expect(size).toBeLessThan(600_000);
    expect(await db.approximateSize("c", "d")).toBeLessThan(10_000);
    await db.clear({ lt: "b" });
    await db.compactRange("a", "b");
    expect(db.stats().tableBytes).toBeLessThan(600_000);
    expect(await db.keys({ limit: 1 }).all()).toEqual(["b0"]);
  });

  test("wait for the database to open, and are refused when it is closed", async () => {
    const db = new MiniLevel(join(temporaryDirectory(), "db"));
    expect(await db.approximateSize("a", "b")).toBe(0);
    await db.compactRange("a", "b");
    await db.close();
    expect(await refusal(db.approximateSize("a", "b"))).toMatchObject({ code: "LEVEL_DATABASE_NOT_OPEN" });
    expect(await refusal(db.flush())).toMatchObject({ code: "LEVEL_DATABASE_NOT_OPEN" });
    expect(() => db.stats()).toThrow("not open");
  });

  test("encode their bounds as they are told", async () => {
    const db = await levelDatabase();
    await db.put("b", "2");
    expect(await db.approximateSize("61", "63", { keyEncoding: "hex" })).toBeGreaterThan(0);
    expect(await refusal(db.approximateSize("61", undefined as never))).toBeInstanceOf(TypeError);
  });
});

describe("destroy", () => {
  test("removes the database and leaves what is not its own", async () => {
    const location = join(temporaryDirectory(), "db");
    const db = await levelDatabase({}, location);
    await db.put("a", "1");
    expect(await refusal(MiniLevel.destroy(location))).toMatchObject({ code: "LEVEL_LOCKED" });
    await db.close();
    writeFileSync(join(location, "notes.txt"), "mine");
    await MiniLevel.destroy(location);
    expect(readdirSync(location)).toEqual(["notes.txt"]);
  });

  test("removes the directory when nothing is left, and is content where there is none", async () => {
    const location = join(temporaryDirectory(), "db");
    await (await levelDatabase({}, location)).close();
    await MiniLevel.destroy(location);
    expect(existsSync(location)).toBe(false);
    await MiniLevel.destroy(location);
  });

  test("refuses the files of LevelDB", async () => {
    const location = join(temporaryDirectory(), "db");
    mkdirSync(location);
    writeFileSync(join(location, "CURRENT"), "MANIFEST-000004\n");
    expect(await refusal(MiniLevel.destroy(location))).toMatchObject({ code: "LEVEL_NOT_SUPPORTED" });
  });
});

describe("repair", () => {
  test("opens what a damaged log kept closed, and puts the rest into tables", async () => {
    const location = join(temporaryDirectory(), "db");
    const db = await levelDatabase({}, location);
    await db.put("a", "1");
    await db.put("b", "2");
    await db.close();
    const log = join(location, readdirSync(location).find((name) => name.endsWith(".wal")) ?? "");
    damage(log, statSync(log).size - 6);
    expect(await refusal(db.open())).toMatchObject({ cause: { code: "LEVEL_CORRUPTION" } });
    await MiniLevel.repair(location);
    await db.open();
    expect(await shown(db)).toBe("a=1");
    expect(db.stats()).toMatchObject({ immutableMemtables: 0, tables: 1 });
  });

  test("is refused where there is no database", async () => {
    const location = join(temporaryDirectory(), "db");
    expect(await refusal(MiniLevel.repair(location))).toMatchObject({ code: "LEVEL_DATABASE_MISSING" });
  });
});
