import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { BANNER, TestShell, TestTerminal } from "./harness.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "mini-lsm-source-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** A file of commands; gives its path. */
function file(name: string, commands: string): string {
  const path = join(directory, name);
  writeFileSync(path, commands);
  return path;
}

describe("source", () => {
  test.each(["source", ".read"])("%s runs the lines of a file, then what follows", async (word) => {
    const path = file("a", "put a 1\r\n\nget a");
    const { stdout, stderr, exitCode } = await new TestShell().pipe(`${word} ${path}\nget b\n`);
    expect({ stdout, stderr, exitCode }).toEqual({
      stdout: `${BANNER}a put\na=b"1"\nb not exist\nflushed 0.sst with size=0\n`,
      stderr: "",
      exitCode: 0,
    });
  });

  test("runs files within files, in order, and counts only what they do", async () => {
    const inner = file("inner", "get 2\n");
    const outer = file("outer", `get 1\nsource "${inner}"\nget 3\n`);
    const { stdout } = await new TestShell().run("-c", `source ${outer}; fill 4 4`);
    expect(stdout).toBe(
      "1 not exist\n2 not exist\n3 not exist\n1 values filled with epoch 3\nflushed 0.sst with size=0\n",
    );
  });

  test("names file, line and column of a mistake, which ends a script", async () => {
    const inner = file("inner", "get 1\nget\nget 2\n");
    const outer = file("outer", `source ${inner}\nget 3\n`);
    const { stdout, stderr, exitCode } = await new TestShell().pipe(`source ${outer}\nget 4\n`);
    expect(stdout).toBe(`${BANNER}1 not exist\n`);
    expect(stderr).toBe(`error: ${inner}, line 2, column 4: KEY of get is missing, expected: get KEY [at NAME]\n`);
    expect(exitCode).toBe(1);
  });

  test("goes on after a mistake with --keep-going", async () => {
    const path = file("a", "nonsense\nget 1\n");
    const { stdout, exitCode } = await new TestShell().pipe(`source ${path}\nget 2\n`, "--keep-going");
    expect(stdout).toBe(`${BANNER}1 not exist\n2 not exist\n`);
    expect(exitCode).toBe(1);
  });

  test("at a terminal a mistake ends the file, not the session", async () => {
    const inner = file("inner", "get 1\nnonsense\nget 2\n");
    const outer = file("outer", `source ${inner}\nget 3\n`);
    const terminal = new TestTerminal();
    const ending = terminal.run();
    await terminal.stdout.until("mini-lsm-cli> \u001b[15G");
    await terminal.type(`source ${outer}\r`, "1 not exist\n\u001b[1G\u001b[0Jmini-lsm-cli> \u001b[15G");
    await terminal.type("\u0004", "\n");
    expect(await ending).toMatchObject({ exitCode: 0 });
    expect(terminal.stderr.text).toContain(`error: ${inner}, line 2, column 1: unknown command "nonsense"`);
    expect(terminal.stdout.text).not.toContain("3 not exist");
  });

  test("ends with quit", async () => {
    const path = file("a", "get 1\nquit\nget 2\n");
    const { stdout, exitCode } = await new TestShell().pipe(`source ${path}\nget 3\n`);
    expect(stdout).toBe(`${BANNER}1 not exist\n`);
    expect(exitCode).toBe(0);
  });

  test("ends where files name each other in a circle", async () => {
    const path = join(directory, "a");
    writeFileSync(path, `source ${path}\n`);
    const { stderr, exitCode } = await new TestShell().pipe(`source ${path}\n`);
    expect(stderr).toBe(`error: ${path}, line 1: files name each other more than 16 deep, expected no circle\n`);
    expect(exitCode).toBe(1);
  });

  test("takes many lines without waiting for each other", async () => {
    const path = file("a", Array.from({ length: 10_000 }, (_, number) => `get ${number}\n`).join(""));
    const { stdout } = await new TestShell().run("-c", `source ${path}`);
    expect(stdout.split("\n")).toHaveLength(10_001);
    expect(stdout).toContain("\n9999 not exist\n");
  });

  test.each([
    [
      "that is not there",
      () => join(directory, "missing"),
      /missing is not there, expected a file with a command on each line\n$/,
    ],
    ["that is a directory", () => directory, / is no regular file, expected one with a command on each line\n$/],
  ])("refuses a file %s", async (_, path, message) => {
    mkdirSync(join(directory, "sub"));
    const { stderr, exitCode } = await new TestShell().pipe(`source ${path()}\n`);
    expect(stderr).toMatch(message);
    expect(exitCode).toBe(1);
  });

  test("SIGINT in the middle of a file ends the session", async () => {
    const path = file("a", "fill 1 18446744073709551615\nget 1\n");
    const shell = new TestShell();
    let puts = 0;
    shell.database.before = (operation) => {
      if (operation === "put" && ++puts === 1000) shell.signals.emit("SIGINT");
    };
    const { stdout, exitCode } = await shell.pipe(`source ${path}\nget 2\n`);
    expect(stdout).toBe(`${BANNER}flushed 0.sst with size=0\n`);
    expect(exitCode).toBe(130);
  });
});
