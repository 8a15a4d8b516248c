import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BANNER, RealDatabases, TestTerminal } from "../harness.ts";

const PROMPT = "mini-lsm-cli> ";
const DRAWN = drawn(PROMPT);
const ENTER = "\r";
const CTRL_C = "\u0003";
const CTRL_D = "\u0004";
const TAB = "\t";
const UP = "\u001b[A";

/** How readline draws a prompt: from the first column, erasing what stood there; then it places the cursor. */
function drawn(prompt: string): string {
  return `\u001b[1G\u001b[0J${prompt}\u001b[${prompt.length + 1}G`;
}

/** A session that was opened and waits at its first prompt. */
async function atPrompt(...argv: string[]) {
  const terminal = new TestTerminal();
  const ending = terminal.run(...argv);
  await terminal.stdout.until(DRAWN);
  return { terminal, ending };
}

describe("the prompt", () => {
  test("follows the banner and every answer", async () => {
    const { terminal, ending } = await atPrompt();
    await terminal.type(`get 1${ENTER}`, DRAWN);
    await terminal.type(`quit${ENTER}`, "quit\r\n");
    const { stdout, exitCode } = await ending;
    expect(stdout).toBe(`${BANNER}${DRAWN}get 1\r\n1 not exist\n${DRAWN}quit\r\n`);
    expect(exitCode).toBe(0);
  });

  test("comes back after an error, which does not show in the exit code", async () => {
    const { terminal, ending } = await atPrompt();
    await terminal.type(`flushing${ENTER}`, DRAWN);
    await terminal.type(CTRL_D, "\n");
    const { stderr, exitCode } = await ending;
    expect(stderr).toBe('error: column 1: unknown command "flushing", did you mean flush?\n');
    expect(exitCode).toBe(0);
    expect(terminal.database.isClosed).toBe(true);
  });

  test("completes command words", async () => {
    const { terminal, ending } = await atPrompt();
    terminal.stdin.write("du");
    await terminal.stdout.until("du");
    await terminal.type(TAB, "mp ");
    await terminal.type(ENTER, `dump success\n${DRAWN}`);
    await terminal.type(CTRL_D, "\n");
    expect((await ending).exitCode).toBe(0);
  });

  test("completes keys, also of a line that is pasted with a Tab in it", async () => {
    const { terminal, ending } = await atPrompt();
    await terminal.type(`put apple 1${ENTER}`, `apple put\n${DRAWN}`);
    await terminal.type(`get ap${TAB}`, "ple ");
    await terminal.type(ENTER, `apple=b"1"\n${DRAWN}`);
    await terminal.type(`get a${TAB}${ENTER}get b`, `get apple \r\napple=b"1"\n${DRAWN}get b`);
    terminal.signals.emit("SIGTERM");
    await ending;
  });

  test("lists keys at the second Tab, and goes as far as all of them agree", async () => {
    const { terminal, ending } = await atPrompt();
    await terminal.type(`fill 1000 2000${ENTER}`, `epoch 0\n${DRAWN}`);
    // Of more keys than are listed the last one is known too.
    await terminal.type(`get 10${TAB}${TAB}`, `${PROMPT}get 10\u001b[21G`);
    expect(terminal.stdout.text).toMatch(/\r\n1000 +1001 [^\n]*\r\n.*1048 +1099 *\r\n\r\n/s);
    terminal.signals.emit("SIGTERM");
    await ending;
  });

  test("remembers lines", async () => {
    const { terminal, ending } = await atPrompt();
    await terminal.type(`get 7${ENTER}`, DRAWN);
    await terminal.type(UP, `${PROMPT}get 7\u001b[20G`);
    await terminal.type(ENTER, `\r\n7 not exist\n${DRAWN}`);
    await terminal.type(CTRL_D, "\n");
    await ending;
  });

  test("lets pasted lines through one by one", async () => {
    const { terminal, ending } = await atPrompt();
    await terminal.type("get 1\nget 2\r\nget 3", `2 not exist\n${DRAWN}get 3`);
    expect(terminal.stdout.text).toContain(`get 1\r\n1 not exist\n${DRAWN}get 2\r\n2 not exist\n${DRAWN}get 3`);
    terminal.signals.emit("SIGTERM");
    expect((await ending).exitCode).toBe(143);
  });
});

