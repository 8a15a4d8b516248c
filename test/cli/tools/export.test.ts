import { EventEmitter } from "node:events";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { exportEntries } from "../../../src/cli/tools/export.ts";
import type { ToolSurface } from "../../../src/cli/tools/run-tool.ts";
import { MiniLsm } from "../../../src/engine/mini-lsm.ts";
import { bytes, type TextEntry, Workspace } from "../../support/conversions.ts";
import { answerOf, helpOf, progressThat, refusalOf, toolCall } from "../../support/tool-surface.ts";

let space: Workspace;
beforeEach(() => {
  space = new Workspace();
});
afterEach(() => space[Symbol.dispose]());

/** Exports a database of the workspace. */
function run(from: string, options: readonly string[] = [], changes: Partial<ToolSurface> = {}) {
  const given = toolCall("export", [space.at(from), ...options]);
  return answerOf(
    (surface) => exportEntries(given, surface),
    (text) => text.replaceAll(`${space.path}/`, ""),
    changes,
  );
}

const ENTRIES: readonly TextEntry[] = [
  ["a", "1"],
  ["b", "\xff"],
  ["c", "3"],
];
const MANY = Array.from({ length: 5000 }, (_, index): TextEntry => [String(index).padStart(6, "0"), "v".repeat(100)]);

describe("the arguments of export", () => {
  test("are a directory, a format, a file and a range", () => {
    expect(toolCall("export", ["a"])).toEqual({
      request: { from: "a", format: "jsonl", range: {} },
      output: undefined,
      isJson: false,
    });
    const argv = [
      "a",
      "--format",
      "csv",
      "--output",
      "b",
      "--from",
      "x",
      "--to",
      '"\\xff"',
      "--prefix",
      "é",
      "--reverse",
      "--limit",
      "7",
      "--json",
    ];
    expect(toolCall("export", argv)).toEqual({
      request: {
        from: "a",
        format: "csv",
        range: { gte: Buffer.from("x"), lte: bytes("\xff"), prefix: Buffer.from("é"), reverse: true, limit: 7 },
      },
      output: "b",
      isJson: true,
    });
  });
  test.each([
    [["export"], "2: error: missing required argument 'directory'"],
    [
      ["export", "a", "--format", "xml"],
      "2: error: option '--format <format>' argument 'xml' is invalid. Allowed choices are jsonl, csv.",
    ],
    [
      ["export", "a", "--limit", "-1"],
      "2: error: option '--limit <count>' argument '-1' is invalid. Expected a whole number from 0 to 9007199254740991.",
    ],
    [
      ["export", "a", "--from", '"a'],
      `2: error: option '--from <key>' argument '"a' is invalid. At character 1: this quoted word has no closing ", expected one before the end.`,
    ],
    [
      ["export", "a", "--to", '"a" b'],
      `2: error: option '--to <key>' argument '"a" b' is invalid. Expected nothing behind the closing quote.`,
    ],
    [["export", "a", "--output", ""], "2: error: option '--output <file>' argument '' is invalid. Expected a path."],
  ])("are not %j", (argv, message) => {
    expect(refusalOf(...argv)).toBe(message);
  });
  test("are explained by help", () => {
    expect(helpOf("export")).toMatch(/--output[\s\S]*Exit codes: 0 [\s\S]*Examples:/);
  });
});

