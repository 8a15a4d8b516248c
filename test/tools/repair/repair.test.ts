import { mkdirSync, readdirSync, utimesSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { MiniLsm } from "../../../src/engine/mini-lsm.ts";
import { logFileName, MANIFEST_NAME, tableFileName } from "../../../src/fs/file-names.ts";
import { nodeFileSystem } from "../../../src/fs/node-file-system.ts";
import { DATABASE_FORMATS, type DatabaseFormat } from "../../../src/options.ts";
import { FileBytes } from "../../../src/tools/anatomy/file-bytes.ts";
import { logSpans } from "../../../src/tools/inspect/log-spans.ts";
import type { Span } from "../../../src/tools/inspect/span.ts";
import { tableSpans } from "../../../src/tools/inspect/table-spans.ts";
import { type Repair, repairDatabase } from "../../../src/tools/repair/repair.ts";
import { checkDatabase } from "../../../src/tools/verify/check-database.ts";
import { quietWatch, Workspace } from "../../support/conversions.ts";
import { GoldenDatabase, goldenNames, hasGolden } from "../../support/engine-golden.ts";
import { FaultyDatabase } from "../../support/faulty-database.ts";

let space: Workspace;
beforeEach(() => {
  space = new Workspace();
});
afterEach(() => space[Symbol.dispose]());

/** Puts the files of a database in memory into a directory. */
function store(database: FaultyDatabase, name = "a"): void {
  mkdirSync(space.at(name), { recursive: true });
  for (const file of database.names) writeFileSync(space.at(`${name}/${file}`), database.bytes(file));
}

const repair = (from = "a", to = "b", order: "time" | "id" = "time"): Promise<Repair> =>
  repairDatabase({ from: space.at(from), to: space.at(to), order }, quietWatch());

/** What a scan of a database shows. */
async function scan(name: string): Promise<string[]> {
  return (await space.read(name)).map(([key, value]) => `${key}=${value}`);
}

function shownEntry({ what, facts }: Span): string {
  const text = (value: unknown): string => Buffer.from(value as Uint8Array).toString("latin1");
  const version = facts.timestamp === undefined ? "" : `@${facts.timestamp}`;
  return what === "put" ? `${text(facts.key)}${version}=${text(facts.value)}` : `-${text(facts.key)}${version}`;
}

/** All versions of all entries in the tables of a directory, sorted. */
function versionsIn(name: string): string[] {
  const tables = readdirSync(space.at(name)).filter((file) => file.endsWith(".sst"));
  return tables
    .flatMap((file) => {
      using bytes = FileBytes.open(nodeFileSystem, space.at(`${name}/${file}`));
      const spans = [...tableSpans(bytes, undefined, "entries", (...fault) => expect(fault).toBeUndefined())];
      return spans.filter(({ what }) => what === "put" || what === "delete").map(shownEntry);
    })
    .sort();
}

/** All versions of all entries of whole blocks and records of live files, the newest of each key alone in `plain`; sorted. */
function versionsOf(database: FaultyDatabase): string[] {
  const { level0, levels } = database.tree;
  const tables = [...level0, ...levels.flatMap((level) => level.tables)]
    .map(tableFileName)
    .filter((name) => database.names.includes(name));
  const lists = [database.log, ...tables].map((name) => {
    using bytes = FileBytes.open(database.fs, `/db/${name}`);
    const spans = name.endsWith(".wal")
      ? logSpans(bytes, database.format, "entries", () => {})
      : tableSpans(bytes, database.format, "entries", () => {});
    const entries = [...spans].flatMap((span, index, all) => {
      if (span.what !== "put" && span.what !== "delete") return [];
      // In a native log the version stands in the record.
      const record = all.slice(0, index).findLast(({ what }) => what === "record")?.facts.timestamp;
      return [shownEntry(record === undefined ? span : { ...span, facts: { ...span.facts, timestamp: record } })];
    });
    return name.endsWith(".wal") ? entries.reverse() : entries;
  });
  if (database.format !== "plain") return [...new Set(lists.flat())].sort();
  const newest = new Map<string, string>();
  for (const entry of lists.flat()) {
    const key = entry.replace(/^-/, "").replace(/=.*/, "");
    if (!newest.has(key)) newest.set(key, entry);
  }
  return [...newest.values()].sort();
}

/** What is wrong with the database in a directory. */
function faultsIn(name: string): string[] {
  const steps = checkDatabase(nodeFileSystem, space.at(name));
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value.faults.map(({ file, problem }) => `${file}: ${problem}`);
  }
}