describe("hints", () => {
  const DIM = "\u001b[2m";
  /** How a hint is drawn: dim, and the cursor goes back to where it was. */
  const hint = (text: string) => `${DIM}${text}\u001b[22m\u001b[${text.length}D`;
  const ERASED = "\u001b[0K";

  async function withHints() {
    const terminal = new TestTerminal();
    delete terminal.variables.NO_COLOR;
    const ending = terminal.run();
    await terminal.stdout.until("\u001b[15G");
    return { terminal, ending };
  }

  test("show behind the line what is still to be written, and are gone before the next key shows", async () => {
    const { terminal, ending } = await withHints();
    await terminal.type("get ", `get ${hint("KEY [at NAME]")}`);
    await terminal.type("1", `${ERASED}1`);
    await terminal.type(" ", ` ${hint("[at NAME]")}`);
    await terminal.type(ENTER, "\u001b[15G");
    expect(terminal.stdout.text).toContain(`${ERASED}\r\n1 not exist\n`);
    terminal.signals.emit("SIGTERM");
    await ending;
  });

  test("come back behind a line that a message was printed above", async () => {
    const { terminal, ending } = await withHints();
    await terminal.type("get ", hint("KEY [at NAME]"));
    terminal.database.emit("flush", { id: 7, sizeBytes: 8, entries: 9 });
    expect(terminal.stdout.text.endsWith(`get \u001b[19G${hint("KEY [at NAME]")}`)).toBe(true);
    terminal.signals.emit("SIGTERM");
    await ending;
  });

  test("are cut where the line has no more room, and are none in the middle of a line", async () => {
    const { terminal, ending } = await withHints();
    const key = "k".repeat(50);
    await terminal.type(`get ${key} `, hint("[at NAME]"));
    await terminal.type(" ".repeat(5), hint("[at N"));
    await terminal.type("\u001b[D", "\u001b[1D");
    expect(terminal.stdout.text.endsWith(`${ERASED}\u001b[1D`)).toBe(true);
    terminal.signals.emit("SIGTERM");
    await ending;
  });

  test("are none where they could not be told from what was typed", async () => {
    const { terminal, ending } = await atPrompt();
    await terminal.type("get ", "get ");
    await terminal.type("1", "get 1");
    expect(terminal.stdout.text).not.toContain("KEY");
    terminal.signals.emit("SIGTERM");
    await ending;
  });
});

describe("the prompt of a transaction", () => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), "mini-lsm-prompt-"));
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  test("shows that one is open, and which, until it ends", async () => {
    const terminal = new TestTerminal();
    terminal.databases = new RealDatabases(directory);
    const ending = terminal.run("--format", "mvcc", "--enable-wal");
    await terminal.stdout.until(DRAWN);
    await terminal.type(`begin${ENTER}`, `transaction begun\n${drawn("mini-lsm-cli (transaction)> ")}`);
    await terminal.type(`put a 1${ENTER}`, `a put\n${drawn("mini-lsm-cli (transaction)> ")}`);
    await terminal.type(`nonsense${ENTER}`, drawn("mini-lsm-cli (transaction)> "));
    await terminal.type(`commit${ENTER}`, `transaction committed\n${DRAWN}`);
    await terminal.type(`begin serializable${ENTER}`, drawn("mini-lsm-cli (serializable)> "));
    await terminal.type(`rollback${ENTER}`, `transaction rolled back\n${DRAWN}`);
    await terminal.type(`begin${ENTER}`, drawn("mini-lsm-cli (transaction)> "));
    await terminal.type(CTRL_D, "\ntransaction rolled back\n");
    expect(await ending).toMatchObject({ exitCode: 0 });
  });
});

