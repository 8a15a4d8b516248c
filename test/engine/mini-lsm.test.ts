import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { MiniLsm } from "../../src/engine/mini-lsm.ts";

const coded = (code: string) => expect.objectContaining({ code });
const text = (bytes: Uint8Array | undefined) => (bytes === undefined ? undefined : Buffer.from(bytes).toString());

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "mini-lsm-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function shown(db: MiniLsm, range?: Parameters<MiniLsm["scan"]>[0]): string {
  return [...db.scan(range)].map(([key, value]) => `${text(key)}=${text(value)}`).join(" ");
}

describe("keys and values", () => {
  test("are strings, which stand for their UTF-8 bytes, or bytes", async () => {
    await using db = await MiniLsm.open(directory);
    db.put("ключ", Uint8Array.of(0, 255));
    db.put(Uint8Array.of(0), "значение");
    expect(db.get(Buffer.from("ключ"))).toEqual(Uint8Array.of(0, 255));
    expect(text(db.get("\0"))).toBe("значение");
    expect(db.has("ключ")).toBe(true);
    expect(db.has("нет")).toBe(false);
    expect(db.getMany(["нет", "\0"]).map(text)).toEqual([undefined, "значение"]);
  });

  test("are copied on the way in and on the way out", async () => {
    await using db = await MiniLsm.open(directory);
    const [key, value] = [Buffer.from("key"), Buffer.from("value")];
    db.put(key, value);
    key.fill("x");
    value.fill("x");
    const first = db.get("key");
    expect(text(first)).toBe("value");
    first?.fill(0);
    expect(text(db.get("key"))).toBe("value");
    for (const [scannedKey, scannedValue] of db.scan()) {
      scannedKey.fill(0);
      scannedValue.fill(0);
    }
    expect(shown(db)).toBe("key=value");
  });

  const oversized = "L".repeat(65_536);
  test.each<[string, (db: MiniLsm) => void, string]>([
    ["a put without a key", (db) => db.put("", "1"), "KEY_EMPTY"],
    ["a put without a value", (db) => db.put("k", ""), "VALUE_EMPTY"],
    ["a delete without a key", (db) => db.delete(""), "KEY_EMPTY"],
    ["a get without a key", (db) => db.get(""), "KEY_EMPTY"],
    ["an oversized key", (db) => db.put(oversized, "1"), "KEY_TOO_LARGE"],
    ["the delete of an oversized key", (db) => db.delete(oversized), "KEY_TOO_LARGE"],
    ["an oversized value", (db) => db.put("k", oversized), "VALUE_TOO_LARGE"],
    ["a number for a key", (db) => db.put(1 as never, "1"), "INVALID_ARGUMENT"],
    ["null for a value", (db) => db.put("k", null as never), "INVALID_ARGUMENT"],
    ["half a surrogate pair", (db) => db.put("\ud800", "1"), "INVALID_ARGUMENT"],
    ["a batch that is no array", (db) => db.write("old" as never), "INVALID_ARGUMENT"],
    ["a batch of something else", (db) => db.write([null] as never), "INVALID_ARGUMENT"],
    ["a mistyped option of a write", (db) => db.write([], { durabilty: "power" } as never), "INVALID_ARGUMENT"],
    ["a mistyped option of a transaction", (db) => db.transaction({ iso: "none" } as never), "INVALID_ARGUMENT"],
    ["a string for the options of get", (db) => db.get("old", "utf8" as never), "INVALID_ARGUMENT"],
    ["a mistyped option of get", (db) => db.get("old", { is: "utf8" } as never), "INVALID_ARGUMENT"],
    ["a string for the keys of getMany", (db) => db.getMany("old" as never), "INVALID_ARGUMENT"],
    ["a range with an unknown name", (db) => void db.cursor({ from: "a" } as never), "INVALID_ARGUMENT"],
    [
      "a batch with one bad record",
      (db) =>
        db.write([
          { type: "put", key: "k", value: "1" },
          { type: "delete", key: "old" },
          { type: "put", key: "l", value: oversized },
        ]),
      "VALUE_TOO_LARGE",
    ],
  ])("%s is refused, and nothing of it is seen, now or later", async (_, operation, code) => {
    const db = await MiniLsm.open(directory, { format: "mvcc" });
    db.put("old", "1");
    expect(() => operation(db)).toThrow(coded(code));
    expect(shown(db)).toBe("old=1");
    await db.close();
    await using again = await MiniLsm.open(directory);
    expect(shown(again)).toBe("old=1");
  });

  test("of a batch are applied in order: the last write of a key wins", async () => {
    await using db = await MiniLsm.open(directory);
    db.write([
      { type: "put", key: "a", value: "1" },
      { type: "put", key: "b", value: "1" },
      { type: "delete", key: "a" },
      { type: "put", key: "b", value: "2" },
    ]);
    db.write([]);
    expect(shown(db)).toBe("b=2");
  });
});

