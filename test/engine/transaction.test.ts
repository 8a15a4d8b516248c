import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { fingerprint32 } from "../../src/codec/fingerprint32.ts";
import { MiniLsm } from "../../src/engine/mini-lsm.ts";
import type { Range } from "../../src/engine/range.ts";
import { type TransactOptions, transact } from "../../src/engine/transact.ts";
import { Transaction } from "../../src/engine/transaction.ts";
import { MemoryFileSystem } from "../../src/fs/memory-file-system.ts";
import type { Isolation } from "../../src/mvcc/conflict.ts";
import { drainCursor, EngineDatabase, entryOf, type OpenOptions, QUIET } from "../support/engine-database.ts";
import { batchOf, rawContent, writeBatch } from "../support/versions.ts";

const MVCC: OpenOptions = { ...QUIET, format: "mvcc" };
const coded = (code: string) => expect.objectContaining({ code });
const CONFLICT = coded("TRANSACTION_CONFLICT");

/** A database that holds the writes of one batch. */
function databaseOf(notation: string, options: OpenOptions = MVCC): EngineDatabase {
  const db = EngineDatabase.open(options);
  writeBatch(db, notation);
  return db;
}

function begin(db: EngineDatabase, isolation: Isolation = "snapshot"): Transaction {
  return new Transaction(db.engine, { isolation });
}

/** Writes in the notation of batches, as `a=1 -b`. */
function write(transaction: Transaction, notation: string): Transaction {
  for (const { key, value } of batchOf(notation)) {
    if (value.length === 0) transaction.delete(key);
    else transaction.put(key, value);
  }
  return transaction;
}

/** All it shows, as `a=1 b=2`; `get` and the reverse must agree. */
function shown(transaction: Transaction, range: Range = {}): string {
  const entries = [...transaction.scan({ ...range, as: "utf8" })];
  for (const [key, value] of entries) expect(transaction.get(key, { as: "utf8" })).toBe(value);
  if (range.limit === undefined) {
    const backward = [...transaction.scan({ ...range, reverse: range.reverse !== true, as: "utf8" })];
    expect(backward.reverse()).toEqual(entries);
  }
  return entries.map(([key, value]) => `${key}=${value}`).join(" ");
}

