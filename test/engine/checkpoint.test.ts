import { mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { MiniLsm } from "../../src/engine/mini-lsm.ts";
import type { CrashChoice } from "../../src/fs/crash-states.ts";
import { CrashSignal } from "../../src/fs/memory-calls.ts";
import { MemoryFileSystem } from "../../src/fs/memory-file-system.ts";
import { DATABASE_FORMATS, type DatabaseFormat } from "../../src/options.ts";
import { EngineDatabase, type OpenOptions, QUIET } from "../support/engine-database.ts";
import { REFERENCE_STRATEGIES } from "../support/engine-golden.ts";
import { randomOf } from "../support/random.ts";

const coded = (code: string) => expect.objectContaining({ code });
const UNLOCKED = async () => ({ release: async () => {} });

/** A database with tables on two levels, frozen memtables and a mutable one. */
async function filled(format: DatabaseFormat, options: OpenOptions = {}): Promise<[EngineDatabase, MemoryFileSystem]> {
  const fs = new MemoryFileSystem();
  const db = EngineDatabase.open({ ...QUIET, format, durability: "process", ...options }, fs);
  await db.run("a=1 b=1 flush c=1 flush compact b=2 -c flush d=1 freeze e=1");
  return [db, fs];
}
const CONTENT = "a=1 b=2 d=1 e=1";

async function flushAll(db: EngineDatabase): Promise<void> {
  while (!db.engine.core.states.current.memtable.isEmpty || db.frozenMemtables > 0) await db.engine.flush();
}

function opened(fs: MemoryFileSystem, options: OpenOptions = {}): EngineDatabase {
  return EngineDatabase.open({ ...QUIET, createIfMissing: false, directory: "/copy", ...options }, fs);
}

describe.each(DATABASE_FORMATS)("a checkpoint of a %s database", (format) => {
  test("is a database of its own that holds what was written before", async () => {
    const [db, fs] = await filled(format);
    await db.engine.checkpoint("/copy", UNLOCKED);
    expect(db.scan()).toBe(CONTENT);
    const copy = opened(fs);
    expect(copy.engine.core.format).toBe(format);
    expect(copy.scan()).toBe(CONTENT);
    expect(copy.eventsOf("warning")).toEqual([]);
    await db.run("a=9 flush compact");
    await copy.run("b=7 flush compact");
    expect([db.scan(), copy.scan()]).toEqual(["a=9 b=2 d=1 e=1", "a=1 b=7 d=1 e=1"]);
    await copy.close();
    await db.close();
    expect(EngineDatabase.open({ ...QUIET }, fs).scan()).toBe("a=9 b=2 d=1 e=1");
    expect(opened(fs).scan()).toBe("a=1 b=7 d=1 e=1");
  });

  test("shares the tables where the file system can, and copies them where it cannot", async () => {
    for (const canLink of [true, false]) {
      const [db, fs] = await filled(format);
      if (!canLink) fs.beforeCall = ({ operation }) => (operation === "link" ? "EACCES" : undefined);
      await db.engine.checkpoint("/copy", UNLOCKED);
      const tables = fs.list("/copy").filter((name) => name.endsWith(".sst"));
      expect(tables.length).toBeGreaterThan(2);
      for (const name of tables) {
        expect(fs.stat(`/copy/${name}`)?.inode === fs.stat(`/db/${name}`)?.inode).toBe(canLink);
      }
      expect(opened(fs.crash("none")).scan()).toBe(CONTENT);
    }
  });

  test.each(Object.entries(REFERENCE_STRATEGIES))("keeps the tree that the %s strategy made", async (_, compaction) => {
    const [db, fs] = await filled(format, { compaction });
    await flushAll(db);
    await db.settled();
    await db.engine.checkpoint("/copy", UNLOCKED);
    const copy = opened(fs, { compaction });
    expect([copy.shape, copy.faults]).toEqual([db.shape, []]);
    expect(copy.scan()).toBe(CONTENT);
  });

  test("of a database without a write is one without entries", async () => {
    const fs = new MemoryFileSystem();
    const db = EngineDatabase.open({ ...QUIET, format }, fs);
    await db.engine.checkpoint("/copy", UNLOCKED);
    expect(opened(fs, { format }).scan()).toBe("");
  });

  test("lets writes, flushes and compactions go on meanwhile", async () => {
    const [db, fs] = await filled(format);
    const made = db.engine.checkpoint("/copy", UNLOCKED);
    await db.run("f=1 -a b=3 flush compact f=2");
    await made;
    expect(db.scan()).toBe("b=3 d=1 e=1 f=2");
    // All writes up to some moment after it was asked for, and none that came later.
    const moments = [CONTENT, `${CONTENT} f=1`, "b=2 d=1 e=1 f=1", "b=3 d=1 e=1 f=1", "b=3 d=1 e=1 f=2"];
    expect(moments).toContain(opened(fs).scan());
    expect(db.stats.pinnedStates).toBe(0);
    await flushAll(db);
    const tables = (names: readonly string[]) => names.filter((name) => name.endsWith(".sst"));
    expect(tables(db.files)).toEqual(tables(db.expectedFiles));
  });

  test("holds asynchronous writes that came before it", async () => {
    const [db, fs] = await filled(format);
    const written = db.writeGrouped([{ key: "z", value: "1" }], false);
    await db.engine.checkpoint("/copy", UNLOCKED);
    await written;
    expect(opened(fs).get("z")).toBe("1");
  });

  test("interrupted anywhere leaves either the whole database or none, and the original as it was", async () => {
    const [db, fs] = await filled(format);
    await db.close();
    const begun = fs.killed();
    const choices: CrashChoice[] = ["none", "all", randomOf(1), randomOf(2)];
    let isEnded = false;
    let complete = 0;
    for (let stop = 1; !isEnded; stop++) {
      const disk = begun.killed();
      const running = EngineDatabase.open({ ...QUIET }, disk);
      const first = disk.effectCount;
      disk.beforeCall = ({ number }) => {
        if (number === first + stop) throw new CrashSignal();
        return undefined;
      };
      isEnded = await running.engine.checkpoint("/copy", UNLOCKED).then(
        () => true,
        (error: unknown) => {
          if (error instanceof CrashSignal) return false;
          throw error;
        },
      );
      disk.beforeCall = undefined;
      running.engine.core.states.close();
      for (const choice of choices) {
        const left = disk.crash(choice);
        expect(`${stop}: ${EngineDatabase.open({ ...QUIET }, left.killed()).scan()}`).toBe(`${stop}: ${CONTENT}`);
        const names = left.stat("/copy") === undefined ? [] : left.list("/copy");
        if (names.includes("MANIFEST")) {
          expect(`${stop}: ${opened(left).scan()}`).toBe(`${stop}: ${CONTENT}`);
          complete++;
        } else {
          expect(() => opened(left)).toThrow();
        }
      }
      if (stop > 500) throw new Error("the checkpoint does not end");
    }
    expect(complete).toBeGreaterThanOrEqual(choices.length);
  });

  test.each([
    ["a link", true],
    ["a copy", false],
  ])("by %s that fails at any call takes away what it made, and the next one succeeds", async (_, canLink) => {
    let isEnded = false;
    for (let stop = 1; !isEnded; stop++) {
      const [db, fs] = await filled(format);
      let calls = 0;
      fs.beforeCall = ({ operation, path }) => {
        if (path.startsWith("/copy") && ++calls === stop) return "EIO";
        return operation === "link" && !canLink ? "EACCES" : undefined;
      };
      const failure = await db.engine.checkpoint("/copy", UNLOCKED).then(
        () => undefined,
        (error: unknown) => error,
      );
      fs.beforeCall = undefined;
      isEnded = failure === undefined && calls < stop;
      if (failure !== undefined) {
        expect(failure).toMatchObject({ code: "IO_ERROR" });
        expect(`${stop}: ${fs.stat("/copy") === undefined ? "" : fs.list("/copy")}`).toBe(`${stop}: `);
        await db.engine.checkpoint("/copy", UNLOCKED);
      }
      expect(opened(fs).scan()).toBe(CONTENT);
      expect(db.stats.pinnedStates).toBe(0);
      if (stop > 200) throw new Error("the checkpoint does not end");
    }
  });

  test("ends when it is aborted or the database is closed, and leaves nothing", async () => {
    const [db, fs] = await filled(format);
    const reason = new Error("enough");
    await expect(db.engine.checkpoint("/copy", UNLOCKED, AbortSignal.abort(reason))).rejects.toBe(reason);
    const controller = new AbortController();
    const aborted = db.engine.checkpoint("/copy", UNLOCKED, controller.signal);
    controller.abort(reason);
    await expect(aborted).rejects.toBe(reason);
    const closed = db.engine.checkpoint("/copy", UNLOCKED);
    const closing = db.close();
    await expect(closed).rejects.toThrow(coded("DATABASE_CLOSED"));
    await closing;
    expect(fs.list("/")).toEqual(["db"]);
    expect(fs.openFiles).toBe(0);
  });
});

describe("the place of a checkpoint", () => {
  let root: string;
  let db: MiniLsm;
  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), "mini-lsm-"));
    db = await MiniLsm.open(join(root, "db"));
    db.put("a", "1");
  });
  afterEach(async () => {
    await db.close();
    rmSync(root, { recursive: true, force: true });
  });

  test("is a new directory, with parents, or an empty one", async () => {
    const places = [join(root, "new"), join(root, "x", "y", "z"), mkdtempSync(join(root, "empty-"))];
    for (const place of places) {
      await db.checkpoint(place);
      expect(readdirSync(place).includes("LOCK")).toBe(false);
      await using copy = await MiniLsm.open(place, { createIfMissing: false });
      expect([...copy.scan({ as: "utf8" })]).toEqual([["a", "1"]]);
    }
    expect(statSync(join(root, "new", "00000.sst")).nlink).toBe(4);
  });

  test("is no file, no link and nothing that holds something", async () => {
    writeFileSync(join(root, "file"), "");
    symlinkSync("db", join(root, "link"));
    await db.checkpoint(join(root, "copy"));
    await expect(db.checkpoint(join(root, "file"))).rejects.toThrow(coded("NOT_A_DATABASE"));
    await expect(db.checkpoint(join(root, "link"))).rejects.toThrow(coded("NOT_A_DATABASE"));
    await expect(db.checkpoint(join(root, "copy"))).rejects.toThrow(coded("DATABASE_EXISTS"));
    await expect(db.checkpoint(root)).rejects.toThrow(coded("DATABASE_EXISTS"));
    await expect(db.checkpoint(join(root, "db"))).rejects.toThrow(coded("DATABASE_EXISTS"));
    await expect(db.checkpoint("")).rejects.toThrow(coded("INVALID_ARGUMENT"));
    expect(readdirSync(root).sort()).toEqual(["copy", "db", "file", "link"]);
  });

  test("is not inside the database, whatever its path says", async () => {
    symlinkSync("db", join(root, "link"));
    for (const place of ["db/copy", "link/copy", "db/../db/x/copy", "new/../link/copy"]) {
      await expect(db.checkpoint(join(root, place))).rejects.toThrow(coded("INVALID_ARGUMENT"));
    }
    expect(readdirSync(join(root, "db")).filter((name) => !/^(\d+\.(wal|sst)|MANIFEST|LOCK)$/.test(name))).toEqual([]);
  });

  test("is locked while it is made", async () => {
    const place = join(root, "copy");
    const made = db.checkpoint(place);
    await expect(db.checkpoint(place)).rejects.toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^(LOCKED|DATABASE_EXISTS)$/) }),
    );
    await made;
  });

  test("is not made for a database that was opened read-only, or closed", async () => {
    const readOnly = await MiniLsm.open(join(root, "db"), { readOnly: true });
    await expect(readOnly.checkpoint(join(root, "copy"))).rejects.toThrow(coded("READ_ONLY"));
    await readOnly.close();
    await expect(readOnly.checkpoint(join(root, "copy"))).rejects.toThrow(coded("DATABASE_CLOSED"));
    expect(readdirSync(root)).toEqual(["db"]);
  });
});