test("what is no function, and a mistyped option, is refused by transact", async () => {
  await using db = await MiniLsm.open(directory);
  await expect(db.transact("x" as never)).rejects.toThrow(coded("INVALID_ARGUMENT"));
  await expect(db.transact(() => 1, { attempt: 3 } as never)).rejects.toThrow(coded("INVALID_ARGUMENT"));
  await expect(db.getManyAsync("old" as never)).rejects.toThrow(coded("INVALID_ARGUMENT"));
});

test("getMany of no keys is refused after close, too", async () => {
  const db = await MiniLsm.open(directory);
  await db.close();
  expect(() => db.getMany([])).toThrow(coded("DATABASE_CLOSED"));
});

describe("a scan", () => {
  test("takes bounds of each kind, also an empty one", async () => {
    await using db = await MiniLsm.open(directory);
    for (const key of ["a", "b", "c", "d"]) db.put(key, "1");
    const keys = (range: Parameters<MiniLsm["scan"]>[0]) => [...db.scan(range)].map(([key]) => text(key)).join("");
    expect(keys({})).toBe("abcd");
    expect(keys({ gte: "b", lte: "c" })).toBe("bc");
    expect(keys({ gt: "a", lt: "d" })).toBe("bc");
    expect(keys({ gt: "b", lt: undefined })).toBe("cd");
    expect(keys({ gte: "" })).toBe("abcd");
    expect(keys({ gt: "" })).toBe("abcd");
    expect(keys({ lt: "" })).toBe("");
    expect(keys({ lte: "" })).toBe("");
    expect(keys({ gte: "d", lte: "a" })).toBe("");
  });

  test("goes backward, within a prefix, and up to a limit", async () => {
    await using db = await MiniLsm.open(directory);
    for (const key of ["a", "b1", "b2", "b3", "c"]) db.put(key, key.toUpperCase());
    await db.flush();
    db.put("b4", "B4");
    const keys = (range: Parameters<MiniLsm["scan"]>[0]) => [...db.scan(range)].map(([key]) => text(key)).join(" ");
    expect(keys({ reverse: true })).toBe("c b4 b3 b2 b1 a");
    expect(keys({ reverse: false })).toBe("a b1 b2 b3 b4 c");
    expect(keys({ prefix: "b" })).toBe("b1 b2 b3 b4");
    expect(keys({ prefix: "b", reverse: true, limit: 2 })).toBe("b4 b3");
    expect(keys({ prefix: "b", gt: "b1", lt: "z", reverse: true })).toBe("b4 b3 b2");
    expect(keys({ limit: 0 })).toBe("");
    expect(keys({ limit: 2 })).toBe("a b1");
  });

  test("may be of keys or of values alone", async () => {
    await using db = await MiniLsm.open(directory);
    for (const key of ["a", "b", "c"]) db.put(key, key.toUpperCase());
    expect([...db.keys()].map(text).join("")).toBe("abc");
    expect([...db.values({ reverse: true })].map(text).join("")).toBe("CBA");
    for (const key of db.keys()) key.fill(0);
    expect([...db.keys({ gt: "a" })].map(text).join("")).toBe("bc");
    for (const _ of db.values()) break;
    for (const _ of db.keys()) break;
    expect(db.stats().pinnedStates).toBe(0);
  });

  test("answers text when it is asked to, as get does", async () => {
    await using db = await MiniLsm.open(directory);
    db.put("ключ", "значение");
    const check = () => {
      expect(db.get("ключ", { as: "utf8" })).toBe("значение");
      expect([...db.scan({ as: "utf8" })]).toEqual([["ключ", "значение"]]);
      expect([...db.keys({ as: "utf8", reverse: true })]).toEqual(["ключ"]);
      expect([...db.values({ as: "utf8", prefix: "к" })]).toEqual(["значение"]);
    };
    check();
    await db.flush();
    check();
    expect(db.get("нет", { as: "utf8" })).toBeUndefined();
    db.put("bytes", Uint8Array.of(0x61, 0xff));
    expect(db.get("bytes", { as: "utf8" })).toBe("a\ufffd");
    expect(() => db.get("bytes", { as: "hex" as never })).toThrow(coded("INVALID_ARGUMENT"));
    expect(() => db.scan({ as: "hex" as never })).toThrow(coded("INVALID_ARGUMENT"));
  });

  test("refuses two bounds on one side", async () => {
    await using db = await MiniLsm.open(directory);
    expect(() => [...db.scan({ gt: "a", gte: "a" })]).toThrow(coded("INVALID_ARGUMENT"));
    expect(() => db.cursor({ lt: "a", lte: "a" })).toThrow(coded("INVALID_ARGUMENT"));
  });

  test("that is left early lets go of what it read", async () => {
    await using db = await MiniLsm.open(directory);
    for (const key of ["a", "b", "c"]) db.put(key, "1");
    await db.flush();
    for (const [key] of db.scan()) {
      expect(db.stats().pinnedStates).toBe(1);
      if (text(key) === "b") break;
    }
    expect(db.stats().pinnedStates).toBe(0);
  });

  test("that was begun before close throws DATABASE_CLOSED when it goes on", async () => {
    const db = await MiniLsm.open(directory);
    for (const key of ["a", "b", "c"]) db.put(key, "1");
    const scan = db.scan();
    scan.next();
    await db.close();
    expect(() => scan.next()).toThrow(coded("DATABASE_CLOSED"));
    expect(() => [...db.scan()]).toThrow(coded("DATABASE_CLOSED"));
  });
});

