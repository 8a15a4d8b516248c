import { mkdirSync, renameSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { MiniLsm } from "../../../src/engine/mini-lsm.ts";
import { DATABASE_FORMATS, type DatabaseFormat } from "../../../src/options.ts";
import { type BackupRequest, backUpDatabase } from "../../../src/tools/backup/backup.ts";
import type { ConversionWatch } from "../../../src/tools/convert/convert.ts";
import { quietWatch, type TextEntry, Workspace } from "../../support/conversions.ts";

let space: Workspace;
beforeEach(() => {
  space = new Workspace();
});
afterEach(() => space[Symbol.dispose]());

function backUp(changes: Partial<BackupRequest> = {}, watch: Partial<ConversionWatch> = {}) {
  const request = { from: space.at("a"), to: space.at("b"), mustCopy: false, mustVerify: true, ...changes };
  return backUpDatabase(request, quietWatch(watch));
}

/** Names, sizes, times and content of everything in a directory. */
function printOf(directory: string): unknown {
  const times = space.names(directory).map((name) => statSync(space.at(`${directory}/${name}`)).mtimeMs);
  return { files: space.files(directory), times, own: statSync(space.at(directory)).mtimeMs };
}

const ENTRIES: readonly TextEntry[] = [
  ["a", "1"],
  ["b", "2"],
];
const number = (index: number): string => String(index).padStart(6, "0");

describe("a backup", () => {
  test.each(DATABASE_FORMATS)(
    "of %s holds what the database holds, tables and logs, and leaves it alone",
    async (format) => {
      await space.make("a", ENTRIES, { format, durability: "none" });
      await space.make("a", [["c", "3"]], { format, durability: "process" });
      const before = printOf("a");
      const { linkedTables, copiedTables, logs, verification, sizeBytes } = await backUp();
      expect({ linkedTables, copiedTables, faults: verification?.faults, notes: verification?.notes }).toEqual({
        linkedTables: 1,
        copiedTables: 0,
        faults: [],
        notes: [],
      });
      expect(logs).toBeGreaterThan(0);
      expect(sizeBytes).toBeGreaterThan(0);
      expect(printOf("a")).toEqual(before);
      expect(space.names()).toEqual(["a", "b"]);
      expect(await space.read("b")).toEqual([...ENTRIES, ["c", "3"]]);
    },
  );

  test("is a database of its own: what is written to either is not in the other", async () => {
    await space.make("a", ENTRIES, { durability: "none" });
    await backUp();
    await space.make("a", [["a", "changed"]]);
    await space.make("b", [["b", "changed"]]);
    expect(await space.read("a")).toEqual([
      ["a", "changed"],
      ["b", "2"],
    ]);
    expect(await space.read("b")).toEqual([
      ["a", "1"],
      ["b", "changed"],
    ]);
  });

  test("shares no file with the database when it is to copy", async () => {
    await space.make("a", ENTRIES, { durability: "none" });
    expect(await backUp({ mustCopy: true })).toMatchObject({ linkedTables: 0, copiedTables: 1 });
    expect(statSync(space.at("a/00000.sst")).nlink).toBe(1);
    expect(await space.read("b")).toEqual(ENTRIES);
  });

  test("ends before what an append has begun", async () => {
    await space.make("a", ENTRIES, { durability: "process" });
    const log = space.names("a").find((name) => name.endsWith(".wal")) as string;
    truncateSync(space.at(`a/${log}`), statSync(space.at(`a/${log}`)).size - 1);
    const { verification } = await backUp();
    expect(verification).toMatchObject({ faults: [], notes: [] });
    expect(await space.read("b")).toEqual(ENTRIES.slice(0, 1));
  });

  test.each(DATABASE_FORMATS)(
    "of %s holds a prefix of the writes of somebody who goes on",
    async (format: DatabaseFormat) => {
      const database = await MiniLsm.open(space.at("a"), {
        format,
        useThread: false,
        compaction: { strategy: "simple", sizeRatioPercent: 200, level0FilesTrigger: 2, maxLevels: 3 },
      });
      let written = 0;
      const write = (): void => {
        for (let count = 0; count < 50; count++) database.put(number(written), number(written++));
      };
      for (let round = 0; round < 4; round++) {
        write();
        await database.flush();
      }
      write();
      const begun = written;
      // Whenever a table was copied, more is written, and at first the copied tables are merged and gone.
      let merges = 0;
      const breathe = async (): Promise<void> => {
        write();
        await database.flush();
        if (merges++ < 3) await database.compact();
        write();
      };
      const { verification } = await backUp({}, { isBreathDue: () => true, breathe });
      await database.close();
      expect(merges).toBeGreaterThan(3);
      expect(verification).toMatchObject({ faults: [], notes: [] });
      const keys = (await space.read("b")).map(([key]) => key);
      expect(keys).toEqual(keys.map((_, index) => number(index)));
      expect(keys.length).toBeGreaterThanOrEqual(begun);
      expect(keys.length).toBeLessThanOrEqual(written);
    },
  );

  test("says what of an open database without a log it cannot hold", async () => {
    const database = await MiniLsm.open(space.at("a"), { useThread: false, durability: "none" });
    database.put("a", "1");
    await database.flush();
    database.put("b", "2");
    const warnings: string[] = [];
    await backUp({}, { warn: (message) => warnings.push(message) });
    await database.close();
    expect(warnings).toEqual([expect.stringContaining("is open elsewhere without a log")]);
    expect(await space.read("b")).toEqual([["a", "1"]]);
  });

  test("of a damaged database is not made, unless nobody is to look", async () => {
    await space.make("a", ENTRIES, { durability: "none" });
    const bytes = space.files("a")["00000.sst"] as string;
    writeFileSync(space.at("a/00000.sst"), `!${bytes.slice(1)}`, "latin1");
    const { verification } = await backUp();
    expect(verification?.faults).toMatchObject([{ file: "00000.sst", part: "block" }]);
    expect(space.names()).toEqual(["a"]);
    expect(await backUp({ mustVerify: false })).toMatchObject({ verification: undefined, linkedTables: 1 });
    expect(space.names()).toEqual(["a", "b"]);
  });

  test.each([
    [
      "a table is missing",
      () => rmSync(space.at("a/00000.sst")),
      { code: "CORRUPTION", message: /a\/00000.sst at byte 0: the table is missing/ },
    ],
    [
      "the manifest is missing",
      () => rmSync(space.at("a/MANIFEST")),
      { code: "CORRUPTION", message: /a\/MANIFEST at byte 0/ },
    ],
    [
      "the manifest is damaged",
      () => writeFileSync(space.at("a/MANIFEST"), "x".repeat(100)),
      { code: "CORRUPTION", message: /a\/MANIFEST at byte 0/ },
    ],
    ["the database is missing", () => renameSync(space.at("a"), space.at("c")), { code: "DATABASE_MISSING" }],
    ["the target is there", () => mkdirSync(space.at("b/c"), { recursive: true }), { code: "DATABASE_EXISTS" }],
  ])("is refused where %s", async (_, harm, error) => {
    await space.make("a", ENTRIES, { durability: "none" });
    harm();
    const names = space.names();
    await expect(backUp()).rejects.toMatchObject({
      ...error,
      ...("message" in error && { message: expect.stringMatching(error.message) }),
    });
    expect(space.names()).toEqual(names);
  });

  test("is not made when somebody says stop", async () => {
    await space.make("a", ENTRIES, { durability: "none" });
    const controller = new AbortController();
    await expect(
      backUp({}, { signal: controller.signal, begin: () => controller.abort(new Error("stop")) }),
    ).rejects.toThrow("stop");
    expect(space.names()).toEqual(["a"]);
  });
});
