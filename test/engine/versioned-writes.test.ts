import { describe, expect, test } from "vitest";
import type { MemoryFileSystem } from "../../src/fs/memory-file-system.ts";
import { TIMESTAMP_MAX } from "../../src/key.ts";
import { readWal } from "../../src/wal/read-wal.ts";
import { EngineDatabase, type OpenOptions, QUIET } from "../support/engine-database.ts";
import { readFile, writeFile } from "../support/engine-golden.ts";
import { latin1 } from "../support/entries.ts";
import { batchOf, rawContent, writeBatch } from "../support/versions.ts";

const MVCC: OpenOptions = { ...QUIET, format: "mvcc" };
const LOGGED: OpenOptions = { ...MVCC, durability: "process" };
const coded = (code: string) => expect.objectContaining({ code });

/** The entries of a log as `a@1=x`, and how many frames they came in. */
function logOf(db: EngineDatabase, id: number): { readonly frames: number; readonly entries: string } {
  const list: string[] = [];
  const { records } = readWal(db.fs, db.path(`${String(id).padStart(5, "0")}.wal`), "mvcc", "strict", (...entry) => {
    const [timestamp, , key, keyStart, keyEnd, value, valueStart, valueEnd] = entry;
    list.push(`${latin1(key.slice(keyStart, keyEnd))}@${timestamp}=${latin1(value.slice(valueStart, valueEnd))}`);
  });
  return { frames: records, entries: list.join(" ") };
}

describe("a batch of a versioned database", () => {
  test("has one timestamp and one frame in the log, and deletes are versions too", async () => {
    const db = EngineDatabase.open(LOGGED);
    writeBatch(db, "a=1 b=1");
    writeBatch(db, "a=2 -b");
    expect(logOf(db, 0)).toEqual({ frames: 2, entries: "a@1=1 b@1=1 a@2=2 b@2=" });
    await db.run("flush");
    expect(rawContent(db)).toBe("a@2=2 a@1=1 -b@2 b@1=1");
    expect([db.get("a"), db.get("b"), db.scan()]).toEqual(["2", undefined, "a=2"]);
    expect(db.engine.writer.lastTimestamp).toBe(2);
  });

  test("without writes takes no timestamp and no frame", () => {
    const db = EngineDatabase.open(LOGGED);
    writeBatch(db, "");
    expect(db.engine.writer.lastTimestamp).toBe(0);
    expect(db.fs.stat("/db/00000.wal")?.sizeBytes).toBe(0);
  });

  test("that writes a key twice leaves one version, the last one, also from the log", async () => {
    const db = EngineDatabase.open(LOGGED);
    writeBatch(db, "a=1 b=1 a=2 -b c=1 -c c=3");
    expect(db.scan()).toBe("a=2 c=3");
    const again = EngineDatabase.open(LOGGED, (db.fs as MemoryFileSystem).killed());
    for (const each of [db, again]) {
      expect(each.scan()).toBe("a=2 c=3");
      await each.run("flush");
      expect(rawContent(each)).toBe("a@1=2 -b@1 c@1=3");
    }
  });

  test("larger than a memtable goes into one, and is followed by a freeze", () => {
    const db = EngineDatabase.open(LOGGED);
    db.put("a", "1");
    const large = Array.from({ length: 100 }, (_, index) => `k${index}=${"v".repeat(100)}`).join(" ");
    writeBatch(db, large);
    db.put("z", "1");
    expect(db.frozenMemtables).toBe(1);
    expect(db.engine.core.states.current.immutableMemtables[0]?.entryCount).toBe(101);
    expect(logOf(db, 0).frames).toBe(2);
  });

  test("counts eight bytes of timestamp per entry towards the freeze", () => {
    const db = EngineDatabase.open(MVCC);
    for (let count = 0; count < 85; count++) db.put("key", "v");
    // 1020 of 1024 bytes.
    expect([db.stats.memtableBytes, db.frozenMemtables]).toEqual([85 * 12, 0]);
    db.put("k", "v");
    expect([db.stats.memtableBytes, db.frozenMemtables]).toEqual([0, 1]);
  });

  test("that is refused leaves nothing behind", () => {
    const db = EngineDatabase.open(LOGGED);
    const oversized = { ...batchOf("b=1")[0]!, value: new Uint8Array(65_536) };
    expect(() => db.engine.writer.writeBatch([...batchOf("a=1"), oversized], false)).toThrow(coded("VALUE_TOO_LARGE"));
    expect([db.scan(), db.engine.writer.lastTimestamp]).toEqual(["", 0]);
    db.put("a", "2");
    expect(logOf(db, 0)).toEqual({ frames: 1, entries: "a@1=2" });
  });
});