describe("a transaction", () => {
  test("sees its own writes and nobody else's, until it is committed", () => {
    const db = databaseOf("test1=0 test2=0");
    const [first, second, third] = [begin(db), begin(db), begin(db)];
    write(first, "test1=233 test3=1");
    write(second, "test2=233");
    expect(shown(first)).toBe("test1=233 test2=0 test3=1");
    expect(shown(second)).toBe("test1=0 test2=233");
    expect(shown(third)).toBe("test1=0 test2=0");
    first.commit();
    second.commit();
    expect(shown(third)).toBe("test1=0 test2=0");
    expect(shown(begin(db))).toBe("test1=233 test2=233 test3=1");
    expect(db.scan()).toBe("test1=233 test2=233 test3=1");
  });

  test.each(["memory", "frozen memtables", "tables"])(
    "lays overwrites and deletes over what is in %s",
    async (where) => {
      const db = databaseOf("a=1 b=1 c=1 d=1");
      if (where === "frozen memtables") db.engine.writer.freeze();
      if (where === "tables") await db.run("flush compact");
      const transaction = write(begin(db), "-a b=2 c=2 bb=2 -nobody");
      expect(shown(transaction)).toBe("b=2 bb=2 c=2 d=1");
      expect([transaction.has("a"), transaction.get("a")]).toEqual([false, undefined]);
      write(transaction, "-c a=3 -bb");
      expect(shown(transaction)).toBe("a=3 b=2 d=1");
      expect(db.scan()).toBe("a=1 b=1 c=1 d=1");
      transaction.commit();
      expect(db.scan()).toBe("a=3 b=2 d=1");
    },
  );

  test.each([
    [{ gte: "b", lt: "d" }, "b=2 bb=2"],
    [{ gt: "b", lte: "d" }, "bb=2 d=1"],
    [{ prefix: "b" }, "b=2 bb=2"],
    [{ reverse: true }, "e=2 d=1 bb=2 b=2"],
    [{ reverse: true, limit: 2 }, "e=2 d=1"],
    [{ limit: 3 }, "b=2 bb=2 d=1"],
    [{ limit: 0 }, ""],
    [{ gt: "e" }, ""],
  ] as const)("scans %o of both", (range, expected) => {
    expect(shown(write(begin(databaseOf("a=1 b=1 c=1 d=1")), "-a b=2 -c bb=2 e=2"), range)).toBe(expected);
  });

  test("moves its cursors to a key of either", () => {
    const cursor = write(begin(databaseOf("a=1 c=1 e=1")), "b=2 -c").cursor();
    const seen = ["c", "b", "", "e"].map((key) => {
      cursor.seek(key);
      return entryOf(cursor);
    });
    expect(seen).toEqual(["e=1", "b=2", "a=1", "e=1"]);
    cursor.seek("f");
    expect(cursor.valid).toBe(false);
  });

  test("shows a cursor the writes before it, and none after", () => {
    const transaction = write(begin(databaseOf("a=1 c=1")), "b=2");
    const before = transaction.cursor();
    write(transaction, "a=3 -b -c d=3");
    const after = transaction.cursor();
    write(transaction, "a=4 e=4");
    expect([drainCursor(before), drainCursor(after)]).toEqual(["a=1 b=2 c=1", "a=3 d=3"]);
    expect(shown(transaction)).toBe("a=4 d=3 e=4");
  });

  test("ends a loop that writes ahead of itself", () => {
    const transaction = write(begin(databaseOf("")), "a=1 b=1");
    for (const key of transaction.keys({ as: "utf8" })) transaction.put(`${key}x`, "1");
    expect(shown(transaction)).toBe("a=1 ax=1 b=1 bx=1");
  });

  test("is written as one batch with one timestamp, and without writes takes none", async () => {
    const db = databaseOf("a=1 b=1");
    using _keepsVersions = begin(db);
    write(begin(db), "a=2 a=3 -b c=3").commit();
    expect(db.engine.writer.lastTimestamp).toBe(2);
    const reader = begin(db, "serializable");
    expect([reader.timestamp, shown(reader)]).toEqual([2, "a=3 c=3"]);
    reader.commit();
    expect([reader.state, db.engine.writer.lastTimestamp]).toEqual(["committed", 2]);
    begin(db).rollback();
    await db.run("flush");
    expect(rawContent(db)).toBe("a@2=3 a@1=1 -b@2 b@1=1 c@2=3");
  });

  test.each(["process", "power"] as const)(
    "that was committed is there after a crash, whole (durability %s)",
    (durability) => {
      const db = databaseOf("a=1", { ...MVCC, durability: "process" });
      write(begin(db), "a=2 b=2").commit({ durability });
      write(begin(db), "a=3 c=3");
      const again = EngineDatabase.open({ ...QUIET, readOnly: true }, db.fs);
      expect(again.scan()).toBe("a=2 b=2");
    },
  );

  test("leaves nothing when it is rolled back or disposed of", () => {
    const db = databaseOf("a=1");
    const rolledBack = write(begin(db), "a=2");
    rolledBack.rollback();
    {
      using disposed = write(begin(db), "a=3");
      expect(shown(disposed)).toBe("a=3");
    }
    expect([db.scan(), rolledBack.state, db.engine.writer.lastTimestamp]).toEqual(["a=1", "rolledBack", 1]);
    expect(db.engine.core.readers.timestampCount).toBe(0);
    expect(db.engine.writer.committed.isRecording).toBe(false);
  });

  test.each(["committed", "rolled back", "refused"])(
    "that was %s throws TRANSACTION_FINISHED, and its cursors go on",
    (how) => {
      const db = databaseOf("a=1 b=1");
      const transaction = write(begin(db), "a=2");
      const cursor = transaction.cursor();
      if (how === "rolled back") transaction.rollback();
      else if (how === "committed") transaction.commit();
      else {
        db.put("a", "9");
        expect(() => transaction.commit()).toThrow(CONFLICT);
      }
      const calls = [
        () => transaction.get("a"),
        () => transaction.has("a"),
        () => transaction.put("a", "1"),
        () => transaction.delete("a"),
        () => transaction.cursor(),
        () => [...transaction.scan()],
        () => transaction.commit(),
        () => transaction.rollback(),
      ];
      for (const call of calls) expect(call).toThrow(coded("TRANSACTION_FINISHED"));
      transaction[Symbol.dispose]();
      expect(transaction.state).toBe(how === "committed" ? "committed" : "rolledBack");
      expect(drainCursor(cursor)).toBe("a=2 b=1");
      expect(db.engine.core.readers.timestampCount).toBe(0);
    },
  );

  test("that is open when the database is closed can only be rolled back", async () => {
    const db = databaseOf("a=1", { ...MVCC, durability: "process" });
    const transaction = write(begin(db), "a=2");
    const cursor = transaction.cursor();
    await db.close();
    const calls = [
      () => transaction.get("a"),
      () => transaction.put("a", "3"),
      () => transaction.commit(),
      () => begin(db),
    ];
    for (const call of calls) expect(call).toThrow(coded("DATABASE_CLOSED"));
    cursor.close();
    transaction.rollback();
    expect(transaction.state).toBe("rolledBack");
    expect(EngineDatabase.open(QUIET, db.fs).scan()).toBe("a=1");
  });

  test("of a database opened read-only reads, and is refused when it wrote", async () => {
    const db = databaseOf("a=1", { ...MVCC, durability: "process" });
    await db.close();
    const readOnly = EngineDatabase.open({ ...QUIET, readOnly: true }, db.fs);
    const reader = begin(readOnly);
    expect(shown(reader)).toBe("a=1");
    reader.commit();
    const writer = write(begin(readOnly), "a=2");
    expect(() => writer.commit()).toThrow(coded("READ_ONLY"));
    expect([writer.state, readOnly.scan()]).toEqual(["rolledBack", "a=1"]);
  });

  test("that a full disk refuses leaves nothing, and is rolled back", () => {
    const fs = new MemoryFileSystem();
    const db = EngineDatabase.open({ ...MVCC, durability: "process" }, fs);
    db.put("a", "1");
    const transaction = write(begin(db), "a=2 b=2");
    fs.capacityBytes = fs.usedBytes + 10;
    expect(() => transaction.commit()).toThrow("ENOSPC");
    expect([transaction.state, db.scan()]).toEqual(["rolledBack", "a=1"]);
    fs.capacityBytes = Number.POSITIVE_INFINITY;
    write(begin(db), "a=3 b=3").commit();
    expect(EngineDatabase.open({ ...QUIET, readOnly: true }, fs).scan()).toBe("a=3 b=3");
  });

  test("refuses what is no key, value, isolation or durability, and stays open", () => {
    const db = databaseOf("a=1");
    const transaction = write(begin(db), "b=1");
    expect(() => transaction.put("", "1")).toThrow(coded("KEY_EMPTY"));
    expect(() => transaction.put("a", "")).toThrow(coded("VALUE_EMPTY"));
    expect(() => transaction.cursor({ gt: "a", gte: "a" })).toThrow(coded("INVALID_ARGUMENT"));
    expect(() => transaction.commit({ durability: "none" as "power" })).not.toThrow();
    expect(() => begin(db, "best" as Isolation)).toThrow(coded("INVALID_ARGUMENT"));
    expect(db.engine.core.readers.timestampCount).toBe(0);
  });

  test("keeps the versions it sees through compactions, until it ends", async () => {
    const db = databaseOf("a=1 b=1");
    const transaction = write(begin(db), "c=2");
    await db.run("a=2 -b flush compact");
    expect(shown(transaction)).toBe("a=1 b=1 c=2");
    transaction.rollback();
    await db.run("compact");
    expect(rawContent(db)).toBe("a@2=2");
  });
});

