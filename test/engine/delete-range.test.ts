import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { MiniLsm } from "../../src/engine/mini-lsm.ts";
import type { Range } from "../../src/engine/range.ts";
import type { Reads } from "../../src/engine/reads.ts";
import type { Isolation } from "../../src/mvcc/conflict.ts";
import type { Options } from "../../src/options.ts";

const coded = (code: string) => expect.objectContaining({ code });

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "mini-lsm-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** Nothing is flushed or merged unless asked. */
const NATIVE: Partial<Options> = {
  format: "native",
  memtableLimit: 50,
  memtableStop: 64,
  compaction: { strategy: "none" },
};

/** A native database of the letters from a to e, each its own value. */
async function letters(options: Partial<Options> = NATIVE): Promise<MiniLsm> {
  const db = await MiniLsm.open(directory, options);
  db.write([..."abcde"].map((letter) => ({ type: "put", key: letter, value: letter })));
  return db;
}

/** The keys of a scan; `get` and a scan backward must agree. */
function keysIn(reads: Reads, range: Range = {}): string {
  const keys = [...reads.keys({ ...range, as: "utf8" })];
  expect([...reads.keys({ ...range, reverse: true, as: "utf8" })].reverse()).toEqual(keys);
  for (const letter of "abcde") {
    if (range.gte === undefined) expect(reads.has(letter)).toBe(keys.includes(letter));
  }
  return keys.join("");
}

