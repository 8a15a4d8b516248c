import { describe, expect, test } from "vitest";
import type { Cursor } from "../../src/engine/cursor.ts";
import { MemoryFileSystem } from "../../src/fs/memory-file-system.ts";
import { drainCursor, EngineDatabase, entryOf, QUIET, type ScanOrder } from "../support/engine-database.ts";

const ENTRIES = "a=1 b=2 c=3 d=4";
const BACKWARD = { direction: "descending" } as const;

describe("a cursor shows what was there when it was made", () => {
  test.each([
    ["in memory", "a=1 b=2 c=3 d=4 x=9 -x"],
    ["in frozen memtables", "a=1 c=3 freeze b=2 d=0 freeze d=4"],
    ["in L0", "a=0 b=2 flush a=1 c=3 d=4 flush"],
    ["in level 1", "a=1 b=2 flush c=3 d=4 x=9 flush -x flush compact"],
    ["everywhere", "a=0 b=2 flush compact a=1 flush c=3 freeze d=4"],
  ])("%s", async (_, steps) => {
    const db = EngineDatabase.open(QUIET);
    await db.run(steps);
    const cursor = db.cursor();
    const moved = db.cursor();
    moved.next();
    for (const change of [
      "a=new -b bb=new d=new -c",
      "freeze",
      "a=newer flush",
      "flush",
      "compact",
      "-a flush compact",
    ]) {
      await db.run(change === "freeze" ? "z=1 freeze" : change);
      // The entry a cursor stands on stays readable, too.
      expect(entryOf(cursor)).toBe("a=1");
    }
    expect(drainCursor(cursor)).toBe(ENTRIES);
    expect(drainCursor(moved)).toBe("b=2 c=3 d=4");
    expect(db.scan()).toBe("bb=new d=new z=1");
    expect(db.stats.pinnedStates).toBe(0);
  });

  test("within its range", async () => {
    const db = EngineDatabase.open(QUIET);
    await db.run(`${ENTRIES} flush`);
    const cursor = db.cursor("(a, d)");
    await db.run("bb=new compact");
    expect(drainCursor(cursor)).toBe("b=2 c=3");
  });

  test("while its memtable grows", () => {
    const db = EngineDatabase.open();
    for (let number = 0; number < 100; number++) db.put(`k${number}`, "old");
    const expected = db.scan();
    const cursor = db.cursor();
    const seen: string[] = [];
    for (let number = 0; cursor.valid; number++, cursor.next()) {
      for (let more = 0; more < 200; more++) db.put(`k${number}.${more}`, "new".repeat(20));
      db.delete(`k${number}`);
      seen.push(entryOf(cursor));
    }
    expect(seen.join(" ")).toBe(expected);
  });

  test("while its memtable grows under a cursor that goes backward", () => {
    const db = EngineDatabase.open();
    for (let number = 0; number < 100; number++) db.put(`k${number}`, "old");
    const expected = db.scan("(, )", BACKWARD);
    const cursor = db.cursor("(, )", BACKWARD);
    const seen: string[] = [];
    for (let number = 99; cursor.valid; number--, cursor.next()) {
      for (let more = 0; more < 200; more++) db.put(`k${number}.${more}`, "new".repeat(20));
      db.delete(`k${number}`);
      // Asks for the order, which moves the cursor's key to another position.
      db.cursor("[k, )").close();
      seen.push(entryOf(cursor));
    }
    expect(seen.join(" ")).toBe(expected);
  });
});

describe("a cursor that goes backward", () => {
  test.each([
    ["in memory", "a=1 b=2 c=3 d=4 x=9 -x"],
    ["in L0", "a=0 b=2 flush a=1 c=3 d=4 flush"],
    ["everywhere", "a=0 b=2 flush compact a=1 flush c=3 freeze d=4"],
  ])("shows the reverse of what was there when it was made, %s", async (_, steps) => {
    const db = EngineDatabase.open(QUIET);
    await db.run(steps);
    const cursor = db.cursor("(, )", BACKWARD);
    await db.run("a=new -b bb=new d=new -c freeze flush compact");
    expect(drainCursor(cursor)).toBe("d=4 c=3 b=2 a=1");
    expect(db.stats.pinnedStates).toBe(0);
  });

  test("keeps to its range", async () => {
    const db = EngineDatabase.open(QUIET);
    await db.run(`${ENTRIES} flush`);
    expect(db.scan("(a, d)", BACKWARD)).toBe("c=3 b=2");
    expect(db.scan("[a, c]", BACKWARD)).toBe("c=3 b=2 a=1");
    expect(db.scan("[d, a]", BACKWARD)).toBe("");
  });
});

