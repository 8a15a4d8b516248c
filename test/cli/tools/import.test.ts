import { EventEmitter } from "node:events";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { exportEntries } from "../../../src/cli/tools/export.ts";
import { importEntries } from "../../../src/cli/tools/import.ts";
import type { ToolSurface } from "../../../src/cli/tools/run-tool.ts";
import { MiniLsm } from "../../../src/engine/mini-lsm.ts";
import { DATABASE_FORMATS } from "../../../src/options.ts";
import { type TextEntry, Workspace } from "../../support/conversions.ts";
import { answerOf, helpOf, progressThat, refusalOf, toolCall } from "../../support/tool-surface.ts";

let space: Workspace;
beforeEach(() => {
  space = new Workspace();
});
afterEach(() => space[Symbol.dispose]());

async function* nobody(): AsyncGenerator<Uint8Array> {}

/** Imports from a file of the workspace, or from stdin. */
function run(
  to: string,
  source: string,
  options: readonly string[] = ["--from", "jsonl"],
  changes: Partial<ToolSurface> = {},
  stdin: AsyncIterable<Uint8Array> = nobody(),
) {
  const given = toolCall("import", [space.at(to), source === "-" ? "-" : space.at(source), ...options]);
  return answerOf(
    (surface) => importEntries(given, surface, stdin),
    (text) => text.replaceAll(`${space.path}/`, ""),
    changes,
  );
}

const write = (name: string, content: string): void => writeFileSync(space.at(name), content);
const LINES = '{"key":"a","value":"1"}\n{"key":"b","value":{"base64":"/w=="}}\n';
const ENTRIES: readonly TextEntry[] = [
  ["a", "1"],
  ["b", "\xff"],
];

describe("the arguments of import", () => {
  test("are a directory and a source, of which kind it is, and a format or an existing database", () => {
    expect(toolCall("import", ["a", "b", "--from", "csv"])).toEqual({
      directory: "a",
      source: "b",
      from: "csv",
      format: "native",
      isJson: false,
    });
    expect(toolCall("import", ["a", "-", "--from", "jsonl", "--merge", "--json"])).toMatchObject({
      source: "-",
      format: undefined,
      isJson: true,
    });
  });
  test.each([
    [["import", "a", "b"], "2: error: required option '--from <kind>' not specified"],
    [["import", "a", "--from", "csv"], "2: error: missing required argument 'source'"],
    [
      ["import", "a", "b", "--from", "xml"],
      "2: error: option '--from <kind>' argument 'xml' is invalid. Allowed choices are jsonl, csv, classic-level.",
    ],
    [
      ["import", "a", "b", "--from", "csv", "--merge", "--format", "plain"],
      "2: error: option '--format <format>' cannot be used with option '--merge'",
    ],
    [
      ["import", "a", "-", "--from", "classic-level"],
      "2: error: a LevelDB database is a directory, and not read from stdin",
    ],
  ])("are not %j", (argv, message) => {
    expect(refusalOf(...argv)).toBe(message);
  });
  test("are explained by help", () => {
    expect(helpOf("import")).toMatch(/--merge[\s\S]*Exit codes: 0 [\s\S]*Examples:/);
  });
});

