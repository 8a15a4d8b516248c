import { spawnSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { PROGRAM, RunningProgram, WorkingDirectory } from "./shell-program.ts";

const PROMPT = "mini-lsm-cli> ";
const QUESTION = "everything in it? [y/N] ";
/** util-linux's `script` runs a program at a terminal of its own and passes on its exit code. */
const hasScript = spawnSync("script", ["-qfec", "true", "/dev/null"]).status === 0;
if (!hasScript) console.warn("without util-linux's script the shell is not tested at a terminal");

let directory: WorkingDirectory;
beforeEach(() => {
  directory = new WorkingDirectory();
});
afterEach(() => directory.dispose());

/** The program at a terminal; what stderr gets is on its stdout too, as on any terminal. */
async function atTerminal(env: NodeJS.ProcessEnv = {}, options = ""): Promise<RunningProgram> {
  const command = `echo $$; stty cols 80 rows 24; exec ${process.execPath} ${PROGRAM} ${options}`;
  const terminal = new RunningProgram("script", ["-qfec", command, "/dev/null"], directory.path, {
    TERM: "xterm",
    ...env,
  });
  await terminal.until(PROMPT);
  return terminal;
}

function send(terminal: RunningProgram, signal: NodeJS.Signals): void {
  process.kill(Number.parseInt(terminal.stdout, 10), signal);
}

describe.skipIf(!hasScript)("at a terminal", () => {
  test("commands are answered after the prompt, errors do not end the session, Ctrl-D does", async () => {
    const terminal = await atTerminal();
    terminal.send("fill 1 3\r");
    await terminal.until("3 values filled with epoch 0\r\n");
    await terminal.until(PROMPT);
    terminal.send("flushing\r");
    await terminal.until('error: column 1: unknown command "flushing", did you mean flush?\r\n');
    await terminal.until(PROMPT);
    terminal.send("\u0004");
    await terminal.until("flushed 0.sst with size=96\r\n");
    expect((await terminal.ended).exitCode).toBe(0);
  });

  test("Tab completes and the arrow brings the last line back", async () => {
    const terminal = await atTerminal();
    terminal.send("sca");
    await terminal.until("sca");
    terminal.send("\t");
    await terminal.until("n ");
    terminal.send("\r");
    await terminal.until("0 keys scanned\r\n");
    await terminal.until(PROMPT);
    terminal.send("\u001b[A");
    await terminal.until("scan ");
    terminal.send("\r");
    await terminal.until("0 keys scanned\r\n");
    await terminal.until(PROMPT);
    terminal.send("quit\r");
    expect((await terminal.ended).exitCode).toBe(0);
  });

  test("what was typed is remembered for the next session, by a file for the user alone", async () => {
    const history = `${directory.path}/state/history`;
    const first = await atTerminal({ MINI_LSM_HISTORY: history });
    first.send("put colour blue\r");
    await first.until("colour put\r\n");
    await first.until(PROMPT);
    first.send("quit\r");
    expect((await first.ended).exitCode).toBe(0);
    expect(readFileSync(history, "utf8")).toBe("put colour blue\nquit\n");
    expect(statSync(history).mode & 0o777).toBe(0o600);

    const second = await atTerminal({ MINI_LSM_HISTORY: history });
    second.send("\u001b[A\u001b[A");
    await second.until("put colour blue");
    second.send("\r");
    await second.until("colour put\r\n");
    await second.until(PROMPT);
    second.send("get co\t");
    await second.until("get colour ");
    second.send("\r");
    await second.until('colour=b"blue"\r\n');
    second.send("\u0004");
    expect((await second.ended).exitCode).toBe(0);
  });

  test("a hint shows what is still to be written", async () => {
    const terminal = await atTerminal({ NO_COLOR: "" });
    terminal.send("get ");
    await terminal.until("\u001b[2mKEY [at NAME]\u001b[22m\u001b[13D");
    terminal.send("1\r");
    await terminal.until("1 not exist\r\n");
    terminal.send("\u0004");
    expect((await terminal.ended).exitCode).toBe(0);
  });

  test("watch draws over its last answer until Ctrl-C", async () => {
    const terminal = await atTerminal();
    terminal.send("watch 0.1 tree\r");
    for (let round = 0; round < 3; round++)
      await terminal.until("\u001b[H\u001b[Jevery 0.1 s: tree (Ctrl-C ends)\r\n\r\nmemtable 0");
    terminal.send("\u0003");
    await terminal.until("watched ");
    await terminal.until(PROMPT);
    terminal.send("quit\r");
    expect((await terminal.ended).exitCode).toBe(0);
  });

  test("the prompt shows an open transaction, Tab completes in it, and Ctrl-D rolls it back", async () => {
    const terminal = await atTerminal({}, "--format mvcc");
    terminal.send("begin s\t");
    await terminal.until("erializable ");
    terminal.send("\r");
    await terminal.until("serializable transaction begun\r\n");
    await terminal.until("mini-lsm-cli (serializable)> ");
    terminal.send("put a 1\r");
    await terminal.until("a put\r\n");
    await terminal.until("mini-lsm-cli (serializable)> ");
    terminal.send("commit\r");
    await terminal.until("transaction committed\r\n");
    await terminal.until(PROMPT);
    terminal.send("begin\r");
    await terminal.until("mini-lsm-cli (transaction)> ");
    terminal.send("\u0004");
    await terminal.until("transaction rolled back\r\n");
    expect((await terminal.ended).exitCode).toBe(0);
  });

  test("Ctrl-C stops a fill, which has shown how far it is", async () => {
    const terminal = await atTerminal();
    terminal.send("fill 1 99999999999\r");
    await terminal.until("fill [");
    terminal.send("\u0003");
    await terminal.until("fill interrupted: ");
    await terminal.until(PROMPT);
    terminal.send("get 1\r");
    await terminal.until('1=b"value1@0"\r\n');
    await terminal.until(PROMPT);
    terminal.send("quit\r");
    expect((await terminal.ended).exitCode).toBe(0);
  });

  test("Ctrl-C twice at an empty prompt leaves with 130", async () => {
    const terminal = await atTerminal();
    terminal.send("\u0003");
    await terminal.until("(Ctrl-C again or Ctrl-D leaves)");
    await terminal.until(PROMPT);
    terminal.send("\u0003");
    expect((await terminal.ended).exitCode).toBe(130);
  });

  test.each([
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const)("%s at the prompt closes the database", async (signal, code) => {
    const terminal = await atTerminal();
    terminal.send("fill 1 3\r");
    await terminal.until(PROMPT);
    send(terminal, signal);
    await terminal.until("flushed 0.sst with size=96\r\n");
    expect((await terminal.ended).exitCode).toBe(code);
  });

  test("destroy asks, and only yes destroys", async () => {
    const terminal = await atTerminal();
    terminal.send("fill 1 3\r");
    await terminal.until(PROMPT);
    terminal.send("destroy\r");
    await terminal.until(QUESTION);
    terminal.send("n\r");
    await terminal.until("lsm.db kept\r\n");
    await terminal.until(PROMPT);
    terminal.send("get 2\r");
    await terminal.until('2=b"value2@0"\r\n');
    await terminal.until(PROMPT);
    terminal.send("destroy\r");
    await terminal.until(QUESTION);
    terminal.send("yes\r");
    await terminal.until("lsm.db destroyed: 2 files removed\r\n");
    expect((await terminal.ended).exitCode).toBe(0);
    expect(() => readFileSync(`${directory.path}/lsm.db/MANIFEST`)).toThrow("ENOENT");
  });

  test("Ctrl-C at the question is a no, whatever is answered after it", async () => {
    const terminal = await atTerminal();
    terminal.send("destroy\r");
    await terminal.until(QUESTION);
    terminal.send("\u0003");
    await terminal.until("^C");
    terminal.send("y\r");
    await terminal.until("lsm.db kept\r\n");
    await terminal.until(PROMPT);
    terminal.send("quit\r");
    expect((await terminal.ended).exitCode).toBe(0);
  });

  test.each([
    ["colours are used", { NO_COLOR: "" }, "\u001b[31merror: "],
    ["NO_COLOR forbids them", { NO_COLOR: "1" }, "\r\nerror: "],
    ["FORCE_COLOR overrules it", { NO_COLOR: "1", FORCE_COLOR: "1" }, "\u001b[31merror: "],
  ])("%s", async (_, env, shown) => {
    const terminal = await atTerminal(env);
    terminal.send("x\r");
    await terminal.until(shown);
    terminal.send("\u0004");
    expect((await terminal.ended).exitCode).toBe(0);
  });
});
