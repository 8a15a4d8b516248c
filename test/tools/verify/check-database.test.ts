import { describe, expect, test } from "vitest";
import { MANIFEST_NAME, tableFileName } from "../../../src/fs/file-names.ts";
import { MemoryFileSystem } from "../../../src/fs/memory-file-system.ts";
import { DATABASE_FORMATS } from "../../../src/options.ts";
import { checkDatabase } from "../../../src/tools/verify/check-database.ts";
import { FAULTS_LISTED_MAX, type Verification } from "../../../src/tools/verify/findings.ts";
import { EngineDatabase } from "../../support/engine-database.ts";
import { GoldenDatabase, goldenNames, hasGolden, writeFile } from "../../support/engine-golden.ts";
import { FaultyDatabase } from "../../support/faulty-database.ts";

function verificationOf(fs: MemoryFileSystem): Verification {
  const steps = checkDatabase(fs, "/db");
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

describe.skipIf(!hasGolden)("a database of the reference", () => {
  test.each(goldenNames(""))("%s is sound, unless it was damaged on purpose", (name) => {
    const golden = new GoldenDatabase(name);
    const { faults, format, tables, entries, logs } = verificationOf(golden.copy());
    const problems = faults.map(({ file, problem }) => `${file}: ${problem}`);
    const damage = [expect.stringMatching(/^00003.wal: WAL checksum mismatch/)];
    expect(problems).toEqual(name.endsWith("wal-corrupt") ? damage : []);
    expect(format).toBe(name.endsWith("none-empty") ? undefined : name.split("-")[0]);
    expect(tables).toBeLessThanOrEqual(golden.fileNames.filter((file) => file.endsWith(".sst")).length);
    // Each key is in some table or log, at least once.
    if (logs === 0) expect(entries).toBeGreaterThanOrEqual(golden.entries.length);
  });
});

describe("in a table", () => {
  test.each(DATABASE_FORMATS)("of %s any flipped bit is found", async (format) => {
    const database = await FaultyDatabase.make(format);
    const name = tableFileName(database.deep);
    const { length } = database.bytes(name);
    const missed: string[] = [];
    for (let at = 0; at < length; at++) {
      const bit = (at * 5) % 8;
      database.flip(name, at, 1 << bit);
      if (!database.faults.some((fault) => fault.startsWith(name))) missed.push(`byte ${at}, bit ${bit}`);
      database.flip(name, at, 1 << bit);
    }
    expect(length).toBeGreaterThan(1000);
    expect(missed).toEqual([]);
  });

  test.each(DATABASE_FORMATS)(
    "of %s damaged blocks are named one by one, and the others still counted",
    async (format) => {
      const database = await FaultyDatabase.make(format);
      const { blocks, entries } = database.verification;
      const damaged = [0, 2, 3];
      database.forge(database.deep, ({ bytes, blocks }) => {
        for (const number of damaged) bytes[(blocks[number]?.start ?? 0) + 8]! ^= 1;
      });
      const after = database.verification;
      expect(after.faults.map(({ problem }) => problem)).toEqual(
        damaged.map((number) => `the checksum of block ${number} does not match`),
      );
      expect(after.blocks).toBe(blocks - damaged.length);
      expect(after.entries).toBeLessThan(entries);
    },
  );

  test.each(DATABASE_FORMATS)(
    "of %s without an index its blocks are found, and what is wrong among them",
    async (format) => {
      const database = await FaultyDatabase.make(format);
      const { blocks, entries } = database.verification;
      database.forge(database.deep, ({ bytes, index }) => {
        bytes[index.start + 9]! ^= 1;
      });
      expect(database.verification).toMatchObject({ faultCount: 1, blocks, entries });
      database.change(tableFileName(database.deep), (bytes) => {
        bytes[(format === "native" ? 40 : 0) + 8]! ^= 1;
      });
      const { faults, blocks: left } = database.verification;
      expect(faults.map(({ problem }) => problem)).toContainEqual(
        expect.stringMatching(/^\d+ bytes hold no whole block$/),
      );
      expect(left).toBe(blocks - 1);
    },
  );

  test("many damaged blocks are counted, and not all listed", async () => {
    const database = await FaultyDatabase.make("plain");
    const count = FAULTS_LISTED_MAX + 7;
    database.rewrite(database.newest, () =>
      Array.from({ length: 20 * count }, (_, index) => ({
        key: Buffer.from(`key${String(index).padStart(6, "0")}`),
        timestamp: 0,
        value: Buffer.from("0123456789"),
      })),
    );
    let damaged = 0;
    database.forge(database.newest, ({ bytes, blocks }) => {
      for (const { start } of blocks.slice(0, count)) {
        bytes[start + 8]! ^= 1;
        damaged++;
      }
    });
    const { faults, faultCount } = database.verification;
    expect([damaged, faults.length, faultCount]).toEqual([count, FAULTS_LISTED_MAX, count]);
  });
});

describe("what a crash leaves", () => {
  test.each(DATABASE_FORMATS)("in %s is noted, and no fault: files that nobody names, torn ends", async (format) => {
    const database = await FaultyDatabase.make(format);
    database.write(tableFileName(90), database.bytes(tableFileName(database.deep)));
    database.write("00091.wal", Buffer.alloc(0));
    database.write("MANIFEST.tmp", Buffer.from("half"));
    database.change(MANIFEST_NAME, (bytes) => Buffer.concat([bytes, Buffer.from([0, 0, 0, 0, 0])]));
    if (format !== "native") database.change(database.log, (bytes) => bytes.subarray(0, bytes.length - 3));
    const { faults, notes } = database.verification;
    expect(faults).toEqual([]);
    const noted = notes.map(({ file, text }) => `${file}: ${text}`);
    const expected = [
      "MANIFEST: its last bytes were left",
      "00090.sst: left over",
      "00091.wal: left over",
      "MANIFEST.tmp: left over",
    ];
    if (format !== "native") expected.push(`${database.log}: `);
    for (const start of expected) expect(noted).toContainEqual(expect.stringMatching(`^${start}`));
    expect(noted).toHaveLength(expected.length);
  });

  test("while a database was made is noted, and no fault", () => {
    const fs = new MemoryFileSystem();
    fs.makeDirectory("/db");
    writeFile(fs, "/db/MANIFEST", Buffer.alloc(0));
    writeFile(fs, "/db/00000.wal", Buffer.alloc(0));
    const { faults, notes } = verificationOf(fs);
    expect(faults).toEqual([]);
    expect(notes.map(({ file }) => file)).toEqual(["MANIFEST", "00000.wal"]);
  });

  test("a table that may be all that is left of a memtable without a log is named as such", async () => {
    const fs = new MemoryFileSystem();
    const db = EngineDatabase.open({ format: "native", durability: "none" }, fs);
    await db.run("a=1 flush b=2");
    const id = db.engine.core.states.current.memtable.id;
    const killed = fs.killed();
    writeFile(killed, `/db/${tableFileName(id)}`, Buffer.from("half a table"));
    await db.close();
    const { faults, notes } = verificationOf(killed);
    expect(faults).toEqual([]);
    expect(notes.map(({ text }) => text)).toEqual([
      "not in the manifest, and perhaps all that is left of a memtable without a log",
    ]);
  });
});

test.each(DATABASE_FORMATS)("a database of %s without a manifest has all of its files checked", async (format) => {
  const database = await FaultyDatabase.make(format);
  const sound = database.verification;
  database.remove(MANIFEST_NAME);
  database.flip(database.log, format === "native" ? 20 : 10);
  database.flip(tableFileName(database.newest), 50);
  const { faults, tables, logs, format: found } = database.verification;
  expect(faults.map(({ file }) => file)).toEqual([MANIFEST_NAME, tableFileName(database.newest), database.log]);
  expect({ tables, logs, found }).toEqual({ tables: sound.tables, logs: 1, found: format });
});

test("an open stays read-only: nothing in the directory changes", async () => {
  const database = await FaultyDatabase.make("native");
  const before = database.names.map((name) => [name, database.bytes(name).toString("hex")]);
  const changes: string[] = [];
  database.fs.beforeCall = ({ operation, path }) => {
    if (!["open", "read", "list", "stat", "close"].includes(operation)) changes.push(`${operation} ${path}`);
    return undefined;
  };
  expect(database.faults).toEqual([]);
  database.fs.beforeCall = undefined;
  expect(changes).toEqual([]);
  expect(database.names.map((name) => [name, database.bytes(name).toString("hex")])).toEqual(before);
});