describe("the limit of a cursor", () => {
  test.each([
    [0, ""],
    [1, "a=1"],
    [3, "a=1 b=2 c=3"],
    [4, ENTRIES],
    [5, ENTRIES],
  ])("of %i lets it show %j", async (limit, expected) => {
    const db = EngineDatabase.open(QUIET);
    await db.run(`b=2 d=4 flush a=1 c=3`);
    expect(db.scan("(, )", { limit })).toBe(expected);
    expect(db.stats.pinnedStates).toBe(0);
  });

  test("counts from the end backward, and live entries only", async () => {
    const db = EngineDatabase.open(QUIET);
    await db.run("a=1 b=2 c=3 d=4 flush -c");
    expect(db.scan("(, )", { ...BACKWARD, limit: 2 })).toBe("d=4 b=2");
  });

  test("closes it when it is reached", async () => {
    const db = EngineDatabase.open(QUIET);
    await db.run(ENTRIES);
    const cursor = db.cursor("(, )", { limit: 1 });
    expect(db.stats.pinnedStates).toBe(1);
    cursor.next();
    expect([cursor.valid, db.stats.pinnedStates]).toEqual([false, 0]);
  });
});

describe("a seek of a cursor", () => {
  const seeking = async (range: string, order: Partial<ScanOrder> = {}) => {
    const db = EngineDatabase.open(QUIET);
    await db.run("b=2 d=4 flush a=1 c=3 e=5 -e");
    const cursor = db.cursor(range, order);
    const found = (key: string) => {
      cursor.seek(key);
      return cursor.valid ? entryOf(cursor) : "nothing";
    };
    return { db, cursor, found };
  };

  test.each([
    ["forward", {}, "(, )", "d=4 b=2 c=3 nothing a=1"],
    ["backward", { direction: "descending" }, "(, )", "d=4 b=2 b=2 d=4 nothing"],
    ["forward within bounds", {}, "(a, d)", "nothing b=2 c=3 nothing b=2"],
    ["backward within bounds", { direction: "descending" }, "(a, d)", "c=3 b=2 b=2 c=3 nothing"],
  ] as const)("goes %s, back and forth", async (_, order, range, expected) => {
    const { found } = await seeking(range, order);
    expect(["d", "b", "bb", "f", ""].map(found).join(" ")).toBe(expected);
  });

  test("sees what the cursor sees", async () => {
    const { db, cursor } = await seeking("(, )");
    await db.run("bb=new -c freeze flush compact");
    cursor.seek("bb");
    expect(drainCursor(cursor)).toBe("c=3 d=4");
  });

  test("that finds nothing leaves it open, and moving it closes it", async () => {
    const { db, cursor, found } = await seeking("(, )");
    expect([found("x"), db.stats.pinnedStates]).toEqual(["nothing", 1]);
    expect(found("d")).toBe("d=4");
    expect(found("x")).toBe("nothing");
    cursor.next();
    expect([found("d"), db.stats.pinnedStates]).toEqual(["nothing", 0]);
  });

  test("leaves the limit of moves alone", async () => {
    const { cursor, found } = await seeking("(, )", { limit: 2 });
    expect([found("c"), found("a"), found("b")]).toEqual(["c=3", "a=1", "b=2"]);
    expect(drainCursor(cursor)).toBe("b=2 c=3");
  });

  test("is refused once the database is closed", async () => {
    const { db, cursor } = await seeking("(, )");
    await db.close();
    expect(() => cursor.seek("a")).toThrow(expect.objectContaining({ code: "DATABASE_CLOSED" }));
    cursor.close();
    expect(() => cursor.seek("a")).not.toThrow();
  });

  test("takes bytes or text, and nothing else", async () => {
    const { cursor } = await seeking("(, )");
    cursor.seek(Buffer.from("c"));
    expect(entryOf(cursor)).toBe("c=3");
    expect(() => cursor.seek(1 as never)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
    expect(entryOf(cursor)).toBe("c=3");
  });
});

describe("the files of replaced tables", () => {
  test("stay until the last cursor on them is closed, and go then", async () => {
    const db = EngineDatabase.open(QUIET);
    await db.run("a=1 flush b=2 flush");
    const [first, second] = [db.cursor(), db.cursor()];
    await db.run("compact");
    expect(db.shape).toBe("L1: 3");
    expect(db.files).toEqual(["00000.sst", "00001.sst", "00003.sst", "MANIFEST"]);
    first.close();
    expect(db.files).toContain("00000.sst");
    second.close();
    expect(db.files).toEqual(["00003.sst", "MANIFEST"]);
  });

  test("go when a cursor comes to its end", async () => {
    const db = EngineDatabase.open(QUIET);
    await db.run("a=1 flush b=2 flush");
    const cursor = db.cursor();
    await db.run("compact");
    expect(drainCursor(cursor)).toBe("a=1 b=2");
    expect(db.files).toEqual(db.expectedFiles);
  });

  test("stay for those cursors only that read them", async () => {
    const db = EngineDatabase.open(QUIET);
    await db.run("a=1 flush");
    const early = db.cursor();
    await db.run("b=2 flush compact");
    const late = db.cursor();
    await db.run("c=3 flush compact");
    expect(db.files).toEqual(["00000.sst", "00003.sst", "00005.sst", "MANIFEST"]);
    early.close();
    expect(db.files).toEqual(["00003.sst", "00005.sst", "MANIFEST"]);
    late.close();
    expect(db.files).toEqual(["00005.sst", "MANIFEST"]);
  });

  test("are reopened by name while few descriptors are allowed", async () => {
    const db = EngineDatabase.open({ ...QUIET, maxOpenFiles: 4, cacheSizeBytes: 0 });
    const keys = Array.from({ length: 12 }, (_, index) => String.fromCharCode(97 + index));
    for (const key of keys) await db.run(`${key}=old z${key}=old flush`);
    const cursor = db.cursor();
    await db.run("compact");
    expect(drainCursor(cursor)).toBe([...keys, ...keys.map((key) => `z${key}`)].map((key) => `${key}=old`).join(" "));
    expect(db.stats.openFiles).toBeLessThanOrEqual(4);
    expect(db.files).toEqual(db.expectedFiles);
  });
});

describe("a cursor that is closed", () => {
  test("is invalid, and moving or closing it does nothing", async () => {
    const db = EngineDatabase.open(QUIET);
    await db.run(ENTRIES);
    const cursor = db.cursor();
    cursor.close();
    cursor.close();
    cursor.next();
    expect(cursor.valid).toBe(false);
    expect(db.stats.pinnedStates).toBe(0);
  });

  test("closes itself at its end, and at once when its range is empty", async () => {
    const db = EngineDatabase.open(QUIET);
    await db.run(ENTRIES);
    const empty = ["[x, )", "[d, a]", "(a, b)", "[b, b)"].map((range) => db.cursor(range));
    expect(empty.map((cursor) => cursor.valid)).toEqual([false, false, false, false]);
    const cursor = db.cursor("[d, )");
    expect(db.stats.pinnedStates).toBe(1);
    cursor.next();
    expect(cursor.valid).toBe(false);
    cursor.next();
    expect(db.stats.pinnedStates).toBe(0);
  });

  test("closes by `using`", async () => {
    const db = EngineDatabase.open(QUIET);
    await db.run(ENTRIES);
    {
      using cursor = db.cursor();
      expect(entryOf(cursor)).toBe("a=1");
    }
    expect(db.stats.pinnedStates).toBe(0);
  });
});

describe("a cursor that cannot read", () => {
  test.each<[string, Partial<ScanOrder>, (cursor: Cursor) => void]>([
    ["its next entry", {}, (cursor) => drainCursor(cursor)],
    ["its next entry backward", BACKWARD, (cursor) => drainCursor(cursor)],
    ["where it seeks", {}, (cursor) => cursor.seek("k5")],
    ["where it seeks backward", BACKWARD, (cursor) => cursor.seek("k5")],
  ])("%s throws the error, and is closed", async (_, order, move) => {
    const fs = new MemoryFileSystem();
    const db = EngineDatabase.open({ ...QUIET, blockSizeBytes: 16, cacheSizeBytes: 0 }, fs);
    await db.run("k1=1 k2=2 k3=3 k4=4 k5=5 k6=6 k7=7 k8=8 k9=9 flush");
    const cursor = db.cursor("(, )", order);
    fs.beforeCall = (call) => (call.operation === "read" ? "EIO" : undefined);
    expect(() => move(cursor)).toThrow(expect.objectContaining({ code: "IO_ERROR" }));
    fs.beforeCall = undefined;
    expect([cursor.valid, db.stats.pinnedStates]).toEqual([false, 0]);
    cursor.seek("k5");
    cursor.next();
    expect(cursor.valid).toBe(false);
  });
});

describe("a cursor of a database that was closed", () => {
  test("throws DATABASE_CLOSED when it is moved, and can be closed", async () => {
    const db = EngineDatabase.open(QUIET);
    await db.run(`${ENTRIES} flush`);
    const cursor = db.cursor();
    await db.close();
    expect(() => cursor.next()).toThrow(expect.objectContaining({ code: "DATABASE_CLOSED" }));
    expect(() => cursor.next()).toThrow(expect.objectContaining({ code: "DATABASE_CLOSED" }));
    cursor.close();
    cursor.close();
    expect(() => cursor.next()).not.toThrow();
    expect(cursor.valid).toBe(false);
  });

  test("leaves no descriptor open", async () => {
    const fs = new MemoryFileSystem();
    const db = EngineDatabase.open(QUIET, fs);
    await db.run(`${ENTRIES} flush`);
    const cursor = db.cursor();
    await db.run("compact");
    await db.close();
    expect(fs.openFiles).toBe(0);
    cursor.close();
    expect(fs.openFiles).toBe(0);
    expect(db.files).toEqual(db.expectedFiles);
  });
});