describe("a directory", () => {
  test("has one owner at a time", async () => {
    const db = await MiniLsm.open(directory);
    expect(readdirSync(directory)).toContain("LOCK");
    await expect(MiniLsm.open(directory)).rejects.toEqual(coded("LOCKED"));
    await expect(MiniLsm.destroy(directory)).rejects.toEqual(coded("LOCKED"));
    await db.close();
    expect(readdirSync(directory)).not.toContain("LOCK");
    await (await MiniLsm.open(directory)).close();
  });

  test("is free again after an opening that failed", async () => {
    await (await MiniLsm.open(directory)).close();
    await expect(MiniLsm.open(directory, { errorIfExists: true })).rejects.toEqual(coded("DATABASE_EXISTS"));
    await (await MiniLsm.open(directory)).close();
  });

  test("is opened read-only beside its owner, without a lock", async () => {
    await using db = await MiniLsm.open(directory);
    db.put("a", "1");
    await db.flush();
    await using reader = await MiniLsm.open(directory, { readOnly: true });
    expect(shown(reader)).toBe("a=1");
    expect(() => reader.put("b", "2")).toThrow(coded("READ_ONLY"));
  });

  test("is destroyed with its database, and stays when it holds other files", async () => {
    const db = await MiniLsm.open(directory);
    db.put("a", "1");
    await db.flush();
    await db.close();
    writeFileSync(join(directory, "notes.txt"), "mine");
    const destroyed = await MiniLsm.destroy(directory);
    expect(destroyed.removed).toEqual(expect.arrayContaining(["MANIFEST", "00000.sst"]));
    expect(destroyed.left).toEqual(["notes.txt"]);
    expect(readdirSync(directory)).toEqual(["notes.txt"]);
    rmSync(join(directory, "notes.txt"));
    expect((await MiniLsm.destroy(directory)).left).toEqual([]);
    await expect(MiniLsm.destroy(directory)).rejects.toEqual(coded("DATABASE_MISSING"));
  });
});

