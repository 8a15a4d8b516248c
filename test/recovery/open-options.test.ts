import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { MemoryFileSystem } from "../../src/fs/memory-file-system.ts";
import { nodeFileSystem } from "../../src/fs/node-file-system.ts";
import { EngineDatabase, QUIET } from "../support/engine-database.ts";
import { readFile, writeFile } from "../support/engine-golden.ts";

const coded = (code: string) => expect.objectContaining({ code });

async function closedDatabase(steps = "a=1 b=2 flush -a"): Promise<MemoryFileSystem> {
  const fs = new MemoryFileSystem();
  const db = EngineDatabase.open(QUIET, fs);
  await db.run(steps);
  await db.close();
  return fs;
}

describe("createIfMissing", () => {
  test("makes the directory, its parents and the database", async () => {
    const fs = new MemoryFileSystem();
    const db = EngineDatabase.open({ directory: "/a/b/db" }, fs);
    expect(db.files).toEqual(["MANIFEST"]);
    expect(db.events).toEqual([]);
    expect(db.shape).toBe("L1:");
  });

  test.each(["/db", "/empty"])("when false refuses %s, where there is none, and makes nothing", (directory) => {
    const fs = new MemoryFileSystem();
    fs.makeDirectory("/empty");
    expect(() => EngineDatabase.open({ directory, createIfMissing: false }, fs)).toThrow(coded("DATABASE_MISSING"));
    expect(fs.list("/")).toEqual(["empty"]);
    expect(fs.list("/empty")).toEqual([]);
  });

  test("when false opens what is there", async () => {
    const fs = await closedDatabase();
    expect(EngineDatabase.open({ ...QUIET, createIfMissing: false }, fs).scan()).toBe("b=2");
  });

  test("leaves files that are not a database's alone", () => {
    const fs = new MemoryFileSystem();
    fs.makeDirectory("/db");
    writeFile(fs, "/db/notes.txt", Buffer.from("mine"));
    expect(EngineDatabase.open({}, fs).files).toEqual(["MANIFEST", "notes.txt"]);
  });
});

describe("errorIfExists", () => {
  test("refuses a database and changes nothing", async () => {
    const fs = await closedDatabase();
    const before = Buffer.from(readFile(fs, "/db/MANIFEST"));
    expect(() => EngineDatabase.open({ ...QUIET, errorIfExists: true }, fs)).toThrow(coded("DATABASE_EXISTS"));
    expect(before.equals(readFile(fs, "/db/MANIFEST"))).toBe(true);
    expect(fs.openFiles).toBe(0);
  });

  test("makes one where there is none", () => {
    expect(EngineDatabase.open({ errorIfExists: true }).files).toEqual(["MANIFEST"]);
  });
});

test("a path that is no directory is refused", () => {
  const fs = new MemoryFileSystem();
  writeFile(fs, "/db", Buffer.from("a file"));
  expect(() => EngineDatabase.open({}, fs)).toThrow(coded("NOT_A_DATABASE"));
});

describe("readOnly", () => {
  const directory = mkdtempSync(join(tmpdir(), "mini-lsm-read-only-"));
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  /** Names, bytes and times of modification. */
  const picture = () =>
    [...readdirSync(directory).sort(), "."].map((name) => {
      const path = join(directory, name);
      const { mtimeNs, size } = statSync(path, { bigint: true });
      return `${name} ${size} ${mtimeNs} ${name === "." ? "" : readFileSync(path, "hex")}`;
    });

  test("reads and writes nothing: no byte, no time, no lock", async () => {
    const writer = EngineDatabase.open({ ...QUIET, directory }, nodeFileSystem);
    await writer.run("a=1 b=2 flush -a flush c=3");
    await writer.close();
    // What a clean open would delete.
    writeFileSync(join(directory, "00099.sst"), "orphan");
    writeFileSync(join(directory, "MANIFEST.tmp"), "half");
    const before = picture();

    const db = EngineDatabase.open({ ...QUIET, directory, readOnly: true }, nodeFileSystem);
    expect(db.scan()).toBe("b=2 c=3");
    expect(db.get("b")).toBe("2");
    const refused = coded("READ_ONLY");
    expect(() => db.put("d", "4")).toThrow(refused);
    expect(() => db.delete("b")).toThrow(refused);
    await expect(db.engine.flush()).rejects.toEqual(refused);
    await expect(db.engine.compact()).rejects.toEqual(refused);
    expect(db.get("d")).toBeUndefined();
    await db.close();
    expect(() => db.get("b")).toThrow(coded("DATABASE_CLOSED"));
    expect(picture()).toEqual(before);
  });

  test("makes nothing where there is no database", () => {
    const fs = new MemoryFileSystem();
    expect(() => EngineDatabase.open({ readOnly: true }, fs)).toThrow(coded("DATABASE_MISSING"));
    fs.makeDirectory("/db");
    expect(() => EngineDatabase.open({ readOnly: true }, fs)).toThrow(coded("DATABASE_MISSING"));
    expect(fs.list("/db")).toEqual([]);
  });

  test("reads past a torn tail of the manifest and leaves it there", async () => {
    const fs = await closedDatabase();
    const bytes = readFile(fs, "/db/MANIFEST");
    const torn = bytes.subarray(0, bytes.length - 3);
    writeFile(fs, "/db/MANIFEST", torn);
    const db = EngineDatabase.open({ ...QUIET, readOnly: true }, fs);
    expect(db.eventsOf("warning")).toHaveLength(1);
    expect(db.scan()).toBe("a=1 b=2");
    await db.close();
    expect(Buffer.from(readFile(fs, "/db/MANIFEST")).equals(torn)).toBe(true);
  });
});