/** Numbers from 0 to 1 that a seed decides. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1103515245 + 12345) % 2 ** 31;
    return state / 2 ** 31;
  };
}

/** Damage after which every entry of every block is there. */
const HARMLESS: readonly [name: string, formats: readonly DatabaseFormat[], plant: (db: FaultyDatabase) => void][] = [
  ["nothing at all", DATABASE_FORMATS, () => {}],
  [
    "the index of a table",
    DATABASE_FORMATS,
    (db) =>
      db.forge(db.deep, ({ bytes, index }) => {
        bytes[index.start + 9]! ^= 1;
      }),
  ],
  [
    "the index of every table",
    DATABASE_FORMATS,
    (db) => {
      for (const id of [db.newest, db.second, db.deep])
        db.forge(id, ({ bytes, index }) => void bytes.fill(0, index.start, index.end));
    },
  ],
  [
    "the filter of a table",
    DATABASE_FORMATS,
    (db) => db.forge(db.second, ({ bytes, filter }) => void bytes.fill(255, filter.start, filter.end)),
  ],
  [
    "the end of a table",
    ["plain", "mvcc"],
    (db) => db.change(tableFileName(db.deep), (bytes) => bytes.subarray(0, bytes.length - 4)),
  ],
  [
    "all of a table behind its blocks",
    ["plain", "mvcc"],
    (db) => {
      db.forge(db.deep, ({ bytes, index }) => void bytes.fill(0, index.start));
      db.forge(db.second, ({ bytes, index }) => void bytes.fill(7, index.start));
    },
  ],
  [
    "the footer of a table",
    ["native"],
    (db) => db.forge(db.second, ({ bytes, footer }) => void bytes.fill(0, footer.start)),
  ],
  ["the header of a table", ["native"], (db) => db.flip(tableFileName(db.deep), 20)],
  [
    "a header that says another id",
    ["native"],
    (db) =>
      db.forge(db.deep, (table) => {
        table.bytes[35]! ^= 8;
        table.sealHeader();
      }),
  ],
  ["the header of the log", ["native"], (db) => db.flip(db.log, 20)],
  ["a frame of the manifest", DATABASE_FORMATS, (db) => db.flip(MANIFEST_NAME, db.bytes(MANIFEST_NAME).length - 30)],
  [
    "the first frame of the manifest",
    DATABASE_FORMATS,
    (db) => db.flip(MANIFEST_NAME, db.format === "native" ? 60 : 12),
  ],
  ["a manifest that is missing", ["mvcc", "native"], (db) => db.remove(MANIFEST_NAME)],
  ["an empty manifest", ["mvcc", "native"], (db) => db.write(MANIFEST_NAME, Buffer.alloc(0))],
];

describe.each(DATABASE_FORMATS)("repair of %s brings back everything", (format) => {
  test.each(
    HARMLESS.filter(([, formats]) => formats.includes(format)).map(([name, , plant]) => [name, plant] as const),
  )("behind %s", async (_, plant) => {
    const database = await FaultyDatabase.make(format);
    store(database, "sound");
    const expected = await scan("sound");
    const versions = versionsOf(database);
    plant(database);
    store(database);
    const { report, format: found } = await repair();
    expect(report.losses).toEqual([]);
    expect(found).toBe(format);
    expect(await scan("b")).toEqual(expected);
    expect(versionsIn("b")).toEqual(versions);
    expect(faultsIn("b")).toEqual([]);
  });
});