describe("a handle", () => {
  test("refuses every call after close, and closing again is harmless", async () => {
    const db = await MiniLsm.open(directory);
    db.put("a", "1");
    await db.close();
    await db.close();
    const calls: readonly (() => unknown)[] = [
      () => db.get("a"),
      () => db.has("a"),
      () => db.getMany(["a"]),
      () => db.put("a", "2"),
      () => db.delete("a"),
      () => db.write([{ type: "delete", key: "a" }]),
      () => db.cursor(),
      () => db.structure(),
      () => db.describeTable(1),
      () => db.stats(),
    ];
    for (const call of calls) expect(call).toThrow(coded("DATABASE_CLOSED"));
    await expect(db.flush()).rejects.toEqual(coded("DATABASE_CLOSED"));
    await expect(db.compact()).rejects.toEqual(coded("DATABASE_CLOSED"));
  });

  test.each([
    ["native", 2, 1],
    ["plain", undefined, undefined],
  ] as const)("describes a table of the tree in %s, and none that is not there", async (format, entries, deletes) => {
    await using db = await MiniLsm.open(directory, { format });
    db.put("a", "1");
    db.delete("z");
    await db.flush();
    const [id = -1] = db.structure().level0;
    const { sizeBytes } = db.stats().levels[0] ?? {};
    const [firstKey, lastKey] = ["a", "z"].map((key) => new Uint8Array(Buffer.from(key)));
    expect(db.describeTable(id)).toEqual({ id, sizeBytes, firstKey, lastKey, entries, deletes, rangeDeletes: 0 });
    expect(db.describeTable(id + 1)).toBeUndefined();
  });

  test("closes by `await using`", async () => {
    {
      await using db = await MiniLsm.open(directory);
      db.put("a", "1");
    }
    await using again = await MiniLsm.open(directory);
    expect(shown(again)).toBe("a=1");
  });

  test("lets one listen to its opening, and stop listening", async () => {
    const writer = await MiniLsm.open(directory, { durability: "none" });
    writer.put("a", "1");
    await writer.close();
    const heard: unknown[] = [];
    const listener = (event: unknown) => heard.push(event);
    await using db = await MiniLsm.open(directory, { durability: "none" }, (events) => {
      events.on("recovered", listener);
      events.on("flush", listener);
    });
    expect(heard).toEqual([{ tables: 1, logs: undefined }]);
    db.off("flush", listener);
    db.put("b", "2");
    await db.flush();
    expect(heard).toHaveLength(1);
  });

  test.each([null, "", new URL("file:///tmp/x")])("is not had for the path %s", async (path) => {
    await expect(MiniLsm.open(path as never)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });

  test.each([
    [{ blockSizeBytes: 1 }, "blockSizeBytes"],
    [{ memtableStop: 1, memtableLimit: 2 }, "memtableStop"],
    [{ blockSize: 4096 }, "blockSize"],
    [{ readOnly: 1 }, "readOnly"],
  ])("is not had with the options %j, and the error names the option", async (options, name) => {
    const refused = MiniLsm.open(directory, options as never);
    await expect(refused).rejects.toMatchObject({ code: "INVALID_OPTION", message: expect.stringContaining(name) });
    expect(readdirSync(directory)).toEqual([]);
  });
});
