import { describe, expect, test } from "vitest";
import { BANNER, TestShell, TestTerminal } from "../harness.ts";

const AT_PROMPT = "mini-lsm-cli> \u001b[15G";

describe("watch", () => {
  test("answers again and again until SIGINT, which ends a script", async () => {
    const shell = new TestShell();
    let gets = 0;
    shell.database.before = (operation) => {
      if (operation === "get" && ++gets === 3) shell.signals.emit("SIGINT");
    };
    const answer = await shell.pipe("watch 0.1 get 1\nget 2\n");
    expect(answer).toEqual({
      stdout: `${BANNER}${"1 not exist\n".repeat(3)}watched 3 times\n`,
      stderr: "",
      exitCode: 130,
    });
  });

  test("at a terminal draws over the last answer, and Ctrl-C leads back to the prompt", async () => {
    const terminal = new TestTerminal();
    const ending = terminal.run();
    await terminal.stdout.until(AT_PROMPT);
    const head = "\u001b[H\u001b[Jevery 0.1 s: get  1 (Ctrl-C ends)\n\n1 not exist\n";
    await terminal.type("watch 0.1 get  1\r", `${"\n".repeat(24)}${head}`);
    await terminal.stdout.until(head + head);
    await terminal.type("\u0003", AT_PROMPT);
    expect(terminal.stdout.text).toMatch(/watched \d+ times\n[^\n]*$/);
    await terminal.type("\u0004", "\n");
    expect((await ending).exitCode).toBe(0);
  });

  test("ends at a failure", async () => {
    const shell = new TestShell();
    const { stdout, stderr, exitCode } = await shell.run("-c", "watch 1 get 1 at monday");
    expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 1 });
    expect(stderr).toBe('error: there is no snapshot "monday", take one first: snapshot NAME\n');
  });

  test("keeps what the engine tells out of an answer", async () => {
    const shell = new TestShell();
    let moves = 0;
    shell.database.before = (operation) => {
      if (operation === "next") shell.database.emit("flush", { id: 7, sizeBytes: 8, entries: 9 });
      if (operation === "next" && ++moves === 4) shell.signals.emit("SIGINT");
    };
    const { stdout } = await shell.run("-c", "fill 1 2; watch 0.1 scan --keys");
    const round = 'b"1"\nb"2"\n\n2 keys scanned\nflushed 7.sst with size=8\nflushed 7.sst with size=8\n';
    expect(stdout).toContain(`2 values filled with epoch 0\n${round}${round}watched 2 times\n`);
  });

  test.each([
    ["watch 0 get 1", 'column 7: SECONDS of watch is "0", expected seconds from 0.1 to 86400'],
    ["watch 86401 get 1", 'column 7: SECONDS of watch is "86401", expected seconds from 0.1 to 86400'],
    ["watch 1e3 get 1", 'column 7: SECONDS of watch is "1e3", expected seconds from 0.1 to 86400'],
    ["watch 1", "column 8: COMMAND of watch is missing, expected: watch SECONDS COMMAND…"],
    [
      "watch 1 watch 1 get 1",
      "column 9: watch cannot stand here, expected one of get, scan, explain, dump, tree, stats, fill, put, del, flush, full_compaction",
    ],
    ["watch 1 gte 1", 'column 9: unknown command "gte", did you mean get?'],
    ["watch 1 get", "column 12: KEY of get is missing, expected: get KEY [at NAME]"],
    ["explain put a b", "column 9: put cannot stand here, expected get or scan"],
    ["explain", "column 8: COMMAND of explain is missing, expected: explain get|scan …"],
    ["explain xyz", 'column 9: unknown command "xyz", expected get or scan'],
  ])("refuses %s", async (line, message) => {
    const { stderr, exitCode } = await new TestShell().run("-c", line);
    expect(stderr).toBe(`error: ${message}\n`);
    expect(exitCode).toBe(1);
  });
});

describe("timing", () => {
  test("is off at first, and shows a time after each answer while it is on", async () => {
    const { stdout } = await new TestShell().run("-c", "timing; timing on; get 1; scan; timing off; get 1");
    expect(stdout.replaceAll(/\d+\.\d+ ms/g, "# ms")).toBe(
      "timing is off\ntiming is on\n1 not exist\ntime: # ms\n\n0 keys scanned\ntime: # ms\ntiming is off\n1 not exist\n",
    );
  });
});
