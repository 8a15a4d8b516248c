import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync, watch, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { PROGRAM, RunningProgram, startShell, WorkingDirectory } from "./shell-program.ts";

let directory: WorkingDirectory;
beforeEach(() => {
  directory = new WorkingDirectory();
});
afterEach(() => directory.dispose());

const run = (...argv: string[]) => startShell(directory.path, ...argv).finish();

/** Runs a line of bash in which `cli` is the program. */
function bash(line: string) {
  const cli = `cli() { '${process.execPath}' '${PROGRAM}' "$@"; }`;
  return new RunningProgram("bash", ["-c", `${cli}; ${line}`], directory.path).finish();
}

const names = (): string[] => readdirSync(directory.path).sort();

/** A database named a, of some hundred kilobytes and without a log. */
async function make(): Promise<void> {
  const { exitCode } = await run("--path", "a", "-c", "fill 10000 39999; flush; fill 10500 10600; del 11700");
  expect(exitCode).toBe(0);
}

/** Names, times and content of everything in a directory. */
function filesOf(name: string): unknown {
  const path = join(directory.path, name);
  return readdirSync(path).map((file) => {
    const content = readFileSync(join(path, file));
    return [file, statSync(join(path, file)).mtimeMs, createHash("sha256").update(content).digest("hex")];
  });
}

/** The same, and when the directory was changed itself. */
function printOf(name: string): unknown {
  return [statSync(join(directory.path, name)).mtimeMs, filesOf(name)];
}

describe("tools", () => {
  test("that read a database leave it as it is, names and times included", async () => {
    await make();
    const before = printOf("a");
    const table = readdirSync(join(directory.path, "a")).find((name) => name.endsWith(".sst"));
    for (const argv of [
      ["verify", "a"],
      ["inspect", "db", "a"],
      ["inspect", "manifest", "a/MANIFEST", "--bytes"],
      ["inspect", "sst", `a/${table}`, "--entries"],
      ["export", "a", "--limit", "3"],
      ["backup", "a", "--into", "b"],
      ["backup", "a", "--into", "c", "--copy"],
      ["repair", "a", "--into", "d"],
    ]) {
      const { stderr, exitCode } = await run(...argv);
      expect([argv, exitCode]).toEqual([argv, 0]);
      expect(stderr).toMatch(argv[0] === "export" ? /^exported a .*\n$/ : /^$/);
      expect(printOf("a")).toEqual(before);
    }
  });

  // A limit on the size of files, whose signal is ignored, is a disk that takes no more.
  test.skipIf(process.platform === "win32").each([
    ["backup a --into b --copy", "backup"],
    ["repair a --into b", "repair"],
    ["convert a b --format native", "convert"],
    ["export a --output b", "export"],
    ["import b in --from jsonl", "import"],
    ["bench fillseq --path b --entries 5000", "bench"],
  ])("say in a line that the disk takes no more, and leave nothing: %s", async (line) => {
    await make();
    await run("export", "a", "--output", "in");
    const before = [names(), filesOf("a")];
    const { stdout, stderr, exitCode } = await bash(`trap '' XFSZ; ulimit -f 100; cli ${line}`);
    expect(stdout).toBe("");
    expect(stderr).toMatch(/^error: .*EFBIG.*\n$/);
    expect(exitCode).toBe(1);
    expect([names(), filesOf("a")]).toEqual(before);
  });

  test.skipIf(process.platform === "win32")("end quietly when nobody reads what they say", async () => {
    await make();
    expect(await bash("cli export a 2>&1 | head -1; echo $PIPESTATUS")).toMatchObject({
      stdout: '{"key":"10000","value":"value10000@0"}\n0\n',
      stderr: "",
    });
    expect(await bash("cli verify a --json | true; echo $PIPESTATUS")).toMatchObject({
      stdout: "0\n",
      stderr: "",
    });
    expect(await bash("cli backup a --into b | true; echo $PIPESTATUS")).toMatchObject({
      stdout: "0\n",
      stderr: "",
    });
    expect(names()).toEqual(["a", "b"]);
  });

  test("end at Ctrl-C while they wait for somebody to type, and leave nothing", async () => {
    const hasBegun = new Promise<void>((resolve) => {
      const watcher = watch(directory.path, () => {
        watcher.close();
        resolve();
      });
    });
    const running = startShell(directory.path, "import", "b", "-", "--from", "jsonl");
    running.send('{"key":"a","value":"b"}\n');
    await hasBegun;
    running.process.kill("SIGINT");
    expect(await running.ended).toMatchObject({
      stdout: "",
      stderr: "import interrupted: b was not made\n",
      exitCode: 130,
    });
    expect(names()).toEqual([]);
  });

  test.each([
    ["verify none", "none does not exist"],
    ["inspect db none", "none does not exist"],
    ["export none", "none does not exist"],
    ["backup none --into b", "none does not exist"],
    ["repair none --into b", "none does not exist"],
    ["verify file", "file is not a directory but a file"],
    ["export file", "file is not a directory but a file"],
    ["backup file --into b", "file is not a directory but a file"],
    ["repair file --into b", "file is not a directory but a file"],
    ["import b none --from jsonl", "cannot read none: ENOENT"],
    ["import b file --from classic-level", "file holds no LevelDB database: there is no file CURRENT in it"],
    ["import b . --from classic-level", ". holds no LevelDB database: there is no file CURRENT in it"],
    ["bench --path file", "file is there already: a file, and a benchmark replaces nothing"],
  ])("refuse with one line and make nothing: %s", async (line, message) => {
    writeFileSync(join(directory.path, "file"), "not ours");
    const { stdout, stderr, exitCode } = await run(...line.split(" "));
    expect({ stdout, stderr, exitCode }).toEqual({ stdout: "", stderr: `error: ${message}\n`, exitCode: 3 });
    expect(names()).toEqual(["file"]);
  });
});
