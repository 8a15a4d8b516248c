import { describe, expect, test } from "vitest";
import type { MemoryFileSystem } from "../../src/fs/memory-file-system.ts";
import type { DatabaseFormat } from "../../src/options.ts";
import { EngineDatabase } from "../support/engine-database.ts";
import {
  GoldenDatabase,
  goldenNames,
  hasGolden,
  REFERENCE_STRATEGIES,
  readFile,
  runCommands,
} from "../support/engine-golden.ts";

/** `key value` in hexadecimal, as the reference's databases list what they hold. */
function hexEntries(db: EngineDatabase): string[] {
  const entries: string[] = [];
  for (const cursor = db.cursor(); cursor.valid; cursor.next()) {
    const key = Buffer.from(cursor.keyBuffer).toString("hex", cursor.keyStart, cursor.keyEnd);
    entries.push(`${key} ${Buffer.from(cursor.valueBuffer).toString("hex", cursor.valueStart, cursor.valueEnd)}`);
  }
  return entries;
}

/** Each file's bytes, as text that a failing comparison can show. */
function contents(fs: MemoryFileSystem): Record<string, string> {
  const names = fs.list("/db").sort();
  return Object.fromEntries(names.map((name) => [name, Buffer.from(readFile(fs, `/db/${name}`)).toString("latin1")]));
}

const FORMATS: readonly DatabaseFormat[] = ["plain", "mvcc"];

const MADE_BY_COMMANDS = FORMATS.flatMap((format) =>
  [
    "none-empty",
    "none-seed",
    "none-mixed",
    "none-full-compaction",
    "simple-mixed",
    "leveled-mixed-wal",
    "tiered-mixed-wal",
  ].map((name) => [`${format}-${name}`, format] as const),
);

describe.skipIf(!hasGolden)("the same commands write the same bytes as the reference", () => {
  test.each(MADE_BY_COMMANDS)("into every file of %s", async (name, format) => {
    const golden = new GoldenDatabase(name);
    const db = EngineDatabase.open({ ...golden.options, format });
    await runCommands(db, golden.commands, (each) => each.settled());
    expect(hexEntries(db)).toEqual(golden.entries);
    await db.close();

    expect(db.fs.list("/db").sort()).toEqual(golden.fileNames);
    for (const file of golden.fileNames) {
      const written = Buffer.from(readFile(db.fs, db.path(file)));
      expect(`${file} ${written.toString("latin1")}`).toBe(`${file} ${golden.file(file).toString("latin1")}`);
    }
  });
});

/** What opening a database warns of: a torn record is cut off and named. */
const OPENS: Readonly<Record<string, readonly RegExp[]>> = {
  "plain-leveled-mixed-wal": [],
  "plain-leveled-multi": [],
  "plain-leveled-wal-killed": [],
  "plain-none-empty": [],
  "plain-none-full-compaction": [],
  "plain-none-mixed": [],
  "plain-none-seed": [],
  "plain-none-torn-manifest": [/^ignoring incomplete manifest frame at byte offset 185 of \/db\/MANIFEST/],
  "plain-none-wal-torn": [/byte offset 2424 of \/db\/00003.wal/],
  "plain-simple-mixed": [],
  "plain-simple-multi": [],
  "plain-tiered-mixed-wal": [],
  "plain-wal-kill": [],
  "mvcc-leveled-mixed-wal": [],
  "mvcc-leveled-multi": [],
  "mvcc-leveled-wal-killed": [],
  "mvcc-none-empty": [],
  "mvcc-none-full-compaction": [],
  "mvcc-none-mixed": [],
  "mvcc-none-seed": [],
  "mvcc-none-torn-manifest": [/^ignoring incomplete manifest frame at byte offset 185 of \/db\/MANIFEST/],
  "mvcc-none-wal-torn": [/byte offset 3636 of \/db\/00003.wal/],
  "mvcc-simple-mixed": [],
  "mvcc-simple-multi": [],
  "mvcc-tiered-mixed-wal": [],
  "mvcc-versions": [],
  "mvcc-wal-kill": [],
};
const REFUSED = "none-wal-corrupt";