describe("messages of the engine at the prompt", () => {
  test("are printed above the line being typed", async () => {
    const { terminal, ending } = await atPrompt();
    await terminal.type("get 1", "get 1");
    terminal.database.emit("flush", { id: 7, sizeBytes: 8, entries: 9 });
    expect(terminal.stdout.text).toMatch(
      new RegExp(
        `get 1\u001b\\[1G\u001b\\[0Jflushed 7.sst with size=8\n\u001b\\[1G\u001b\\[0J${PROMPT}get 1\u001b\\[20G$`,
      ),
    );
    await terminal.type(ENTER, `1 not exist\n${DRAWN}`);
    await terminal.type(CTRL_D, "\n");
    await ending;
  });

  test("leave a line that takes several rows whole", async () => {
    const { terminal, ending } = await atPrompt();
    const line = `get ${"k".repeat(150)}`;
    await terminal.type(line, "k");
    await terminal.stdout.until(line.slice(-8));
    terminal.database.emit("flush", { id: 7, sizeBytes: 8, entries: 9 });
    // Two rows up, all erased, the message, and the line again from there.
    expect(terminal.stdout.text).toContain(
      `\u001b[2A\u001b[1G\u001b[0Jflushed 7.sst with size=8\n\u001b[1G\u001b[0J${PROMPT}${line}`,
    );
    terminal.signals.emit("SIGTERM");
    await ending;
  });
});

describe("Ctrl-C", () => {
  test("clears what was typed", async () => {
    const { terminal, ending } = await atPrompt();
    await terminal.type("nonsense", "nonsense");
    await terminal.type(CTRL_C, DRAWN);
    await terminal.type(`get 1${ENTER}`, `1 not exist\n${DRAWN}`);
    await terminal.type(CTRL_D, "\n");
    expect(await ending).toMatchObject({ stderr: "", exitCode: 0 });
  });

  test("twice at an empty prompt leaves", async () => {
    const { terminal, ending } = await atPrompt();
    await terminal.type(CTRL_C, `\n(Ctrl-C again or Ctrl-D leaves)\n${DRAWN}`);
    await terminal.type(CTRL_C, "\n");
    expect((await ending).exitCode).toBe(130);
    expect(terminal.database.isClosed).toBe(true);
  });

  test("twice with a command between does not leave", async () => {
    const { terminal, ending } = await atPrompt();
    await terminal.type(CTRL_C, `\n(Ctrl-C again or Ctrl-D leaves)\n${DRAWN}`);
    await terminal.type(`get 1${ENTER}`, `1 not exist\n${DRAWN}`);
    await terminal.type(CTRL_C, `\n(Ctrl-C again or Ctrl-D leaves)\n${DRAWN}`);
    await terminal.type(CTRL_D, "\n");
    expect((await ending).exitCode).toBe(0);
  });

  test.each([
    ["the key", (terminal: TestTerminal) => terminal.stdin.write(`get 5${ENTER}${CTRL_C}`)],
    ["the signal", (terminal: TestTerminal) => terminal.signals.emit("SIGINT")],
  ])("as %s stops a running command, drops what was typed ahead and goes back to the prompt", async (_, press) => {
    const { terminal, ending } = await atPrompt();
    let puts = 0;
    terminal.database.before = (operation) => {
      if (operation === "put" && ++puts === 1000) press(terminal);
    };
    await terminal.type(`fill 1 18446744073709551615${ENTER}`, DRAWN);
    await terminal.stderr.until(" values filled with epoch 0\n");
    expect(terminal.stderr.text).toMatch(/^fill interrupted: \d+ values filled with epoch 0\n$/);
    await terminal.type(`get x${ENTER}`, `get x\r\nx not exist\n${DRAWN}`);
    expect(terminal.stdout.text).not.toContain("get 5");
    await terminal.type(CTRL_D, "flushed 0.sst with size=0\n");
    expect((await ending).exitCode).toBe(0);
  });
});

describe("what is typed while a command runs", () => {
  test("appears at the next prompt and runs then", async () => {
    const { terminal, ending } = await atPrompt();
    terminal.database.before = (operation) => {
      if (operation === "compact") terminal.stdin.write(`get 1${ENTER}get`);
    };
    await terminal.type(`full_compaction${ENTER}`, `1 not exist\n${DRAWN}get`);
    expect(terminal.stdout.text).toContain(`full compaction success\n${DRAWN}get 1\r\n1 not exist\n${DRAWN}get`);
    terminal.signals.emit("SIGHUP");
    expect((await ending).exitCode).toBe(129);
  });
});

describe("failures at the end of a session", () => {
  test("show in the exit code also at a terminal", async () => {
    const { terminal, ending } = await atPrompt();
    terminal.database.before = (operation) => {
      if (operation === "close") throw new Error("disk full");
    };
    terminal.stdin.write(CTRL_D);
    expect(await ending).toMatchObject({ stderr: "error: cannot close lsm.db: disk full\n", exitCode: 1 });
  });
});