describe("deleteRange", () => {
  test.each<[string, Parameters<MiniLsm["deleteRange"]>, string]>([
    ["takes half-open bounds", [{ gte: "b", lt: "d" }], "ade"],
    ["takes open and closed bounds", [{ gt: "b", lte: "d" }], "abe"],
    ["takes bytes", [{ gte: Buffer.from("c") }], "ab"],
    ["takes a prefix", [{ prefix: "c" }], "abde"],
    ["takes one bound", [{ lt: "c" }], "cde"],
    ["without bounds takes everything", [], ""],
    ["with bounds that are undefined takes everything", [{ gte: undefined }], ""],
    ["of no key does nothing", [{ gt: "b", lt: "c" }], "abcde"],
    ["of an inverted range does nothing", [{ gte: "d", lt: "b" }], "abcde"],
  ])("%s", async (_, [bounds], expected) => {
    await using db = await letters();
    db.deleteRange(bounds);
    expect(keysIn(db)).toBe(expected);
  });

  test.each(["in memory", "in tables", "with the range delete in a table too", "after a compaction"])(
    "hides what lies %s, and lets later writes be seen",
    async (where) => {
      await using db = await letters();
      if (where !== "in memory") await db.flush();
      db.deleteRange({ gte: "b", lt: "e" });
      db.put("c", "again");
      if (where === "with the range delete in a table too") await db.flush();
      if (where === "after a compaction") {
        await db.flush();
        await db.compact();
      }
      expect(keysIn(db)).toBe("ace");
      expect(db.get("c", { as: "utf8" })).toBe("again");
      expect(keysIn(db, { gte: "b", lt: "d" })).toBe("c");
    },
  );

  test("reaches over every key there is, wherever it lies, and no further", async () => {
    await using db = await letters();
    await db.flush();
    db.put("x", "1");
    db.deleteRange({ gte: "c" });
    db.put("y", "1");
    expect(keysIn(db)).toBe("aby");
    const written = db.writeAsync([{ type: "put", key: "z", value: "1" }]);
    db.deleteRange({ gte: "c" });
    await written;
    expect(keysIn(db)).toBe("ab");
  });

  test.each(["none", "process", "power"] as const)("survives a close, durability %s", async (durability) => {
    const db = await letters({ ...NATIVE, durability });
    await db.flush();
    db.deleteRange({ gte: "b", lt: "d" });
    db.deleteRange({ gte: "d", lte: "d" });
    db.put("c", "again");
    await db.close();
    await using again = await MiniLsm.open(directory);
    expect(keysIn(again)).toBe("ace");
  });

  test("leaves a snapshot and its cursors what they see, and gives the room back after them", async () => {
    await using db = await letters();
    const snapshot = db.snapshot();
    const cursor = db.cursor();
    db.deleteRange();
    db.put("f", "1");
    await db.flush();
    await db.compact();
    expect([keysIn(db), keysIn(snapshot)]).toEqual(["f", "abcde"]);
    let seen = 0;
    for (; cursor.valid; cursor.next()) seen++;
    expect(seen).toBe(5);
    expect(db.stats().levels.map(({ entries, rangeDeletes }) => [entries, rangeDeletes])).toEqual([
      [0, 0],
      [6, 1],
    ]);
    snapshot.close();
    // A single table is merged again only when there is another one.
    db.put("f", "2");
    await db.flush();
    await db.compact();
    expect(db.stats().levels.map(({ entries, rangeDeletes }) => [entries, rangeDeletes])).toEqual([
      [0, 0],
      [1, 0],
    ]);
    expect(db.stats().counters.rangeDeletes).toBe(1);
  });

  test("is counted, and takes a timestamp only where it does something", async () => {
    await using db = await letters();
    db.deleteRange({ gte: "x", lt: "y" });
    db.deleteRange({ gte: "y", lt: "x" });
    using snapshot = db.snapshot();
    expect(snapshot.timestamp).toBe(2);
    expect(db.stats().counters.rangeDeletes).toBe(1);
  });

  test.each<[string, unknown, string]>([
    ["a string", "abc", "INVALID_ARGUMENT"],
    ["null", null, "INVALID_ARGUMENT"],
    ["a list", [], "INVALID_ARGUMENT"],
    ["a number", 5, "INVALID_ARGUMENT"],
    ["two lower bounds", { gt: "a", gte: "a" }, "INVALID_ARGUMENT"],
    ["a limit", { limit: 1 }, "INVALID_ARGUMENT"],
    ["an unknown name", { from: "a" }, "INVALID_ARGUMENT"],
    ["a number for a bound", { gte: 1 }, "INVALID_ARGUMENT"],
  ])("refuses %s, and deletes nothing", async (_, bounds, code) => {
    await using db = await letters();
    expect(() => db.deleteRange(bounds as never)).toThrow(coded(code));
    expect(keysIn(db)).toBe("abcde");
  });

  test("is refused by a database that was opened read-only, or closed", async () => {
    const db = await letters();
    await db.close();
    expect(() => db.deleteRange()).toThrow(coded("DATABASE_CLOSED"));
    await using readOnly = await MiniLsm.open(directory, { readOnly: true });
    expect(() => readOnly.deleteRange()).toThrow(coded("READ_ONLY"));
    expect(() => readOnly.deleteRange({ gte: "b", lt: "a" })).toThrow(coded("READ_ONLY"));
  });

  test.each(["plain", "mvcc"] as const)(
    "is refused in %s, with the remedy, and so is a batch with it",
    async (format) => {
      await using db = await letters({ ...NATIVE, format });
      expect(() => db.deleteRange({ gte: "b" })).toThrow(coded("UNSUPPORTED"));
      expect(() => db.deleteRange()).toThrow(
        `a database in format ${format} cannot keep them on disk; convert it to native`,
      );
      const batch = [
        { type: "put", key: "x", value: "1" },
        { type: "deleteRange", gte: "a" },
      ] as const;
      expect(() => db.write(batch)).toThrow(coded("UNSUPPORTED"));
      await expect(db.writeAsync(batch)).rejects.toThrow(coded("UNSUPPORTED"));
      expect([...db.keys({ as: "utf8" })].join("")).toBe("abcde");
    },
  );
});