/** What two transactions did before both asked to commit, and which isolations refuse the second. */
const ANOMALIES: readonly (readonly [
  name: string,
  first: (transaction: Transaction) => void,
  second: (transaction: Transaction) => void,
  refusedBy: readonly Isolation[],
])[] = [
  [
    "a lost update",
    (transaction) => transaction.put("a", `${transaction.get("a", { as: "utf8" })}1`),
    (transaction) => transaction.put("a", `${transaction.get("a", { as: "utf8" })}2`),
    ["snapshot", "serializable"],
  ],
  [
    "write skew",
    (transaction) => transaction.put("a", transaction.get("b") ?? ""),
    (transaction) => transaction.put("b", transaction.get("a") ?? ""),
    ["serializable"],
  ],
  [
    "a phantom in a range",
    (transaction) => transaction.put("ab", "1"),
    (transaction) => transaction.put("z", String([...transaction.keys({ gte: "a", lt: "c" })].length)),
    ["serializable"],
  ],
  [
    "a phantom behind the last key of a range, scanned backward",
    (transaction) => transaction.put("bb", "1"),
    (transaction) => transaction.put("z", String([...transaction.keys({ lt: "c", reverse: true })].length)),
    ["serializable"],
  ],
  [
    "a phantom where there was no key",
    (transaction) => transaction.put("nobody", "1"),
    (transaction) => transaction.put("z", String(transaction.has("nobody"))),
    ["serializable"],
  ],
  [
    "a delete of what was scanned",
    (transaction) => transaction.delete("a"),
    (transaction) => transaction.put("z", String([...transaction.keys()].length)),
    ["serializable"],
  ],
  [
    "a write where an open cursor went by",
    (transaction) => transaction.put("aa", "1"),
    (transaction) => {
      transaction.cursor().next();
      transaction.put("z", "1");
    },
    ["serializable"],
  ],
  [
    "a write behind the place that an open cursor reached",
    (transaction) => transaction.put("bb", "1"),
    (transaction) => {
      transaction.cursor().next();
      transaction.put("z", "1");
    },
    [],
  ],
  [
    "a write behind the limit of a scan",
    (transaction) => transaction.put("b", "2"),
    (transaction) => transaction.put("z", String([...transaction.keys({ limit: 1 })].length)),
    [],
  ],
  [
    "a write before the key that a cursor sought",
    (transaction) => transaction.put("aa", "2"),
    (transaction) => {
      using cursor = transaction.cursor({ gt: "a" });
      cursor.seek("b");
      transaction.put("z", "1");
    },
    // The cursor stood on b before it was moved, and had seen that nothing lies in between.
    ["serializable"],
  ],
  [
    "a write of a key that was sought after in vain",
    (transaction) => transaction.put("c", "2"),
    (transaction) => {
      using cursor = transaction.cursor();
      cursor.seek("bb");
      transaction.put("z", "1");
    },
    ["serializable"],
  ],
  [
    "blind writes of one key",
    (transaction) => transaction.put("a", "2"),
    (transaction) => transaction.put("a", "3"),
    ["snapshot"],
  ],
  [
    "a read of what it had written itself",
    (transaction) => transaction.put("a", "2"),
    (transaction) => {
      transaction.put("a", "3");
      transaction.get("a");
    },
    ["snapshot"],
  ],
  ["writes apart", (transaction) => transaction.put("a", "2"), (transaction) => transaction.put("b", "3"), []],
  ["a reader", (transaction) => transaction.put("a", "2"), (transaction) => [...transaction.scan()], []],
];

