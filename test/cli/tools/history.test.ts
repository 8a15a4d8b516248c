import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { HISTORY_LINES_MAX, HistoryFile, historyPath } from "../../../src/cli/terminal/history-file.ts";
import { TestShell, TestTerminal } from "../harness.ts";

let directory: string;
let path: string;
const warnings: string[] = [];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "mini-lsm-history-"));
  path = join(directory, "state", "history");
  warnings.length = 0;
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function open(file = path): HistoryFile {
  return new HistoryFile(file, (message) => warnings.push(message));
}

describe("a history file", () => {
  test("is made for the user alone, and has lines in order, the newest first", () => {
    const history = open();
    expect(history.load()).toEqual([]);
    history.add("get 1");
    history.add("get é");
    expect(open().load()).toEqual(["get é", "get 1"]);
    expect(readFileSync(path, "utf8")).toBe("get 1\nget é\n");
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(join(directory, "state")).mode & 0o777).toBe(0o700);
    expect(readdirSync(join(directory, "state"))).toEqual(["history"]);
    expect(warnings).toEqual([]);
  });

  test("has no line twice", () => {
    const history = open();
    for (const line of ["a", "b", "a", "c", "b"]) history.add(line);
    expect(open().load()).toEqual(["b", "c", "a"]);
  });

  test("keeps the lines of sessions side by side", () => {
    const [one, other] = [open(), open()];
    one.load();
    other.load();
    one.add("of one");
    other.add("of the other");
    one.add("of one again");
    expect(open().load()).toEqual(["of one again", "of the other", "of one"]);
  });

  test("has the newest lines when there are too many", () => {
    const history = open();
    for (let number = 0; number < HISTORY_LINES_MAX + 5; number++) history.add(`get ${number}`);
    const lines = open().load();
    expect(lines).toHaveLength(HISTORY_LINES_MAX);
    expect([lines[0], lines.at(-1)]).toEqual([`get ${HISTORY_LINES_MAX + 4}`, "get 5"]);
  });

  test.each([
    ["blank", "  "],
    ["begun with a blank", " put password 1"],
    ["longer than a command", `put a ${"v".repeat(5000)}`],
    ["with what drives a terminal", "get \u001b[2J"],
  ])("forgets a line that is %s", (_, line) => {
    open().add(line);
    expect(open().load()).toEqual([]);
  });

  test("leaves out what drives a terminal, and lines that are there twice, when somebody else wrote them", () => {
    rmSync(join(directory, "state"), { recursive: true, force: true });
    const file = join(directory, "other");
    writeFileSync(file, "get 1\nget \u001b]0;x\u0007\n\nget 1\nget \u202e2\nget 3");
    expect(open(file).load()).toEqual(["get 3", "get 1"]);
  });

  test("becomes private when it was not, and stays where a link leads", () => {
    const file = join(directory, "real");
    const link = join(directory, "link");
    writeFileSync(file, "get 1\n");
    chmodSync(file, 0o644);
    symlinkSync(file, link);
    open(link).add("get 2");
    expect(readFileSync(file, "utf8")).toBe("get 1\nget 2\n");
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test.each(["/dev/null", ""])("of %j is none, without a word", (file) => {
    if (file !== "") {
      const history = open(file);
      expect(history.load()).toEqual([]);
      history.add("get 1");
      expect(statSync(file).isCharacterDevice()).toBe(true);
    } else {
      expect(historyPath({ MINI_LSM_HISTORY: "", HOME: "/home/a" })).toBeUndefined();
    }
    expect(warnings).toEqual([]);
  });

  test("that cannot be is told once", () => {
    const history = open(directory);
    expect(history.load()).toEqual([]);
    history.add("get 1");
    expect(warnings).toEqual([`warning: no history in ${directory}: it is no regular file\n`]);
  });
});

describe("where the history lies", () => {
  test.each<[NodeJS.ProcessEnv, NodeJS.Platform, string]>([
    [{ MINI_LSM_HISTORY: "/x/y", XDG_STATE_HOME: "/state" }, "linux", "/x/y"],
    [{ HOME: "/home/a", XDG_STATE_HOME: "/state" }, "linux", "/state/mini-lsm-cli/history"],
    [{ HOME: "/home/a" }, "linux", "/home/a/.local/state/mini-lsm-cli/history"],
    [{ HOME: "/home/a", XDG_STATE_HOME: "relative" }, "linux", "/home/a/.local/state/mini-lsm-cli/history"],
    [{ HOME: "/home/a", LOCALAPPDATA: "/local" }, "win32", "/local/mini-lsm-cli/history"],
  ])("%j on %s", (variables, platform, expected) => {
    expect(historyPath(variables, platform)).toBe(expected);
  });
});

describe("a session", () => {
  const AT_PROMPT = "mini-lsm-cli> \u001b[15G";

  test("at a terminal begins with the lines of those before, and adds its own at once", async () => {
    open().add("get 7");
    const terminal = new TestTerminal();
    terminal.variables.MINI_LSM_HISTORY = path;
    const ending = terminal.run();
    await terminal.stdout.until(AT_PROMPT);
    await terminal.type("\u001b[A", "get 7\u001b[20G");
    await terminal.type("\r", AT_PROMPT);
    await terminal.type("get 8\r", AT_PROMPT);
    expect(open().load()).toEqual(["get 8", "get 7"]);
    await terminal.type(" get 9\r", AT_PROMPT);
    await terminal.type("\u001b[A", "get 8\u001b[20G");
    terminal.signals.emit("SIGTERM");
    await ending;
    expect(open().load()).toEqual(["get 8", "get 7"]);
  });

  test.each([
    ["from a pipe", (shell: TestShell) => shell.pipe("get 1\n")],
    ["of -c", (shell: TestShell) => shell.run("-c", "get 1")],
  ])("%s writes none", async (_, run) => {
    const shell = new TestShell();
    shell.variables.MINI_LSM_HISTORY = path;
    await run(shell);
    expect(readdirSync(directory)).toEqual([]);
  });
});
