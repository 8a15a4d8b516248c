import { EventEmitter } from "node:events";
import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ToolSurface } from "../../../src/cli/tools/run-tool.ts";
import { verify } from "../../../src/cli/tools/verify.ts";
import { MiniLsm } from "../../../src/engine/mini-lsm.ts";
import { type TextEntry, Workspace } from "../../support/conversions.ts";
import { answerOf, helpOf, progressThat, refusalOf, toolCall } from "../../support/tool-surface.ts";

let space: Workspace;
beforeEach(() => {
  space = new Workspace();
});
afterEach(() => space[Symbol.dispose]());

/** Runs `verify` on a directory of the workspace, which is shown by its name. */
function run(name: string, options: readonly string[] = [], changes: Partial<ToolSurface> = {}) {
  const given = toolCall("verify", [space.at(name), ...options]);
  return answerOf(
    (surface) => verify(given, surface),
    (text) => text.replaceAll(`${space.path}/`, ""),
    changes,
  );
}

const ENTRIES: readonly TextEntry[] = [
  ["a", "1"],
  ["b", "22"],
];

/** Flips a bit of a file. */
function flip(name: string, at: number): void {
  const bytes = readFileSync(space.at(name));
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  writeFileSync(space.at(name), bytes);
}

describe("the arguments of verify", () => {
  test("are a directory, and perhaps --json", () => {
    expect(toolCall("verify", ["a"])).toEqual({ directory: "a", isJson: false });
    expect(toolCall("verify", ["--json", "a"])).toEqual({ directory: "a", isJson: true });
  });
  test.each([
    [["verify"], "2: error: missing required argument 'directory'"],
    [
      ["verify", ""],
      "2: error: command-argument value '' is invalid for argument 'directory'. Expected the name of a directory.",
    ],
    [["verify", "a", "b"], "2: error: too many arguments for 'verify'. Expected 1 argument but got 2."],
    [["verify", "a", "--fix"], "2: error: unknown option '--fix'"],
    [
      ["--path", "a", "verify", "a"],
      "2: error: option '--path <directory>' is for the shell, which verify does not start",
    ],
  ])("are not %j", (argv, message) => {
    expect(refusalOf(...argv)).toBe(message);
  });
  test("are explained by help, with exit codes and examples", () => {
    expect(helpOf("verify")).toMatch(
      /Nothing is written[\s\S]*Exit codes: 0 [\s\S]*Examples:\n {2}mini-lsm-cli verify/,
    );
  });
});

describe("verify", () => {
  test("says in one line that nothing is wrong, and what it has looked at", async () => {
    await space.make("a", ENTRIES, { durability: "none" });
    expect(await run("a")).toEqual({
      stdout: "a (plain): 1 table, 1 block, 2 entries, 0 logs, 0 records, 118 bytes: nothing is wrong\n",
      stderr: "",
      exitCode: 0,
    });
  });

  test("lists what is wrong with file and offset, then notes, and ends with the exit code of damage", async () => {
    await space.make("a", ENTRIES, { durability: "none" });
    flip("a/00000.sst", 4);
    writeFileSync(space.at("a/00007.sst"), "x");
    const { stdout, stderr, exitCode } = await run("a");
    expect(stdout.split("\n")).toEqual([
      "00000.sst at byte 0: the checksum of block 0 does not match",
      "note: 00007.sst: left over: the manifest does not name it",
      "a (plain): 1 table, 0 blocks, 0 entries, 0 logs, 0 records, 118 bytes: 1 fault",
      "",
    ]);
    expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 4 });
  });

  test("says it as one JSON object", async () => {
    await space.make("a", ENTRIES, { format: "mvcc" });
    const log = space.names("a").find((name) => name.endsWith(".wal")) ?? "";
    appendFileSync(space.at(`a/${log}`), "\x00\x00");
    flip(`a/${log}`, 6);
    const { stdout, exitCode } = await run("a", ["--json"]);
    expect(stdout).toMatch(/^.+\n$/);
    expect(JSON.parse(stdout)).toEqual({
      path: space.at("a").replace(`${space.path}/`, ""),
      format: null,
      tables: 0,
      blocks: 0,
      entries: 0,
      logs: 1,
      records: 0,
      sizeBytes: expect.any(Number),
      faultCount: 1,
      faults: [{ file: log, offset: 0, part: "record", problem: expect.stringContaining("WAL") }],
      notes: [],
    });
    expect(exitCode).toBe(4);
  });

  test("verifies every format, and leaves each file as it was", async () => {
    for (const format of ["plain", "mvcc", "native"] as const) {
      await space.make(format, ENTRIES, { format });
      const before = space.files(format);
      expect(await run(format)).toMatchObject({ stdout: expect.stringMatching(/nothing is wrong\n$/), exitCode: 0 });
      expect(space.files(format)).toEqual(before);
    }
  });

  test("shows nothing that could drive a terminal", async () => {
    await space.make("a\u001b[2J", ENTRIES, { durability: "none" });
    const { stdout } = await run("a\u001b[2J");
    expect(stdout).toMatch(/^a\\x1b\[2J \(plain\)/);
  });

  test.each([
    ["a missing directory", "none", "error: none does not exist\n"],
    ["a directory that is no database", "empty", "error: empty holds no database\n"],
    ["a file", "file", "error: file is not a directory but a file\n"],
  ])("refuses %s", async (_, name, stderr) => {
    mkdirSync(space.at("empty"));
    writeFileSync(space.at("file"), "");
    expect(await run(name)).toEqual({ stdout: "", stderr, exitCode: 3 });
  });

  test("refuses a database that somebody has open", async () => {
    await space.make("a", ENTRIES);
    const database = await MiniLsm.open(space.at("a"), { useThread: false });
    const { stderr, exitCode } = await run("a");
    await database.close();
    expect(stderr).toMatch(/^error: a is in use by .+\n$/);
    expect(exitCode).toBe(3);
  });

  test("refuses a database that was changed meanwhile", async () => {
    await space.make("a", ENTRIES, { durability: "none" });
    const progress = progressThat(() => rmSync(space.at("a/00000.sst")));
    const { stderr, exitCode } = await run("a", [], { progress });
    expect(stderr).toBe("error: a was changed meanwhile (00000.sst): somebody else has it open\n");
    expect(exitCode).toBe(1);
  });

  test("counts mebibytes for somebody who watches", async () => {
    await space.make("a", ENTRIES, { durability: "none" });
    const seen: string[] = [];
    await run("a", [], { progress: progressThat((label, total) => void seen.push(`${label} of ${total}`)) });
    expect(seen).toEqual(["verify (MiB) of 0"]);
  });

  test("ends when it is interrupted", async () => {
    const many = Array.from({ length: 30_000 }, (_, index): TextEntry => [`${index}`, "v".repeat(200)]);
    await space.make("a", many, { durability: "none" });
    const signals = new EventEmitter();
    const progress = progressThat(() => signals.emit("SIGINT"));
    expect(await run("a", [], { signals, progress })).toEqual({
      stdout: "",
      stderr: "verify interrupted\n",
      exitCode: 130,
    });
    expect(signals.eventNames()).toEqual([]);
  });
});