describe("export", () => {
  test("writes entries to stdout, and what it did to stderr", async () => {
    await space.make("a", ENTRIES, { durability: "none" });
    expect(await run("a")).toEqual({
      stdout: '{"key":"a","value":"1"}\n{"key":"b","value":{"base64":"/w=="}}\n{"key":"c","value":"3"}\n',
      stderr: "exported a (plain): 3 entries, 3 bytes of keys, 3 bytes of values\n",
      exitCode: 0,
    });
    expect(await run("a", ["--format", "csv", "--reverse", "--limit", "2", "--json"])).toEqual({
      stdout: "key,value,base64\r\nc,3,\r\nb,/w==,value\r\n",
      stderr: expect.stringMatching(
        /^\{"from":"[^"]*a","to":null,"databaseFormat":"plain","format":"csv","entries":2,"keyBytes":2,"valueBytes":2\}\n$/,
      ),
      exitCode: 0,
    });
  });

  test("writes the entries of a range", async () => {
    await space.make("a", ENTRIES, { durability: "none" });
    expect((await run("a", ["--from", "b", "--to", "c", "--prefix", "c"])).stdout).toBe('{"key":"c","value":"3"}\n');
  });

  test("makes a file, only when it is complete, and leaves the database as it was", async () => {
    await space.make("a", ENTRIES, { durability: "process" });
    const before = [space.files("a"), statSync(space.at("a")).mtimeMs];
    expect(await run("a", ["--output", space.at("b")])).toEqual({
      stdout: "exported a (plain) to b: 3 entries, 3 bytes of keys, 3 bytes of values\n",
      stderr: "",
      exitCode: 0,
    });
    expect(readFileSync(space.at("b"), "utf8").split("\n")).toHaveLength(4);
    expect([space.files("a"), statSync(space.at("a")).mtimeMs]).toEqual(before);
    expect(space.names()).toEqual(["a", "b"]);
  });

  test.each([
    ["a missing database", "none", "b", "error: none does not exist\n", 3],
    ["a file as the database", "file", "b", "error: file is not a directory but a file\n", 3],
    ["a directory that is no database", "empty", "b", "error: empty holds no database\n", 3],
    ["a file that is there", "a", "file", "error: file is there already: an export replaces nothing\n", 3],
    [
      "what another export has left",
      "a",
      "c",
      "error: c.unfinished is in the way: remove it, unless another export writes it\n",
      3,
    ],
    ["a file in the database", "a", "a/b", "error: a/b lies inside a\n", 2],
    ["a file in no directory", "a", "x/b", "error: cannot make x/b: there is no directory x\n", 2],
  ])("refuses %s", async (_, from, into, stderr, exitCode) => {
    await space.make("a", ENTRIES, { durability: "none" });
    writeFileSync(space.at("file"), "mine");
    writeFileSync(space.at("c.unfinished"), "mine");
    mkdirSync(space.at("empty"));
    expect(await run(from, ["--output", space.at(into)])).toEqual({ stdout: "", stderr, exitCode });
    expect(space.names()).toEqual(["a", "c.unfinished", "empty", "file"]);
  });

  test("refuses a database that somebody has open, and notices one that is opened meanwhile", async () => {
    await space.make("a", MANY, { durability: "none" });
    const database = await MiniLsm.open(space.at("a"), { useThread: false });
    expect(await run("a")).toMatchObject({
      stdout: "",
      stderr: expect.stringMatching(/^error: a is in use by /),
      exitCode: 3,
    });
    await database.close();
    const out = (): boolean => {
      writeFileSync(space.at("a/99999.wal"), "x");
      return true;
    };
    expect(await run("a", [], { out })).toMatchObject({
      stderr: "error: a was changed meanwhile (99999.wal): somebody else has it open\n",
      exitCode: 1,
    });
  });

  test("says where a database is damaged, and makes no file", async () => {
    await space.make("a", ENTRIES, { durability: "none" });
    const table = space.files("a")["00000.sst"] as string;
    writeFileSync(space.at("a/00000.sst"), `!${table.slice(1)}`, "latin1");
    expect(await run("a", ["--output", space.at("b")])).toMatchObject({
      stderr: expect.stringMatching(/^error: a\/00000.sst at byte 0: /),
      exitCode: 4,
    });
    expect(space.names()).toEqual(["a"]);
  });

  test("ends quietly when nobody reads any more, and with a line when stdout fails", async () => {
    await space.make("a", MANY, { durability: "none" });
    let pieces = 0;
    expect(await run("a", [], { out: () => pieces++ > 2 })).toEqual({ stdout: "", stderr: "", exitCode: 0 });
    expect(pieces).toBe(1);
    const full = Object.assign(new Error("no space left"), { code: "ENOSPC" });
    const out = (): boolean => {
      throw full;
    };
    expect(await run("a", [], { out })).toEqual({
      stdout: "",
      stderr: "error: cannot write to stdout: ENOSPC\n",
      exitCode: 1,
    });
  });

  test("ends when it is interrupted, and leaves nothing behind", async () => {
    await space.make("a", MANY, { durability: "none" });
    const signals = new EventEmitter();
    const progress = progressThat(() => signals.emit("SIGINT"));
    expect(await run("a", ["--output", space.at("b")], { signals, progress })).toEqual({
      stdout: "",
      stderr: "export interrupted: b was not made\n",
      exitCode: 130,
    });
    expect(space.names()).toEqual(["a"]);
  });
});
