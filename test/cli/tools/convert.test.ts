import { EventEmitter } from "node:events";
import { mkdirSync, truncateSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parseArguments } from "../../../src/cli/arguments.ts";
import { convert } from "../../../src/cli/tools/convert.ts";
import type { ToolSurface } from "../../../src/cli/tools/run-tool.ts";
import { MiniLsm } from "../../../src/engine/mini-lsm.ts";
import { type TextEntry, Workspace } from "../../support/conversions.ts";

let space: Workspace;
beforeEach(() => {
  space = new Workspace();
});
afterEach(() => space[Symbol.dispose]());

/** Runs `convert` with these arguments, where a name of the workspace stands for its path, and shows it by its name. */
async function run(names: readonly string[], options: readonly string[], changes: Partial<ToolSurface> = {}) {
  const parsed = parseArguments(["convert", ...names.map((name) => space.at(name)), ...options], "1.2.3");
  if (parsed.kind !== "convert") throw new Error(JSON.stringify(parsed));
  let [stdout, stderr] = ["", ""];
  const exitCode = await convert(parsed.conversion, {
    out: (text) => {
      stdout += text.replaceAll(`${space.path}/`, "");
      return true;
    },
    err: (text) => {
      stderr += text.replaceAll(`${space.path}/`, "");
    },
    progress: { begin() {}, update() {}, end() {}, clear() {}, restore() {} },
    signals: new EventEmitter(),
    ...changes,
  });
  return { stdout, stderr, exitCode };
}

const TO_MVCC = ["--format", "mvcc"];

describe("the arguments of convert", () => {
  const parse = (...argv: string[]) => parseArguments(["convert", ...argv], "1.2.3");
  const refusalOf = (...argv: string[]): string => {
    const parsed = parse(...argv);
    return parsed.kind === "leave" ? `${parsed.exitCode}: ${parsed.stderr.split("\n")[0]}` : "accepted";
  };

  test("are two directories and a format, in any order", () => {
    const request = { from: "a", to: "b", format: "mvcc" };
    expect(parse("a", "b", "--format", "mvcc")).toEqual({ kind: "convert", conversion: { request, isJson: false } });
    expect(parse("--format=mvcc", "--json", "a", "b")).toEqual({
      kind: "convert",
      conversion: { request, isJson: true },
    });
  });

  test.each([
    [["a", "b"], "2: error: required option '--format <format>' not specified"],
    [["a", "--format", "mvcc"], "2: error: missing required argument 'to'"],
    [
      ["a", "b", "c", "--format", "mvcc"],
      "2: error: too many arguments for 'convert'. Expected 2 arguments but got 3.",
    ],
    [
      ["", "b", "--format", "mvcc"],
      "2: error: command-argument value '' is invalid for argument 'from'. Expected the name of a directory.",
    ],
    [["a", "b", "--format", "mvcc", "--format", "plain"], "2: error: option '--format <format>' given more than once"],
  ])("are not %j", (argv, message) => {
    expect(refusalOf(...argv)).toBe(message);
  });

  test("name every format when one is not known", () => {
    expect(refusalOf("a", "b", "--format", "rust")).toMatch(/Allowed choices are plain, mvcc, native/);
  });

  test("do not go with those of the shell", () => {
    const parsed = parseArguments(["--path", "a", "convert", "a", "b", ...TO_MVCC], "1.2.3");
    expect(parsed.kind === "leave" && parsed.stderr).toBe(
      "error: option '--path <directory>' is for the shell, which convert does not start\n",
    );
  });

  test("are explained by help, with what stays behind", () => {
    const parsed = parse("--help");
    expect(parsed.kind === "leave" && parsed.stdout).toMatch(/--format <format>[\s\S]*--json[\s\S]*older versions/);
  });
});