describe("a batch with range deletes", () => {
  const HOWS = ["write", "writeAsync"] as const;

  test.each(HOWS)("(%s) does them in its order", async (how) => {
    await using db = await letters();
    await db[how]([
      { type: "put", key: "bb", value: "1" },
      { type: "delete", key: "e" },
      { type: "deleteRange", gte: "b", lt: "d" },
      { type: "put", key: "c", value: "2" },
      { type: "deleteRange", prefix: "a" },
      { type: "put", key: "ab", value: "3" },
    ]);
    expect([...db.scan({ as: "utf8" })]).toEqual([
      ["ab", "3"],
      ["c", "2"],
      ["d", "d"],
    ]);
    await db.flush();
    await db.compact();
    expect([...db.keys({ as: "utf8" })]).toEqual(["ab", "c", "d"]);
  });

  test.each(HOWS)("(%s) is seen whole or not at all", async (how) => {
    const db = await letters();
    using before = db.snapshot();
    await db[how]([{ type: "deleteRange" }, { type: "put", key: "a", value: "new" }]);
    expect([keysIn(before), keysIn(db)]).toEqual(["abcde", "a"]);
    using after = db.snapshot();
    expect(after.timestamp).toBe(before.timestamp + 1);
    await db.close();
    await using again = await MiniLsm.open(directory);
    expect([...again.scan({ as: "utf8" })]).toEqual([["a", "new"]]);
  });

  test("checks every write before it does any", async () => {
    await using db = await letters();
    const batch = [{ type: "deleteRange" }, { type: "put", key: "a".repeat(65_536), value: "" }] as const;
    expect(() => db.write(batch)).toThrow(coded("KEY_TOO_LARGE"));
    expect(keysIn(db)).toBe("abcde");
  });
});

describe("a transaction beside a range delete", () => {
  test("sees the database as it was, and its own writes whatever was deleted", async () => {
    await using db = await letters();
    db.deleteRange({ gte: "a", lt: "c" });
    const transaction = db.transaction();
    db.deleteRange({ gte: "d" });
    transaction.put("b", "mine");
    transaction.delete("c");
    expect(keysIn(transaction)).toBe("bde");
    expect(transaction.get("b", { as: "utf8" })).toBe("mine");
    transaction.commit();
    expect(keysIn(db)).toBe("b");
  });

  test.each<[Isolation, string, (transaction: ReturnType<MiniLsm["transaction"]>) => unknown, boolean]>([
    ["snapshot", "wrote a key of it", (each) => each.put("c", "1"), true],
    ["snapshot", "deleted a key of it that was not there", (each) => each.delete("cc"), true],
    [
      "snapshot",
      "read a key of it and wrote another",
      (each) => each.put("x", each.get("c", { as: "utf8" }) ?? ""),
      false,
    ],
    ["serializable", "read a key of it", (each) => each.put("x", each.get("c", { as: "utf8" }) ?? ""), true],
    ["serializable", "found no such key in it", (each) => each.put("x", String(each.has("cc"))), true],
    [
      "serializable",
      "went over a part of it",
      (each) => each.put("x", String([...each.keys({ lt: "bb" })].length)),
      true,
    ],
    [
      "serializable",
      "went over its gap",
      (each) => each.put("x", String([...each.keys({ gt: "c", lt: "d" })].length)),
      true,
    ],
    ["serializable", "wrote a key of it without reading it", (each) => each.put("c", "1"), false],
    ["serializable", "read beside it", (each) => each.put("x", String([...each.keys({ gte: "d" })].length)), false],
    ["serializable", "stopped before it", (each) => each.put("x", String([...each.keys({ limit: 1 })].length)), false],
    ["none", "read and wrote a key of it", (each) => each.put("c", String(each.has("c"))), false],
  ])("under %s, that %s, is in conflict: %s", async (isolation, _, act, isRefused) => {
    await using db = await letters();
    const transaction = db.transaction({ isolation });
    act(transaction);
    db.deleteRange({ gte: "b", lt: "d" });
    if (isRefused) expect(() => transaction.commit()).toThrow(coded("TRANSACTION_CONFLICT"));
    else transaction.commit();
    expect(keysIn(db) === "ade").toBe(isRefused);
  });

  test("that came before the transaction is no conflict", async () => {
    await using db = await letters();
    db.deleteRange({ gte: "b", lt: "d" });
    const transaction = db.transaction({ isolation: "serializable" });
    transaction.put("c", String([...transaction.keys()].length));
    transaction.commit();
    expect(db.get("c", { as: "utf8" })).toBe("3");
  });
});

