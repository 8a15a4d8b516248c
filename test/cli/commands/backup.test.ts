import { EventEmitter } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { backup } from "../../../src/cli/commands/backup.ts";
import type { ToolSurface } from "../../../src/cli/tools/run-tool.ts";
import { type TextEntry, Workspace } from "../../support/conversions.ts";
import { answerOf, helpOf, progressThat, refusalOf, toolCall } from "../../support/tool-surface.ts";

let space: Workspace;
beforeEach(() => {
  space = new Workspace();
});
afterEach(() => space[Symbol.dispose]());

/** Runs `backup` from one name of the workspace into another. */
function run(from: string, into: string, options: readonly string[] = [], changes: Partial<ToolSurface> = {}) {
  const given = toolCall("backup", [space.at(from), "--into", space.at(into), ...options]);
  return answerOf(
    (surface) => backup(given, surface),
    (text) => text.replaceAll(`${space.path}/`, ""),
    changes,
  );
}

const ENTRIES: readonly TextEntry[] = [["a", "1"]];

function damage(): void {
  const bytes = readFileSync(space.at("a/00000.sst"));
  bytes[3] = (bytes[3] ?? 0) ^ 1;
  writeFileSync(space.at("a/00000.sst"), bytes);
}

describe("the arguments of backup", () => {
  test("are two directories, and what to do without", () => {
    const request = { from: "a", to: "b", mustCopy: false, mustVerify: true };
    expect(toolCall("backup", ["a", "--into", "b"])).toEqual({ request, isJson: false });
    expect(toolCall("backup", ["--into=b", "a", "--copy", "--no-verify", "--json"])).toEqual({
      request: { ...request, mustCopy: true, mustVerify: false },
      isJson: true,
    });
  });
  test.each([
    [["backup", "a"], "2: error: required option '--into <directory>' not specified"],
    [["backup", "--into", "b"], "2: error: missing required argument 'directory'"],
    [["backup", "a", "b", "--into", "c"], "2: error: too many arguments for 'backup'. Expected 1 argument but got 2."],
  ])("are not %j", (argv, message) => {
    expect(refusalOf(...argv)).toBe(message);
  });
  test("are explained by help", () => {
    expect(helpOf("backup")).toMatch(/--into[\s\S]*Exit codes: 0 [\s\S]*Examples:/);
  });
});

describe("backup", () => {
  test("says what it copied", async () => {
    await space.make("a", ENTRIES, { durability: "none" });
    expect(await run("a", "b")).toEqual({
      stdout: expect.stringMatching(
        /^backed up a to b: 1 table shared, 0 tables copied, 0 logs, \d+ bytes; nothing is wrong\n$/,
      ),
      stderr: "",
      exitCode: 0,
    });
    expect(await run("a", "c", ["--copy", "--no-verify"])).toMatchObject({
      stdout: expect.stringMatching(/: 0 tables shared, 1 table copied, 0 logs, \d+ bytes; not verified\n$/),
    });
  });

  test("says it as one JSON object", async () => {
    await space.make("a", ENTRIES, { durability: "none" });
    const { stdout } = await run("a", "b", ["--json"]);
    expect(JSON.parse(stdout.replaceAll(space.path, ""))).toEqual({
      from: "a",
      to: "b",
      isMade: true,
      linkedTables: 1,
      copiedTables: 0,
      logs: 0,
      sizeBytes: expect.any(Number),
      isVerified: true,
      faultCount: 0,
      faults: [],
    });
  });

  test("lists what is wrong with the database, and makes nothing", async () => {
    await space.make("a", ENTRIES, { durability: "none" });
    damage();
    expect(await run("a", "b")).toEqual({
      stdout:
        "damaged: 00000.sst at byte 0: the checksum of block 0 does not match\n" +
        "a is damaged and b was not made: repair makes a database of what can still be read\n",
      stderr: "",
      exitCode: 4,
    });
    const { stdout, exitCode } = await run("a", "b", ["--json"]);
    expect(JSON.parse(stdout)).toMatchObject({ isMade: false, faultCount: 1, faults: [{ offset: 0 }] });
    expect(exitCode).toBe(4);
    expect(space.names()).toEqual(["a"]);
  });

  test.each([
    ["a missing database", "none", "b", "error: none does not exist\n", 3],
    ["a directory that is no database", "empty", "b", "error: empty holds no database\n", 3],
    ["a target that is there", "a", "a2", "error: a2 is not empty, it holds 00000.sst: a backup replaces nothing\n", 3],
    ["a target in the database", "a", "a/b", "error: a/b lies inside a\n", 2],
    ["the database itself", "a", "a", "error: a and a are the same directory\n", 2],
  ])("refuses %s", async (_, from, into, stderr, exitCode) => {
    await space.make("a", ENTRIES, { durability: "none" });
    await space.make("a2", ENTRIES, { durability: "none" });
    mkdirSync(space.at("empty"));
    expect(await run(from, into)).toEqual({ stdout: "", stderr, exitCode });
    expect(space.names()).toEqual(["a", "a2", "empty"]);
  });

  test("ends when it is interrupted, and leaves nothing behind", async () => {
    await space.make("a", ENTRIES, { durability: "none" });
    const signals = new EventEmitter();
    const progress = progressThat(() => signals.emit("SIGINT"));
    expect(await run("a", "b", [], { signals, progress })).toEqual({
      stdout: "",
      stderr: "backup interrupted: b was not made\n",
      exitCode: 130,
    });
    expect(space.names()).toEqual(["a"]);
  });
});