describe.skipIf(!hasGolden)("a database of the reference", () => {
  const names = Object.keys(OPENS);

  test("is tested here, whichever it is", () => {
    const refused = FORMATS.map((format) => `${format}-${REFUSED}`);
    expect([...names, ...refused].sort()).toEqual(goldenNames("").sort());
  });

  test.each(names)("%s is read without a byte being changed", async (name) => {
    const golden = new GoldenDatabase(name);
    const fs = golden.copy();
    const before = contents(fs);
    const db = EngineDatabase.open({ ...golden.options, readOnly: true }, fs);
    expect(hexEntries(db)).toEqual(golden.entries);
    expect(db.faults).toEqual([]);
    const warnings = db.eventsOf("warning").map(({ message }) => message);
    expect(warnings).toEqual(OPENS[name]?.map((pattern) => expect.stringMatching(pattern)));
    await db.close();
    expect(contents(fs)).toEqual(before);
  });

  test.each(names)("%s holds the same after it was opened, compacted, closed and opened again", async (name) => {
    const golden = new GoldenDatabase(name);
    const fs = golden.copy();
    for (let opening = 0; opening < 2; opening++) {
      const db = EngineDatabase.open(golden.options, fs);
      expect(hexEntries(db)).toEqual(golden.entries);
      await db.settled();
      expect(hexEntries(db)).toEqual(golden.entries);
      expect(db.faults).toEqual([]);
      await db.close();
    }
  });

  test.each(
    names.flatMap((name) =>
      (["none", "simple", "tiered", "leveled1"] as const).map((strategy) => [name, strategy] as const),
    ),
  )("%s goes on under the strategy %s", async (name, strategy) => {
    const golden = new GoldenDatabase(name);
    const fs = golden.copy();
    const options = { ...golden.options, compaction: REFERENCE_STRATEGIES[strategy] };
    const db = EngineDatabase.open(options, fs);
    await db.run("!=first flush ~=last flush");
    await db.settled();
    const expected = ["21 6669727374", ...golden.entries, "7e 6c617374"];
    expect(hexEntries(db)).toEqual(expected);
    expect(db.faults).toEqual([]);
    await db.close();

    const reopened = EngineDatabase.open(options, fs);
    await reopened.settled();
    expect(hexEntries(reopened)).toEqual(expected);
    await reopened.close();
  });
});

describe.skipIf(!hasGolden)("a manifest whose last record is torn", () => {
  const name = "plain-none-torn-manifest";

  test("opens without that record, with one warning, and no file is deleted", async () => {
    const golden = new GoldenDatabase(name);
    const fs = golden.copy();
    const db = EngineDatabase.open(golden.options, fs);
    expect(db.events.map((entry) => entry.name)).toEqual(["recovered", "warning"]);
    expect(db.eventsOf("recovered")).toEqual([{ tables: 3, logs: undefined }]);
    expect(db.eventsOf("warning")[0]?.message).toMatch(
      /^ignoring incomplete manifest frame at byte offset 185 of \/db\/MANIFEST/,
    );
    expect(db.files).toEqual(golden.fileNames);
    for (const file of golden.fileNames.filter((each) => each !== "MANIFEST")) {
      expect(Buffer.from(readFile(fs, `/db/${file}`)).equals(golden.file(file))).toBe(true);
    }
    expect(hexEntries(db)).toEqual(golden.entries);
    await db.close();
  });

  test("is warned of once: the tail is cut", async () => {
    const golden = new GoldenDatabase(name);
    const fs = golden.copy();
    await EngineDatabase.open(golden.options, fs).close();
    const again = EngineDatabase.open(golden.options, fs);
    expect(again.eventsOf("warning")).toEqual([]);
    expect(hexEntries(again)).toEqual(golden.entries);
    await again.close();
  });

  test("leaves a table that no record names where it is, under an id that is never given again", async () => {
    const golden = new GoldenDatabase(name);
    const fs = golden.copy();
    const db = EngineDatabase.open(golden.options, fs);
    for (let round = 0; round < 3; round++) await db.run(`a=${round} flush`);
    await db.close();
    expect(Buffer.from(readFile(fs, "/db/00003.sst")).equals(golden.file("00003.sst"))).toBe(true);
    expect(db.tree.level0).toEqual([6, 5, 4, 2, 1, 0]);
  });
});

describe.skipIf(!hasGolden)("a damaged log", () => {
  test.each([
    ["plain", 1200],
    ["mvcc", 1800],
  ])("of format %s is refused with its offset, and nothing is changed", (format, offset) => {
    const golden = new GoldenDatabase(`${format}-${REFUSED}`);
    const fs = golden.copy();
    const before = contents(fs);
    const damage = { code: "CORRUPTION", file: "/db/00003.wal", offset };
    expect(() => EngineDatabase.open(golden.options, fs)).toThrow(expect.objectContaining(damage));
    expect(contents(fs)).toEqual(before);
    expect(fs.openFiles).toBe(0);
  });

  test.each(FORMATS)("of format %s is kept up to the damage where that was asked for", async (format) => {
    const golden = new GoldenDatabase(`${format}-${REFUSED}`);
    const db = EngineDatabase.open({ ...golden.options, recovery: "tail" }, golden.copy());
    const whole = new GoldenDatabase(`${format}-none-mixed`).entries;
    const kept = hexEntries(db);
    expect(kept.length).toBeGreaterThan(1000);
    expect(kept.length).toBeLessThan(whole.length);
    expect(db.eventsOf("warning")[0]?.message).toContain("/db/00003.wal");
    await db.close();
  });
});
