import { EventEmitter } from "node:events";
import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { inspect } from "../../../src/cli/tools/inspect.ts";
import type { ToolSurface } from "../../../src/cli/tools/run-tool.ts";
import { MiniLsm } from "../../../src/engine/mini-lsm.ts";
import { type TextEntry, Workspace } from "../../support/conversions.ts";
import { answerOf, helpOf, progressThat, refusalOf, toolCall } from "../../support/tool-surface.ts";

let space: Workspace;
beforeEach(() => {
  space = new Workspace();
});
afterEach(() => space[Symbol.dispose]());

/** Runs `inspect` on a path of the workspace, which is shown by its name. */
function run(what: string, name: string, options: readonly string[] = [], changes: Partial<ToolSurface> = {}) {
  const given = toolCall("inspect", [what, space.at(name), ...options]);
  return answerOf(
    (surface) => inspect(given, surface),
    (text) => text.replaceAll(`${space.path}/`, ""),
    changes,
  );
}

const FRUIT: readonly TextEntry[] = [
  ["apple", "red"],
  ["apply", "now"],
];

function flip(name: string, at: number): void {
  const bytes = readFileSync(space.at(name));
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  writeFileSync(space.at(name), bytes);
}

describe("the arguments of inspect", () => {
  test("are what to look at, where it is, and how much of it", () => {
    const given = { path: "a", format: undefined, isJson: false };
    expect(toolCall("inspect", ["sst", "a"])).toEqual({ ...given, what: "sst", detail: "parts" });
    expect(toolCall("inspect", ["sst", "a", "--entries"])).toEqual({ ...given, what: "sst", detail: "entries" });
    expect(toolCall("inspect", ["wal", "a", "--bytes"])).toEqual({ ...given, what: "wal", detail: "bytes" });
    expect(toolCall("inspect", ["wal", "a", "--format", "mvcc"])).toMatchObject({ detail: "entries", format: "mvcc" });
    expect(toolCall("inspect", ["manifest", "a", "--json"])).toMatchObject({ what: "manifest", isJson: true });
    expect(toolCall("inspect", ["db", "a"])).toMatchObject({ what: "db" });
  });
  test.each([
    [["inspect", "sst"], "2: error: missing required argument 'table'"],
    [["inspect", "sst", ""], "2: error: command-argument value '' is invalid for argument 'table'. Expected a path."],
    [["inspect", "db", "a", "b"], "2: error: too many arguments for 'db'. Expected 1 argument but got 2."],
    [["inspect", "db", "a", "--entries"], "2: error: unknown option '--entries'"],
    [["inspect", "memtable", "a"], "2: error: unknown command 'memtable'"],
  ])("are not %j", (argv, message) => {
    expect(refusalOf(...argv)).toBe(message);
  });
  test("are explained by help, with examples for each", () => {
    expect(helpOf("inspect")).toMatch(/sst[\s\S]*wal[\s\S]*manifest[\s\S]*db[\s\S]*byte offset/);
  });
});