describe.each(["snapshot", "serializable", "none"] as const)("isolation %s", (isolation) => {
  test.each(ANOMALIES)("when two transactions meet in %s", (_, first, second, refusedBy) => {
    const db = databaseOf("a=1 b=1");
    const [winner, loser] = [begin(db, isolation), begin(db, isolation)];
    first(winner);
    second(loser);
    winner.commit();
    const afterWinner = db.scan();
    if (refusedBy.includes(isolation)) {
      expect(() => loser.commit()).toThrow(CONFLICT);
      expect([loser.state, db.scan(), db.engine.writer.lastTimestamp]).toEqual(["rolledBack", afterWinner, 2]);
    } else {
      loser.commit();
      expect(loser.state).toBe("committed");
    }
    expect(db.engine.writer.committed.isRecording).toBe(false);
  });

  test("shows no write that is not committed (dirty read), nor one committed meanwhile (unrepeatable read)", () => {
    const db = databaseOf("a=1");
    const [writer, reader] = [begin(db, isolation), begin(db, isolation)];
    write(writer, "a=2");
    expect(shown(reader)).toBe("a=1");
    writer.commit();
    expect(shown(reader)).toBe("a=1");
    reader.commit();
  });
});

describe("conflicts", () => {
  test("leave the data of the first of two that copy each other's key (write skew)", () => {
    const db = databaseOf("key1=1 key2=2");
    const [first, second] = [begin(db, "serializable"), begin(db, "serializable")];
    first.put("key1", first.get("key2") ?? "");
    second.put("key2", second.get("key1") ?? "");
    first.commit();
    expect(() => second.commit()).toThrow(CONFLICT);
    expect(db.scan()).toBe("key1=2 key2=2");
  });

  test.each(["snapshot", "serializable"] as const)("do not come of two keys with one hash under %s", (isolation) => {
    const [left, right] = ["k22634", "k144340"];
    expect(fingerprint32(Buffer.from(left), 0, left.length)).toBe(fingerprint32(Buffer.from(right), 0, right.length));
    const db = databaseOf("a=1");
    const [first, second] = [begin(db, isolation), begin(db, isolation)];
    first.put(left, "1");
    second.put(right, String(second.has(right)));
    first.commit();
    second.commit();
    expect(db.scan()).toBe(`a=1 ${right}=false ${left}=1`);
  });

  test("do not come of blind writes under serializable: the last one wins", () => {
    const db = databaseOf("key1=1 key2=2");
    const [first, second] = [begin(db, "serializable"), begin(db, "serializable")];
    write(first, "key1=10");
    write(second, "key1=20");
    first.commit();
    second.commit();
    expect(db.scan()).toBe("key1=20 key2=2");
  });

  test("keep a reader from acting on a state between two others (read-only anomaly)", () => {
    // Fekete, O'Neil and O'Neil 2004: x and y are accounts; overdrawing both costs 1, and a report is made in between.
    const run = (isolation: Isolation) => {
      const db = databaseOf("x=0 y=0");
      const withdrawal = begin(db, isolation);
      const sum = Number(withdrawal.get("x", { as: "utf8" })) + Number(withdrawal.get("y", { as: "utf8" }));
      const deposit = begin(db, isolation);
      deposit.put("y", String(Number(deposit.get("y", { as: "utf8" })) + 20));
      deposit.commit();
      const report = begin(db, isolation);
      const seen = shown(report);
      report.commit();
      withdrawal.put("x", String(sum < 10 ? -11 : -10));
      return { seen, withdrawal };
    };
    const allowed = run("snapshot");
    allowed.withdrawal.commit();
    const refused = run("serializable");
    expect(refused.seen).toBe("x=0 y=20");
    expect(() => refused.withdrawal.commit()).toThrow(CONFLICT);
  });

  test.each([
    ["a put", (db: EngineDatabase) => db.put("a", "9")],
    ["a delete", (db: EngineDatabase) => db.delete("a")],
    ["a batch", (db: EngineDatabase) => writeBatch(db, "x=9 a=9")],
    ["an asynchronous batch", (db: EngineDatabase) => void db.engine.writer.writeGrouped(batchOf("a=9"), false)],
  ])("come of %s outside any transaction too", (_, change) => {
    for (const isolation of ["snapshot", "serializable"] as const) {
      const db = databaseOf("a=1");
      const transaction = begin(db, isolation);
      transaction.put("a", `${transaction.get("a", { as: "utf8" })}1`);
      change(db);
      expect(() => transaction.commit()).toThrow(CONFLICT);
    }
  });

  test("name a key", () => {
    const db = databaseOf("a=1");
    const transaction = write(begin(db), "a=2");
    db.put("a", "9");
    expect(() => transaction.commit()).toThrow('key "a" was written by another since the transaction began');
  });

  test("are over when a new transaction does it again", () => {
    const db = databaseOf("a=1");
    const loser = write(begin(db), "a=2");
    db.put("a", "9");
    expect(() => loser.commit()).toThrow(CONFLICT);
    write(begin(db), "a=2").commit();
    expect(db.get("a")).toBe("2");
  });
});