describe("convert", () => {
  const ENTRIES: readonly TextEntry[] = [
    ["a", "1"],
    ["b", "22"],
  ];
  const many = Array.from({ length: 50_000 }, (_, index): TextEntry => [`${index}`, "v"]);

  test("says in one line what was made of what", async () => {
    await space.make("a", ENTRIES, { durability: "none" });
    expect(await run(["a", "b"], TO_MVCC)).toEqual({
      stdout:
        "converted a (plain, 118 bytes on disk) to b (mvcc, 158 bytes on disk): 2 entries, 2 bytes of keys, 3 bytes of values\n",
      stderr: "",
      exitCode: 0,
    });
    expect(await space.read("b")).toEqual(ENTRIES);
  });

  test("says it as one JSON object", async () => {
    await space.make("a", ENTRIES.slice(1), { durability: "none" });
    const { stdout, ...rest } = await run(["a", "b"], [...TO_MVCC, "--json"]);
    expect(stdout).toMatch(/^.+\n$/);
    expect(JSON.parse(stdout)).toEqual({
      from: { path: "a", format: "plain", sizeBytes: 108 },
      to: { path: "b", format: "mvcc", sizeBytes: 140 },
      entries: 1,
      keyBytes: 1,
      valueBytes: 2,
    });
    expect(rest).toEqual({ stderr: "", exitCode: 0 });
  });

  test("counts for somebody who watches, and clears the line before the answer", async () => {
    await space.make("a", many, { durability: "none" });
    const seen: string[] = [];
    const note = (what: string) => () => void seen.push(what);
    await run(["a", "b"], TO_MVCC, {
      progress: {
        begin: (label, total) => void seen.push(`${label} of ${total}`),
        update: (done) => void seen.push(Number(done) > 0 ? "update" : "?"),
        end: note("end"),
        clear: note("clear"),
        restore: note("restore"),
      },
      out: () => seen.push("out") > 0,
    });
    expect([...new Set(seen)]).toEqual(["convert of undefined", "update", "end", "out"]);
  });

  test("passes on warnings, and takes the bar away for them", async () => {
    await space.make("a", ENTRIES);
    const log = space.names("a").find((name) => name.endsWith(".wal"));
    truncateSync(space.at(`a/${log}`), 12);
    const { stdout, stderr, exitCode } = await run(["a", "b"], TO_MVCC);
    expect(stdout).toContain(": 1 entry, 1 byte");
    expect(stderr).toMatch(/^warning: ignoring incomplete WAL record .+\n$/);
    expect(exitCode).toBe(0);
  });

  test.each([
    ["a missing database", ["c", "b"], "error: c does not exist\n", 3],
    ["a directory that is no database", ["empty", "b"], "error: empty holds no database\n", 3],
    [
      "a target that is there",
      ["a", "a2"],
      "error: a2 is not empty, it holds 00000.sst: a conversion replaces nothing\n",
      3,
    ],
    ["a target in the database", ["a", "a/b"], "error: a/b lies inside a\n", 2],
    ["a target in no directory", ["a", "c/b"], "error: cannot make c/b: there is no directory c\n", 2],
  ])("refuses %s", async (_, names, stderr, exitCode) => {
    await space.make("a", ENTRIES, { durability: "none" });
    await space.make("a2", ENTRIES, { durability: "none" });
    mkdirSync(space.at("empty"));
    expect(await run(names, TO_MVCC)).toEqual({ stdout: "", stderr, exitCode });
    expect(space.names()).toEqual(["a", "a2", "empty"]);
  });

  test("refuses a database that is open, with the engine's words", async () => {
    await space.make("a", ENTRIES);
    const database = await MiniLsm.open(space.at("a"), { useThread: false });
    const { stderr, exitCode } = await run(["a", "b"], TO_MVCC);
    await database.close();
    expect(stderr).toMatch(/^error: a is already open in this process .+\n$/);
    expect(exitCode).toBe(3);
  });

  test("ends with the exit code of damage where there is some", async () => {
    await space.make("a", ENTRIES, { durability: "none" });
    truncateSync(space.at("a/00000.sst"), 40);
    const { stderr, exitCode } = await run(["a", "b"], TO_MVCC);
    expect(stderr).toMatch(/^error: a\/00000\.sst at byte .+\n$/);
    expect(exitCode).toBe(4);
  });

  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ])("ends at %s, and leaves nothing behind", async (name, exitCode) => {
    await space.make("a", many, { durability: "none" });
    const signals = new EventEmitter();
    const progress = {
      begin: () => void signals.emit(name),
      update() {},
      end() {},
      clear() {},
      restore() {},
    };
    expect(await run(["a", "b"], TO_MVCC, { signals, progress })).toEqual({
      stdout: "",
      stderr: "convert interrupted: b was not made\n",
      exitCode,
    });
    expect(space.names()).toEqual(["a"]);
    expect(signals.eventNames()).toEqual([]);
  });
});
