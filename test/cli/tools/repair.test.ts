import { EventEmitter } from "node:events";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { repair } from "../../../src/cli/tools/repair.ts";
import type { ToolSurface } from "../../../src/cli/tools/run-tool.ts";
import { MiniLsm } from "../../../src/engine/mini-lsm.ts";
import { type TextEntry, Workspace } from "../../support/conversions.ts";
import { answerOf, helpOf, progressThat, refusalOf, toolCall } from "../../support/tool-surface.ts";

let space: Workspace;
beforeEach(() => {
  space = new Workspace();
});
afterEach(() => space[Symbol.dispose]());

/** Runs `repair` from one name of the workspace into another. */
function run(from: string, into: string, options: readonly string[] = [], changes: Partial<ToolSurface> = {}) {
  const given = toolCall("repair", [space.at(from), "--into", space.at(into), ...options]);
  return answerOf(
    (surface) => repair(given, surface),
    (text) => text.replaceAll(`${space.path}/`, ""),
    changes,
  );
}

const ENTRIES: readonly TextEntry[] = [
  ["a", "1"],
  ["b", "22"],
];
const MANY = Array.from({ length: 30_000 }, (_, index): TextEntry => [String(index).padStart(6, "0"), "value"]);

function flip(name: string, at: number): void {
  const bytes = readFileSync(space.at(name));
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  writeFileSync(space.at(name), bytes);
}

describe("the arguments of repair", () => {
  test("are two directories, and how to tell the newer of two tables", () => {
    const request = { from: "a", to: "b", order: "time" };
    expect(toolCall("repair", ["a", "--into", "b"])).toEqual({ request, isJson: false });
    expect(toolCall("repair", ["--into=b", "a", "--newest", "id", "--json"])).toEqual({
      request: { ...request, order: "id" },
      isJson: true,
    });
  });
  test.each([
    [["repair", "a"], "2: error: required option '--into <directory>' not specified"],
    [["repair", "--into", "b"], "2: error: missing required argument 'directory'"],
    [
      ["repair", "a", "--into", ""],
      "2: error: option '--into <directory>' argument '' is invalid. Expected the name of a directory.",
    ],
    [
      ["repair", "a", "--into", "b", "--newest", "size"],
      "2: error: option '--newest <by>' argument 'size' is invalid. Allowed choices are time, id.",
    ],
  ])("are not %j", (argv, message) => {
    expect(refusalOf(...argv)).toBe(message);
  });
  test("are explained by help", () => {
    expect(helpOf("repair")).toMatch(/--into[\s\S]*stays as it is[\s\S]*Exit codes: 0 [\s\S]*Examples:/);
  });
});

describe("repair", () => {
  test("says what it read and made, and that nothing was lost", async () => {
    await space.make("a", ENTRIES, { durability: "none" });
    rmSync(space.at("a/MANIFEST"));
    const { stdout, stderr, exitCode } = await run("a", "b");
    expect(stdout.split("\n")).toEqual([
      "damaged: MANIFEST at byte 0: the manifest is missing although tables stand beside it; put it back from a copy",
      "note: every table that is not known to be replaced was read: 00000.sst",
      "read a (plain): 1 table, 1 block, 0 logs, 0 records, 2 entries",
      expect.stringMatching(/^made b: 1 table, 2 entries, \d+ bytes; nothing was lost$/),
      "",
    ]);
    expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
    expect(await space.read("b")).toEqual(ENTRIES);
  });

  test("lists what was lost, with its keys, and ends with the exit code of damage", async () => {
    await space.make("a", MANY, { durability: "none" });
    flip("a/00000.sst", 5000);
    const { stdout, exitCode } = await run("a", "b");
    expect(stdout).toMatch(/^damaged: 00000\.sst at byte \d+: the checksum of block 1 does not match\n/);
    expect(stdout).toMatch(
      /\nlost: 00000\.sst at byte \d+: block 1 is damaged, keys "\d{6}" to "\d{6}" \(\d+ bytes\)\n/,
    );
    expect(stdout).toMatch(/\nmade b: \d+ tables?, \d+ entries, \d+ bytes; 1 loss\n$/);
    expect(exitCode).toBe(4);
  });

  test("says it as one JSON object", async () => {
    await space.make("a", MANY, { durability: "none" });
    flip("a/00000.sst", 5000);
    const { stdout } = await run("a", "b", ["--json"]);
    expect(stdout).toMatch(/^.+\n$/);
    const answer = JSON.parse(stdout);
    expect(answer).toMatchObject({
      from: "a",
      to: "b",
      format: "plain",
      lossCount: 1,
      losses: [{ file: "00000.sst", what: "block 1 is damaged", keys: { first: expect.stringMatching(/^\d{6}$/) } }],
      faultCount: 1,
      faults: [{ file: "00000.sst", part: "block" }],
    });
    expect(answer.read.entries).toBe(answer.written.entries);
  });

  test.each([
    ["a missing database", "none", "b", "error: none does not exist\n", 3],
    ["a directory that is no database", "empty", "b", "error: empty holds no database\n", 3],
    ["a target that is there", "a", "a2", "error: a2 is not empty, it holds 00000.sst: a repair replaces nothing\n", 3],
    ["a target in the database", "a", "a/b", "error: a/b lies inside a\n", 2],
    ["the database itself", "a", "a", "error: a and a are the same directory\n", 2],
  ])("refuses %s", async (_, from, into, stderr, exitCode) => {
    await space.make("a", ENTRIES, { durability: "none" });
    await space.make("a2", ENTRIES, { durability: "none" });
    mkdirSync(space.at("empty"));
    expect(await run(from, into)).toEqual({ stdout: "", stderr, exitCode });
    expect(space.names()).toEqual(["a", "a2", "empty"]);
  });

  test("refuses a database that somebody has open", async () => {
    await space.make("a", ENTRIES);
    const database = await MiniLsm.open(space.at("a"), { useThread: false });
    const { stderr, exitCode } = await run("a", "b");
    await database.close();
    expect(stderr).toMatch(/^error: a is in use by .+\n$/);
    expect(exitCode).toBe(3);
    expect(space.names()).toEqual(["a"]);
  });

  test("makes nothing where nothing can be read", async () => {
    await space.make("a", ENTRIES, { durability: "none" });
    for (const name of ["00000.sst", "MANIFEST"]) writeFileSync(space.at(`a/${name}`), "x".repeat(200));
    const { stdout, stderr, exitCode } = await run("a", "b");
    expect(stderr).toMatch(/^error: nothing in a .+\n$/);
    expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 4 });
    expect(space.names()).toEqual(["a"]);
  });

  test("ends when it is interrupted, and leaves nothing behind", async () => {
    await space.make("a", MANY, { durability: "none" });
    const signals = new EventEmitter();
    const progress = progressThat(() => signals.emit("SIGINT"));
    expect(await run("a", "b", [], { signals, progress })).toEqual({
      stdout: "",
      stderr: "repair interrupted: b was not made\n",
      exitCode: 130,
    });
    expect(space.names()).toEqual(["a"]);
  });
});
