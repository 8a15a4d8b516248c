import { describe, expect, test } from "vitest";
import type { MemoryFileSystem } from "../../src/fs/memory-file-system.ts";
import type { DatabaseFormat } from "../../src/options.ts";
import { EngineDatabase, QUIET } from "../support/engine-database.ts";
import { GoldenDatabase, goldenNames, hasGolden, readFile, writeFile } from "../support/engine-golden.ts";

const coded = (code: string) => expect.objectContaining({ code });
const other = (format: DatabaseFormat): DatabaseFormat => (format === "plain" ? "mvcc" : "plain");

/** A closed database: in a table, in a log, or without an entry. */
async function closed(format: DatabaseFormat, content: "table" | "log" | "nothing"): Promise<MemoryFileSystem> {
  const durability = content === "log" ? "process" : "none";
  const db = EngineDatabase.open({ ...QUIET, format, durability });
  if (content !== "nothing") await db.run("a=1 b=2 -a");
  await db.close();
  return db.fs as MemoryFileSystem;
}

function formatOf(fs: MemoryFileSystem, given?: DatabaseFormat): DatabaseFormat {
  return EngineDatabase.open({ ...QUIET, format: given }, fs).engine.core.format;
}

const FORMATS: readonly DatabaseFormat[] = ["plain", "mvcc"];

describe.each(FORMATS)("a database of format %s", (format) => {
  test.each(["table", "log"] as const)("is opened as what it is, whose entries lie in a %s", async (content) => {
    for (const given of [undefined, format]) {
      const db = EngineDatabase.open({ ...QUIET, format: given }, await closed(format, content));
      expect(db.engine.core.format).toBe(format);
      expect(db.scan()).toBe("b=2");
      await db.run("c=3 flush");
      await db.close();
      expect(EngineDatabase.open(QUIET, db.fs).scan()).toBe("b=2 c=3");
    }
  });

  test.each(["table", "log"] as const)("with a %s is not opened as another, and says both formats", async (content) => {
    const fs = await closed(format, content);
    const before = fs.list("/db").map((name) => [name, Buffer.from(readFile(fs, `/db/${name}`)).toString("hex")]);
    const open = () => EngineDatabase.open({ ...QUIET, format: other(format) }, fs);
    expect(open).toThrow(coded("FORMAT_MISMATCH"));
    expect(open).toThrow(`holds a database of format ${format}, and ${other(format)} was asked for`);
    expect(open).toThrow(`leave the format out, or give ${format}`);
    expect(fs.list("/db").map((name) => [name, Buffer.from(readFile(fs, `/db/${name}`)).toString("hex")])).toEqual(
      before,
    );
    expect(fs.openFiles).toBe(0);
  });

  test("is told by a table before a log", async () => {
    const db = EngineDatabase.open({ ...QUIET, format, durability: "process" });
    await db.run("a=1 flush b=2");
    await db.close();
    const log = db.fs
      .list("/db")
      .find((name) => name.endsWith(".wal") && (db.fs.stat(`/db/${name}`)?.sizeBytes ?? 0) > 0);
    expect(log).toBeDefined();
    const foreign = EngineDatabase.open({ ...QUIET, format: other(format), durability: "process" });
    foreign.put("b", "3");
    writeFile(db.fs, `/db/${log}`, readFile(foreign.fs, "/db/00000.wal"));
    expect(() => EngineDatabase.open(QUIET, db.fs)).toThrow(
      `a log of format ${other(format)}, and ${format} was expected`,
    );
  });

  test("without an entry is what is asked for", async () => {
    const fs = await closed(format, "nothing");
    expect(formatOf(fs)).toBe("plain");
    for (const given of FORMATS) expect(formatOf(fs, given)).toBe(given);
  });

  test("goes on from a log whose only record is torn, as no entry came back", async () => {
    const fs = await closed(format, "log");
    const [name] = fs.list("/db").filter((each) => each.endsWith(".wal"));
    const bytes = readFile(fs, `/db/${name}`);
    for (const length of [1, 3, 8]) {
      writeFile(fs, `/db/${name}`, bytes.subarray(0, length));
      const db = EngineDatabase.open({ ...QUIET, durability: "process" }, fs);
      expect(db.eventsOf("warning")).toHaveLength(1);
      expect(db.scan()).toBe("");
      await db.close();
    }
  });
});

test("a new database is plain unless another format is asked for", () => {
  expect(EngineDatabase.open().engine.core.format).toBe("plain");
  for (const format of FORMATS) expect(EngineDatabase.open({ format }).engine.core.format).toBe(format);
});

test("an unknown format is an invalid option", () => {
  expect(() => EngineDatabase.open({ format: "unknown" as never })).toThrow(coded("INVALID_OPTION"));
});

describe.skipIf(!hasGolden)("a database of the reference", () => {
  test.each(goldenNames(""))("%s is opened as what it is", (name) => {
    const golden = new GoldenDatabase(name);
    const format = name.startsWith("mvcc") ? "mvcc" : "plain";
    const found = (given?: DatabaseFormat) =>
      EngineDatabase.open({ ...golden.options, recovery: "tail", format: given, readOnly: true }, golden.copy()).engine
        .core.format;
    const saysNothing = golden.fileNames.join() === "MANIFEST";
    expect(found()).toBe(saysNothing ? "plain" : format);
    expect(found(format)).toBe(format);
    if (!saysNothing) expect(() => found(other(format))).toThrow(coded("FORMAT_MISMATCH"));
  });
});