describe("transact", () => {
  /** Adds 1 to the key n, which somebody else writes under the first `disturbances` attempts. */
  async function increment(db: EngineDatabase, disturbances: number, options: TransactOptions = {}) {
    let runs = 0;
    const result = transact(
      (given) => new Transaction(db.engine, given),
      (transaction) => {
        const sum = Number(transaction.get("n", { as: "utf8" })) + 1;
        if (runs++ < disturbances) db.put("n", String(runs * 10));
        transaction.put("n", String(sum));
        return sum;
      },
      options,
    );
    return { result: await result.catch((error: unknown) => error), runs };
  }

  test("does it again until there is no conflict", async () => {
    for (const isolation of ["snapshot", "serializable"] as const) {
      const db = databaseOf("n=1");
      expect(await increment(db, 3, { isolation })).toEqual({ result: 31, runs: 4 });
      expect(db.get("n")).toBe("31");
    }
  });

  test("gives up after the last attempt, with the conflict", async () => {
    const db = databaseOf("n=1");
    expect(await increment(db, 9, { attempts: 2 })).toEqual({ result: CONFLICT, runs: 2 });
    expect(db.get("n")).toBe("20");
    expect(await increment(db, 0, { attempts: 0 })).toEqual({ result: coded("INVALID_ARGUMENT"), runs: 0 });
  });

  test("loses no update of many at once, whether or not they wait in between", async () => {
    const db = databaseOf("n=0");
    const add = (transaction: Transaction) =>
      transaction.put("n", String(Number(transaction.get("n", { as: "utf8" })) + 1));
    const begun = (given: TransactOptions) => new Transaction(db.engine, given);
    await Promise.all(
      Array.from({ length: 8 }, () =>
        transact(
          begun,
          async (transaction) => {
            await Promise.resolve();
            add(transaction);
          },
          { attempts: 100 },
        ),
      ),
    );
    expect(db.get("n")).toBe("8");
  });

  test("rolls back and hands on what the function throws", async () => {
    const db = databaseOf("n=1");
    const failed = transact(
      (given) => new Transaction(db.engine, given),
      (transaction) => {
        transaction.put("n", "2");
        throw new Error("no");
      },
    );
    await expect(failed).rejects.toThrow("no");
    expect([db.get("n"), db.engine.core.readers.timestampCount]).toEqual(["1", 0]);
  });

  test("leaves alone what the function has ended itself", async () => {
    const db = databaseOf("n=1");
    await transact(
      (given) => new Transaction(db.engine, given),
      (transaction) => write(transaction, "n=2").rollback(),
    );
    expect(db.get("n")).toBe("1");
  });
});

describe("the public handle", () => {
  async function withDatabase(format: "plain" | "mvcc", use: (db: MiniLsm) => Promise<void>): Promise<void> {
    const directory = mkdtempSync(join(tmpdir(), "mini-lsm-"));
    try {
      await using db = await MiniLsm.open(directory, { format });
      await use(db);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  }

  test("of a plain database refuses transactions, and says what to do", () =>
    withDatabase("plain", async (db) => {
      expect(() => db.transaction()).toThrow(coded("UNSUPPORTED"));
      await expect(db.transact(() => 1)).rejects.toThrow(
        "a plain database keeps no versions on disk; convert it to mvcc",
      );
    }));

  test("of a versioned one begins them and runs them", () =>
    withDatabase("mvcc", async (db) => {
      const transaction = db.transaction({ isolation: "serializable" });
      transaction.put("a", String(transaction.has("b")));
      expect(await db.transact((other) => other.put("b", "1"), { durability: "power" })).toBeUndefined();
      expect(() => transaction.commit()).toThrow(CONFLICT);
      expect([...db.scan({ as: "utf8" })]).toEqual([["b", "1"]]);
    }));
});