describe("keys and values of a native database", () => {
  test("may be empty, in every kind of write and read", async () => {
    const db = await MiniLsm.open(directory, NATIVE);
    db.put("", "");
    db.write([{ type: "put", key: "a", value: "" }]);
    expect([db.get("", { as: "utf8" }), db.has(""), db.get("a", { as: "utf8" }), db.has("b")]).toEqual([
      "",
      true,
      "",
      false,
    ]);
    db.transaction().rollback();
    const transaction = db.transaction({ isolation: "serializable" });
    expect(transaction.get("", { as: "utf8" })).toBe("");
    transaction.put("", "mine");
    transaction.commit();
    await db.flush();
    expect([...db.scan({ as: "utf8" })]).toEqual([
      ["", "mine"],
      ["a", ""],
    ]);
    db.delete("");
    await db.close();
    await using again = await MiniLsm.open(directory);
    expect([...again.scan({ as: "utf8" })]).toEqual([["a", ""]]);
    expect(again.get("")).toBeUndefined();
  });

  test.each([0, 1, 65_535, 65_536, 1 << 20, (1 << 20) + 1, 5_000_000])(
    "come back whole with %i bytes of value",
    async (length) => {
      const value = Buffer.alloc(length, "0123456789");
      const db = await MiniLsm.open(directory, NATIVE);
      db.put("logged", value);
      db.put("flushed", value);
      db.put("flushed", value.subarray(0, length >> 1));
      await db.flush();
      await db.writeAsync([
        { type: "put", key: "batched", value },
        { type: "put", key: "last", value: "end" },
      ]);
      await db.close();
      await using again = await MiniLsm.open(directory);
      const isWhole = (key: string, expected: Uint8Array) => Buffer.from(again.get(key) ?? "no").equals(expected);
      expect([
        isWhole("logged", value),
        isWhole("batched", value),
        isWhole("flushed", value.subarray(0, length >> 1)),
      ]).toEqual([true, true, true]);
      const sizes = [...again.scan()].map(([key, each]) => [Buffer.from(key).toString(), each.length]);
      expect(sizes).toEqual([
        ["batched", length],
        ["flushed", length >> 1],
        ["last", 3],
        ["logged", length],
      ]);
    },
  );

  test("are refused when they are larger than a file or a memtable can hold", async () => {
    await using db = await MiniLsm.open(directory, NATIVE);
    const gibibyte = new Uint8Array(2 ** 30);
    expect(() => db.put("k".repeat(65_536), "")).toThrow("key has 65536 bytes, and at most 65535 are possible");
    expect(() => db.put("a", new Uint8Array(2 ** 30 + 1))).toThrow(coded("VALUE_TOO_LARGE"));
    const batch = [
      { type: "put", key: "a", value: gibibyte },
      { type: "put", key: "b", value: gibibyte },
    ] as const;
    const refusal =
      "the batch has 2 writes of 2147483650 bytes, and a batch must fit into 2 GiB of memory: cut it into several";
    expect(() => db.write(batch)).toThrow(refusal);
    const written = Promise.allSettled([db.writeAsync([{ type: "put", key: "c", value: "1" }]), db.writeAsync(batch)]);
    expect((await written).map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
    expect([...db.keys({ as: "utf8" })]).toEqual(["c"]);
  });
});