describe("inspect", () => {
  test("shows what a table consists of, and every byte of it on request", async () => {
    await space.make("a", FRUIT, { durability: "none" });
    const parts = await run("sst", "a/00000.sst");
    expect(parts.stdout.split("\n")).toEqual([
      expect.stringMatching(/^ 0 {2}block 0: 2 entries, checksum [0-9a-f]{8}$/),
      "34  index: 1 block",
      "64  filter: 64 bits, 6 probes",
      "a/00000.sst: 81 bytes, plain",
      "",
    ]);
    expect(parts).toMatchObject({ stderr: "", exitCode: 0 });
    const { stdout } = await run("sst", "a/00000.sst", ["--bytes"]);
    expect(stdout.split("\n").slice(0, 8)).toEqual([
      expect.stringContaining("block 0"),
      ' 0    put "apple" = "red"',
      " 0      0000                                shared with the first key: 0",
      " 2      0005                                rest of the key, length: 5",
      ' 4      6170706c65                          rest of the key: "apple"',
      " 9      0003                                value, length: 3",
      '11      726564                              value: "red"',
      '14    put "apply" = "now"',
    ]);
    expect(stdout).toContain("60      00000022                            the index starts at: 34\n");
  });

  test.each(["plain", "mvcc", "native"] as const)("shows a log, a manifest and a database of %s", async (format) => {
    await space.make("a", FRUIT, { format });
    const database = await MiniLsm.open(space.at("a"), { useThread: false });
    await database.flush();
    database.put("pear", "\u001b[2J");
    await database.close();
    const log = space.names("a").find((name) => name.endsWith(".wal")) ?? "";
    const version = format === "mvcc" ? " @3" : "";
    expect((await run("wal", `a/${log}`)).stdout).toContain(`put "pear"${version} = "\\x1b[2J"`);
    expect((await run("manifest", "a/MANIFEST")).stdout).toMatch(/flush: memtables \[\d+\] become table \[\d+\]/);
    const { stdout, stderr, exitCode } = await run("db", "a");
    expect(stdout).toMatch(new RegExp(`^a: ${format}(, id [0-9a-f]{32})?, 1 table of \\d+ bytes\\nmanifest: `));
    expect(stdout).toMatch(/\nL0: 1 table, \d+ bytes\n {2}\d+: \d+ bytes, .*"apple" to "apply"\n/);
    expect(stdout).toMatch(/\nmemtable \d+: log of \d+ bytes, 1 record, 1 entry\n/);
    expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
  });

  test("answers one JSON object, with bytes as text where they are UTF-8 and else as base64", async () => {
    await space.make(
      "a",
      [
        ["é", "\u00ff\u00fe"],
        ["k", "v"],
      ],
      { durability: "none" },
    );
    const { stdout, exitCode } = await run("sst", "a/00000.sst", ["--json", "--entries"]);
    expect(stdout).toMatch(/^.+\n$/);
    const { spans, ...rest } = JSON.parse(stdout);
    expect(rest).toEqual({
      path: "a/00000.sst",
      type: "sst",
      sizeBytes: expect.any(Number),
      format: "plain",
      faults: [],
    });
    expect(spans.map((span: { what: string }) => span.what)).toEqual([
      "block",
      "put",
      "put",
      "index",
      "index entry",
      "filter",
    ]);
    expect(spans[1]).toMatchObject({ offset: 0, depth: 1, key: "k", value: "v" });
    expect(spans[2]).toMatchObject({ key: { base64: "6Q==" }, value: { base64: "//4=" } });
    expect(exitCode).toBe(0);
  });

  test("answers one JSON object for a database, too", async () => {
    await space.make("a", FRUIT, { format: "native", durability: "none" });
    const { stdout } = await run("db", "a", ["--json"]);
    expect(JSON.parse(stdout)).toMatchObject({
      path: "a",
      format: "native",
      databaseId: expect.stringMatching(/^[0-9a-f]{32}$/),
      level0: [{ id: 0, entries: 2, deletes: 0, blocks: null, maxTimestamp: 2, firstKey: "apple", lastKey: "apply" }],
      levels: expect.any(Array),
      leftovers: [],
      faults: [],
    });
  });

  test("shows what is damaged as that, and ends with the exit code of damage", async () => {
    await space.make("a", FRUIT, { durability: "none" });
    flip("a/00000.sst", 5);
    expect(await run("sst", "a/00000.sst")).toEqual({
      stdout: [
        " 0  block 0: damaged",
        "34  index: 1 block",
        "64  filter: 64 bits, 6 probes",
        "at byte 0: the checksum of block 0 does not match",
        "a/00000.sst: 81 bytes, plain",
        "",
      ].join("\n"),
      stderr: "",
      exitCode: 4,
    });
    const { stdout } = await run("sst", "a/00000.sst", ["--json"]);
    expect(JSON.parse(stdout).faults).toEqual([
      { part: "block", offset: 0, problem: "the checksum of block 0 does not match" },
    ]);
    rmSync(space.at("a/00000.sst"));
    const database = await run("db", "a");
    expect(database.stdout).toContain("00000.sst: the table is missing, though the manifest names it\n");
    expect(database.exitCode).toBe(4);
  });

  test("shows a database without a manifest: its tables and logs", async () => {
    await space.make("a", FRUIT);
    rmSync(space.at("a/MANIFEST"));
    const { stdout, exitCode } = await run("db", "a");
    expect(stdout).toMatch(
      /^a: plain, 0 tables of 0 bytes\nmanifest: 0 bytes\nL0: 0 tables, 0 bytes\nmemtable 0: log of .*, 2 entries\nMANIFEST at byte 0: the manifest is missing/,
    );
    expect(exitCode).toBe(4);
  });

  test("shows the torn end of a log as such, which is nothing wrong", async () => {
    await space.make("a", FRUIT);
    const log = space.names("a").find((name) => name.endsWith(".wal"));
    appendFileSync(space.at(`a/${log}`), "\x00\x05app");
    const { stdout, exitCode } = await run("wal", `a/${log}`);
    expect(stdout).toMatch(/\n32 {2}nothing whole\n/);
    expect(exitCode).toBe(0);
  });

  test("looks at a database that somebody has open, and writes nothing", async () => {
    await space.make("a", FRUIT);
    const database = await MiniLsm.open(space.at("a"), { useThread: false });
    const before = space.files("a");
    const { stdout, exitCode } = await run("db", "a");
    expect(space.files("a")).toEqual(before);
    await database.close();
    expect(stdout).toMatch(/memtable \d+: log of 32 bytes, 2 records, 2 entries\n/);
    expect(exitCode).toBe(0);
  });

  test.each([
    ["sst", "none", "error: none does not exist, expected the file of a table\n"],
    ["wal", "directory", "error: directory is a directory, expected the file of a log; inspect db shows a database\n"],
    ["manifest", "none", "error: none does not exist, expected the file of a manifest\n"],
    ["db", "none", "error: none does not exist\n"],
    ["db", "directory", "error: directory holds no database\n"],
  ])("refuses a %s of %s", async (what, name, stderr) => {
    mkdirSync(space.at("directory"));
    expect(await run(what, name)).toEqual({ stdout: "", stderr, exitCode: 3 });
  });

  test("survives any bytes for a table, a log and a manifest, and shows them", async () => {
    for (let seed = 0; seed < 60; seed++) {
      const bytes = Uint8Array.from(
        { length: (seed * 37) % 300 },
        (_, index) => (index * index * 31 + seed * 77) % 251,
      );
      writeFileSync(space.at("bytes"), bytes);
      for (const what of ["sst", "wal", "manifest"]) {
        const { stderr, exitCode } = await run(what, "bytes", ["--json"]);
        expect(stderr).toBe("");
        expect([0, 4]).toContain(exitCode);
      }
    }
  });

  test("stops when nobody reads any more, and when it is interrupted", async () => {
    await space.make(
      "a",
      Array.from({ length: 30_000 }, (_, index): TextEntry => [`${index}`, "value"]),
      { durability: "none" },
    );
    let pieces = 0;
    const gone = await run("sst", "a/00000.sst", ["--entries"], { out: () => ++pieces < 3 });
    expect([pieces, gone.exitCode]).toEqual([3, 0]);
    const signals = new EventEmitter();
    const progress = progressThat(() => signals.emit("SIGINT"));
    const { stderr, exitCode } = await run("sst", "a/00000.sst", ["--entries"], { signals, progress });
    expect({ stderr, exitCode }).toEqual({ stderr: "inspect interrupted\n", exitCode: 130 });
  });
});