describe("import", () => {
  test("makes a database, and says of how much", async () => {
    write("in", LINES);
    expect(await run("a", "in")).toEqual({
      stdout: "imported in to a (native): 2 entries, 2 bytes of keys, 2 bytes of values\n",
      stderr: "",
      exitCode: 0,
    });
    expect(await space.read("a")).toEqual(ENTRIES);
    expect(space.names()).toEqual(["a", "in"]);
    const { stdout } = await run("b", "in", ["--from", "jsonl", "--format", "plain", "--json"]);
    expect(JSON.parse(stdout.replaceAll(space.path, ""))).toEqual({
      from: "in",
      kind: "jsonl",
      to: "b",
      format: "plain",
      entries: 2,
      keyBytes: 2,
      valueBytes: 2,
    });
  });

  test("reads stdin, in whatever pieces it comes", async () => {
    async function* pieces(): AsyncGenerator<Uint8Array> {
      for (const byte of Buffer.from(`key,value\n${"a,1\nb,2\n"}`)) yield Uint8Array.of(byte);
    }
    expect(await run("a", "-", ["--from", "csv"], {}, pieces())).toMatchObject({
      stdout: "imported stdin to a (native): 2 entries, 2 bytes of keys, 2 bytes of values\n",
      exitCode: 0,
    });
    expect(await space.read("a")).toEqual([
      ["a", "1"],
      ["b", "2"],
    ]);
  });

  test.each(DATABASE_FORMATS.flatMap((format) => (["jsonl", "csv"] as const).map((kind) => [format, kind] as const)))(
    "of what export wrote of a %s database as %s is the same database",
    async (format, kind) => {
      const entries = Array.from({ length: 3000 }, (_, index): TextEntry => {
        const key = String.fromCharCode(index & 255, (index >> 4) & 255, index >> 8, index % 7);
        return [
          key,
          String.fromCharCode(...key.split("").map((letter) => (letter.charCodeAt(0) * 31) & 255), index & 255),
        ];
      }).sort(([left], [right]) => (left < right ? -1 : 1));
      await space.make("a", entries, { format, durability: "none" });
      const given = toolCall("export", [space.at("a"), "--format", kind, "--output", space.at("out")]);
      expect((await answerOf((surface) => exportEntries(given, surface))).exitCode).toBe(0);
      expect((await run("b", "out", ["--from", kind, "--format", format])).exitCode).toBe(0);
      expect(await space.read("b")).toEqual(await space.read("a"));
      expect(await space.read("b")).toHaveLength(3000);
    },
  );

  test("names the line that is wrong, and makes nothing", async () => {
    write("in", `${LINES}{"key":"c"}\n`);
    expect(await run("a", "in")).toEqual({
      stdout: "",
      stderr: expect.stringMatching(/^error: line 3: value is missing, .+\n$/),
      exitCode: 1,
    });
    write("in", `${LINES}{"key":"","value":"x"}\n`);
    expect(await run("a", "in", ["--from", "jsonl", "--format", "mvcc"])).toMatchObject({
      stderr: expect.stringMatching(/^error: line 3: this entry does not fit into the format mvcc: .+\n$/),
      exitCode: 1,
    });
    expect(space.names()).toEqual(["in"]);
  });

  test("puts entries into a database that is there when it is told so, and keeps what came before an error", async () => {
    await space.make("a", [
      ["a", "old"],
      ["z", "old"],
    ]);
    write("in", LINES);
    expect(await run("a", "in")).toMatchObject({
      stderr: expect.stringMatching(/^error: a is not empty, it holds .+: an import replaces nothing\n$/),
      exitCode: 3,
    });
    write("bad", `${LINES}?\n`);
    expect(await run("a", "bad", ["--from", "jsonl", "--merge"])).toMatchObject({
      stderr: expect.stringMatching(
        /^error: line 3: .+; 2 entries were put into a before that: importing again from the beginning does no harm\n$/,
      ),
      exitCode: 1,
    });
    expect(await space.read("a")).toEqual([...ENTRIES, ["z", "old"]]);
    expect(await run("a", "in", ["--from", "jsonl", "--merge"])).toMatchObject({
      stdout: "imported in to a (plain): 2 entries, 2 bytes of keys, 2 bytes of values\n",
      exitCode: 0,
    });
    expect(space.names("a").filter((name) => name.endsWith(".wal"))).toEqual([]);
  });

  test.each([
    ["a missing file", "a", "none", "error: cannot read none: ENOENT\n", 3],
    ["a directory as the file", "a", "empty", "error: empty is a directory, expected a file of jsonl\n", 3],
    [
      "a file where the database is to be",
      "in",
      "in",
      "error: in is there already: a file, and an import replaces nothing\n",
      3,
    ],
    ["a database in no directory", "x/a", "in", "error: cannot make x/a: there is no directory x\n", 2],
  ])("refuses %s", async (_, to, source, stderr, exitCode) => {
    write("in", LINES);
    mkdirSync(space.at("empty"));
    expect(await run(to, source)).toEqual({ stdout: "", stderr, exitCode });
    expect(space.names()).toEqual(["empty", "in"]);
  });

  test.skipIf(process.getuid?.() === 0)("refuses a file that may not be read", async () => {
    write("in", LINES);
    chmodSync(space.at("in"), 0);
    expect(await run("a", "in")).toEqual({ stdout: "", stderr: "error: cannot read in: EACCES\n", exitCode: 1 });
    expect(space.names()).toEqual(["in"]);
  });

  test("refuses to put entries where there is no database, or where somebody has it open", async () => {
    write("in", LINES);
    expect(await run("a", "in", ["--from", "jsonl", "--merge"])).toMatchObject({
      stderr: "error: a does not exist\n",
      exitCode: 3,
    });
    const database = await MiniLsm.open(space.at("a"), { useThread: false });
    expect(await run("a", "in", ["--from", "jsonl", "--merge"])).toMatchObject({
      stderr: expect.stringMatching(/^error: a is already open /),
      exitCode: 3,
    });
    await database.close();
  });

  test("ends when it is interrupted while it waits for somebody to type, and leaves nothing behind", async () => {
    const signals = new EventEmitter();
    const progress = progressThat(() => void setImmediate(() => signals.emit("SIGINT")));
    async function* silent(): AsyncGenerator<Uint8Array> {
      await new Promise(() => {});
    }
    expect(await run("a", "-", ["--from", "jsonl"], { signals, progress }, silent())).toEqual({
      stdout: "",
      stderr: "import interrupted: a was not made\n",
      exitCode: 130,
    });
    expect(space.names()).toEqual([]);
  });
});