test("no write gets a timestamp that files cannot hold, as after opening a forged one", () => {
  const db = EngineDatabase.open(LOGGED);
  db.put("a", "1");
  db.engine.writer.lastTimestamp = TIMESTAMP_MAX - 1;
  writeBatch(db, "a=2 b=2");
  expect(() => db.put("a", "3")).toThrow(coded("UNSUPPORTED"));
  expect(() => writeBatch(db, "a=3 b=3")).toThrow(coded("UNSUPPORTED"));
  expect(db.scan()).toBe("a=2 b=2");
  expect(logOf(db, 0)).toEqual({ frames: 2, entries: `a@1=1 a@${TIMESTAMP_MAX}=2 b@${TIMESTAMP_MAX}=2` });
});

describe("batches of one turn", () => {
  test("keep their own timestamps and frames, and share one append", async () => {
    const db = EngineDatabase.open({ ...LOGGED, memtableSizeBytes: 1 << 20 });
    const appends: string[] = [];
    (db.fs as MemoryFileSystem).beforeCall = ({ operation, path }) => {
      if (operation === "append" && path.endsWith(".wal")) appends.push(path);
      return undefined;
    };
    const { writer } = db.engine;
    await Promise.all(["a=1 b=1", "", "a=2", "b=3 a=3"].map((batch) => writer.writeGrouped(batchOf(batch), false)));
    expect(appends).toHaveLength(1);
    expect(logOf(db, 0)).toEqual({ frames: 3, entries: "a@1=1 b@1=1 a@2=2 b@3=3 a@3=3" });
    expect(db.scan()).toBe("a=3 b=3");
  });

  test("go into as many memtables as they fill, none of them into two", async () => {
    const db = EngineDatabase.open(LOGGED);
    const { writer } = db.engine;
    const batches = Array.from({ length: 40 }, (_, number) =>
      Array.from({ length: 5 }, (_, key) => `${number}.${key}=${"v".repeat(30)}`).join(" "),
    );
    await Promise.all(batches.map((batch) => writer.writeGrouped(batchOf(batch), false)));
    expect(writer.lastTimestamp).toBe(40);
    const memtables = [db.engine.core.states.current.memtable, ...db.engine.core.states.current.immutableMemtables];
    expect(memtables.length).toBeGreaterThan(5);
    expect(memtables.map(({ entryCount }) => entryCount % 5)).toEqual(memtables.map(() => 0));
    expect(db.scan().split(" ")).toHaveLength(200);
  });
});

describe("a versioned database that is opened again", () => {
  test("knows the newest timestamp of its logs, and the next write gets a larger one", async () => {
    const db = EngineDatabase.open(LOGGED);
    await db.run("a=1 b=2 c=3");
    await db.close();
    const again = EngineDatabase.open(LOGGED, db.fs);
    expect(again.engine.writer.lastTimestamp).toBe(3);
    again.put("a", "4");
    expect(again.engine.writer.lastTimestamp).toBe(4);
    await again.run("flush flush");
    expect(rawContent(again)).toBe("a@4=4 a@1=1 b@2=2 c@3=3");
  });

  test("knows the newest timestamp of its tables, wherever it stands in them", async () => {
    const db = EngineDatabase.open(MVCC);
    await db.run("m=1 m=2 m=3 a=1 z=1 flush");
    await db.close();
    const again = EngineDatabase.open(MVCC, db.fs);
    expect(again.engine.writer.lastTimestamp).toBe(5);
    await again.run("a=new flush");
    expect(rawContent(again)).toBe("a@6=new a@4=1 m@3=3 m@2=2 m@1=1 z@5=1");
  });

  test("has the timestamps of a batch that only its log holds", async () => {
    const db = EngineDatabase.open(LOGGED);
    db.put("x", "0");
    writeBatch(db, "a=1 -b");
    const again = EngineDatabase.open(LOGGED, (db.fs as MemoryFileSystem).killed());
    await again.run("flush");
    expect(rawContent(again)).toBe("a@2=1 -b@2 x@1=0");
  });

  test("has a batch whole or not at all, wherever its log was cut", async () => {
    const db = EngineDatabase.open(LOGGED);
    writeBatch(db, "a=1 b=1");
    const first = db.fs.stat("/db/00000.wal")?.sizeBytes ?? 0;
    writeBatch(db, "a=2 -b c=2");
    const bytes = readFile(db.fs, "/db/00000.wal");
    for (let length = 0; length <= bytes.length; length++) {
      const fs = (db.fs as MemoryFileSystem).killed();
      writeFile(fs, "/db/00000.wal", bytes.slice(0, length));
      const again = EngineDatabase.open(LOGGED, fs);
      const expected = length < first ? "" : length < bytes.length ? "a=1 b=1" : "a=2 c=2";
      expect(`${length} ${again.scan()}`).toBe(`${length} ${expected}`);
      const frames = length < first ? 0 : length < bytes.length ? first : bytes.length;
      expect(fs.stat("/db/00000.wal")?.sizeBytes).toBe(frames);
      expect(again.eventsOf("warning")).toHaveLength(length === frames ? 0 : 1);
    }
  });
});