describe.each(DATABASE_FORMATS)("repair of %s", (format) => {
  test("brings back every entry of every whole block, however many are damaged, and names the others", async () => {
    for (let seed = 1; seed <= 25; seed++) {
      const next = randomFrom(seed);
      const database = await FaultyDatabase.make(format);
      let damaged = 0;
      for (const id of [database.newest, database.second, database.deep, database.deepest]) {
        const hasIndex = next() < 0.5;
        database.forge(id, ({ bytes, blocks, index }) => {
          for (const { start, end } of blocks) {
            if (next() > 0.3) continue;
            bytes[start + Math.floor(next() * (end - start))]! ^= 1 << Math.floor(next() * 8);
            damaged++;
          }
          if (!hasIndex) bytes[index.start + 5]! ^= 1;
        });
      }
      const expected = versionsOf(database);
      store(database, `from${seed}`);
      const { report } = await repair(`from${seed}`, `to${seed}`);
      expect(versionsIn(`to${seed}`), `seed ${seed}`).toEqual(expected);
      expect(faultsIn(`to${seed}`)).toEqual([]);
      expect(report.lossCount > 0).toBe(damaged > 0);
      expect(report.lossCount).toBeLessThanOrEqual(damaged);
    }
  });

  test("tells which keys a lost block began and ended with, where the index knows", async () => {
    const database = await FaultyDatabase.make(format);
    database.forge(database.deep, ({ bytes, blocks }) => {
      bytes[(blocks[0]?.start ?? 0) + 9]! ^= 1;
    });
    store(database);
    const { losses } = (await repair()).report;
    expect(losses).toMatchObject([
      { file: tableFileName(database.deep), what: "block 0 is damaged", offset: format === "native" ? 40 : 0 },
    ]);
    expect(Buffer.from(losses[0]?.keys?.first ?? []).toString()).toBe("key000");
  });

  test("brings back every whole record of a log, also those behind damage", async () => {
    const database = await FaultyDatabase.make(format);
    const { length } = database.bytes(database.log);
    database.flip(database.log, Math.floor(length / 2));
    const expected = versionsOf(database);
    store(database);
    const { report, read } = await repair();
    expect(versionsIn("b")).toEqual(expected);
    expect(read.records).toBe(10);
    expect(report.losses).toMatchObject([{ file: database.log, what: "bytes that hold no whole record" }]);
  });

  test("leaves the old database as it was, and is refused over anything", async () => {
    const database = await FaultyDatabase.make(format);
    database.flip(MANIFEST_NAME, 30);
    store(database);
    const before = space.files("a");
    await repair();
    expect(space.files("a")).toEqual(before);
    await expect(repair()).rejects.toMatchObject({
      code: "DATABASE_EXISTS",
      message: expect.stringContaining("a repair replaces nothing"),
    });
    await expect(repair("a", "a")).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    expect(space.names()).toEqual(["a", "b"]);
  });

  test("does not bring back what a merge replaced, nor what a log had already flushed", async () => {
    const database = await FaultyDatabase.make(format);
    store(database, "sound");
    const expected = await scan("sound");
    // Files that a crash left behind: a table that was merged away, the log of a memtable that became a table.
    const stale = tableFileName(0);
    database.write(stale, database.bytes(tableFileName(database.newest)));
    database.write(logFileName(0), database.bytes(database.log));
    store(database);
    const { report } = await repair();
    expect(await scan("b")).toEqual(expected);
    expect(report.losses).toEqual([]);
  });

  test("says that nothing could be read where that is so, and makes nothing", async () => {
    const database = await FaultyDatabase.make(format);
    for (const name of database.names) database.change(name, (bytes) => bytes.fill(0xa5));
    store(database);
    await expect(repair()).rejects.toMatchObject({ code: "CORRUPTION" });
    expect(space.names()).toEqual(["a"]);
  });

  test("makes a database that the engine goes on with", async () => {
    const database = await FaultyDatabase.make(format);
    database.remove(tableFileName(database.second));
    store(database);
    const { report } = await repair();
    expect(report.losses).toMatchObject([
      { what: "the table is missing, though the manifest names it", sizeBytes: undefined },
    ]);
    const opened = await MiniLsm.open(space.at("b"), { useThread: false });
    expect(opened.format).toBe(format);
    opened.put("key000", "new");
    await opened.flush();
    await opened.compact();
    expect(opened.get("key000", { as: "utf8" })).toBe("new");
    await opened.close();
    expect(faultsIn("b")).toEqual([]);
  });
});

describe("repair of plain without a manifest", () => {
  test("takes the table that was written later for the newer one, and says so", async () => {
    const database = await FaultyDatabase.make("plain");
    store(database, "sound");
    const expected = await scan("sound");
    database.remove(MANIFEST_NAME);
    store(database);
    const oldestFirst = [...(database.tree.levels[0]?.tables ?? []), database.second, database.newest];
    for (const [age, id] of oldestFirst.entries())
      utimesSync(space.at(`a/${tableFileName(id)}`), 1000 + age, 1000 + age);
    const { report } = await repair();
    expect(await scan("b")).toEqual(expected);
    expect(report.notes).toEqual([
      expect.stringMatching(/^nothing says which table is newer: .*00004\.sst, 00001\.sst/),
    ]);
  });

  test("goes by ids where that is asked for", async () => {
    const database = await FaultyDatabase.make("plain");
    database.remove(MANIFEST_NAME);
    store(database);
    const { report } = await repair("a", "b", "id");
    expect(report.notes).toEqual([expect.stringMatching(/\(00004\.sst, 00003\.sst, 00002\.sst, 00001\.sst\)/)]);
  });
});

describe("repair of native", () => {
  test("tells when range deletes are lost, and brings back what they had deleted", async () => {
    const database = await FaultyDatabase.make("native");
    database.forge(database.second, ({ bytes, rangeDeletes }) => {
      bytes[rangeDeletes.start + 9]! ^= 1;
    });
    store(database);
    const { report } = await repair();
    expect(report.losses).toMatchObject([{ what: "range deletes are damaged: keys that they deleted may be back" }]);
  });

  test("does not take a table of another database", async () => {
    const database = await FaultyDatabase.make("native");
    database.forge(database.deep, (table) => {
      table.bytes[12]! ^= 1;
      table.sealHeader();
    });
    store(database);
    const { report } = await repair();
    expect(report.losses).toMatchObject([{ what: "the table belongs to another database, and was not read" }]);
  });
});

describe.skipIf(!hasGolden)("repair of a database of the reference", () => {
  test.each(goldenNames("").filter((name) => !name.includes("corrupt")))("%s shows what it showed", async (name) => {
    const golden = new GoldenDatabase(name);
    mkdirSync(space.at("a"));
    for (const file of golden.fileNames) writeFileSync(space.at(`a/${file}`), golden.file(file));
    const { report } = await repair();
    const shown = (await space.read("b")).map(
      ([key, value]) => `${Buffer.from(key, "latin1").toString("hex")} ${Buffer.from(value, "latin1").toString("hex")}`,
    );
    expect(shown).toEqual(golden.entries);
    expect(report.lossCount).toBe(/torn/.test(name) && name.includes("wal") ? 1 : 0);
    expect(faultsIn("b")).toEqual([]);
  });
});
