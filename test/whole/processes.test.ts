import { type ChildProcess, spawnSync } from "node:child_process";
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Ended, PROGRAM, RunningProgram, startShell, WorkingDirectory } from "./shell-program.ts";

const preload = (name: string): string => fileURLToPath(new URL(`./preload/${name}.cjs`, import.meta.url));

let directory: WorkingDirectory;
beforeEach(() => {
  directory = new WorkingDirectory();
});
afterEach(() => directory.dispose());

/** One line of words, and no stack trace. */
function expectWords({ stderr }: Pick<Ended, "stderr">): void {
  expect(stderr).not.toMatch(/^ +at |node:internal|TypeError|RangeError/m);
}

const entriesOf = (scan: string): number => Number(/(\d+) keys scanned/.exec(scan)?.[1]);

async function countIn(cwd: string, path = "lsm.db"): Promise<number> {
  return entriesOf((await startShell(cwd, "--path", path, "--read-only", "-c", "scan").finish()).stdout);
}

const hasProcFiles = existsSync("/proc/self/status");

/** That of SIGHUP, which Node itself does not catch, and for which the program asks last. */
const HANG_UP = 1;

/** Until the program has asked to be told of signals: before that it ends as every program does. */
async function untilHandled(child: ChildProcess): Promise<void> {
  for (;;) {
    const [, caught = "0"] = /SigCgt:\s+([0-9a-f]+)/.exec(readFileSync(`/proc/${child.pid}/status`, "latin1")) ?? [];
    if (((BigInt(`0x${caught}`) >> BigInt(HANG_UP - 1)) & 1n) === 1n) return;
    await new Promise(setImmediate);
  }
}

const SIGNALS = [
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 129],
] as const;

describe.skipIf(!hasProcFiles)("a signal during", () => {
  const COUNT = 400_000;
  let place: WorkingDirectory;
  beforeAll(async () => {
    place = new WorkingDirectory();
    await startShell(place.path, "--path", "a", "-c", `fill 1 ${COUNT}`).finish();
    await startShell(place.path, "export", "a", "--output", "a.jsonl").finish();
  });
  afterAll(() => place.dispose());

  const TOOLS = [
    ["verify", ["verify", "a"]],
    ["convert", ["convert", "a", "b", "--format", "native"]],
    ["repair", ["repair", "a", "--into", "b"]],
    ["backup", ["backup", "a", "--into", "b"]],
    ["export", ["export", "a", "--output", "b"]],
    ["import", ["import", "b", "a.jsonl", "--from", "jsonl"]],
    ["bench", ["bench", "--entries", "10000000", "fillseq"]],
  ] as const;
  const CASES = TOOLS.flatMap(([name, argv]) => SIGNALS.map((signal) => [name, signal[0], argv, signal] as const));

  test.each(CASES)("%s, %s, ends it in words, and leaves nothing half made", async (name, signal, argv, given) => {
    const [, code] = given;
    const program = startShell(place.path, ...argv);
    await untilHandled(program.process);
    program.process.kill(signal);
    const ended = await program.finish();
    expectWords(ended);
    expect(existsSync(join(place.path, "a", "LOCK"))).toBe(false);
    const names = readdirSync(place.path).sort();
    if (ended.exitCode === 0) {
      // It was done before the signal came.
      rmSync(join(place.path, "b"), { recursive: true, force: true });
      return;
    }
    expect({ code: ended.exitCode, names }).toEqual({ code, names: ["a", "a.jsonl"] });
    expect(ended.stderr).toMatch(new RegExp(`^${name} interrupted[^\n]*\n$`));
  });

  test("any of them has left the database as it was", async () => {
    expect(await countIn(place.path, "a")).toBe(COUNT);
  });
});

describe("a directory", () => {
  test("that vanishes under the shell: what cannot be done is said, and the shell goes on and ends", async () => {
    const shell = startShell(directory.path, "--enable-wal", "--keep-going");
    shell.send("put a 1\nget a\n");
    await shell.until('a=b"1"');
    rmSync(join(directory.path, "lsm.db"), { recursive: true });
    const ended = await shell.finish("put b 2\nflush\nget a\nget b\nfull_compaction\n");
    expectWords(ended);
    expect(ended.stdout).toContain('a=b"1"');
    expect(ended.stderr).toMatch(/^error: /m);
    expect(ended.exitCode).toBe(1);
  });

  // Root may write everywhere, so the program is somebody else then.
  const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
  const run = (...argv: string[]): Ended => {
    const env = { ...process.env, NO_COLOR: "1", MINI_LSM_HISTORY: "" };
    const ended = spawnSync(process.execPath, [PROGRAM, ...argv], {
      cwd: directory.path,
      encoding: "utf8",
      env,
      ...nobody,
    });
    return { stdout: ended.stdout, stderr: ended.stderr, exitCode: ended.status, signal: ended.signal };
  };

  test.skipIf(process.platform === "win32")("that may only be read: is read, and not opened for more", async () => {
    await startShell(directory.path, "-c", "fill 1 100; flush").finish();
    const path = join(directory.path, "lsm.db");
    for (const name of readdirSync(path)) chmodSync(join(path, name), 0o444);
    chmodSync(path, 0o555);
    chmodSync(directory.path, 0o755);
    try {
      const refused = run("-c", "put a 1");
      expectWords(refused);
      expect(refused).toMatchObject({
        stdout: "",
        stderr: expect.stringMatching(/^error: [^\n]+: EACCES/),
        exitCode: 3,
      });
      expect(run("--read-only", "-c", "scan").stdout).toContain("100 keys scanned");
      expect(run("verify", "lsm.db")).toMatchObject({ exitCode: 0 });
      expect(run("export", "lsm.db").stdout.split("\n")).toHaveLength(101);
    } finally {
      chmodSync(path, 0o755);
    }
  });
});

test("a clock that goes backward at every look changes no answer", async () => {
  const set = (...argv: string[]): Promise<Ended> =>
    new RunningProgram(
      process.execPath,
      ["--require", preload("clock-backwards"), PROGRAM, ...argv],
      directory.path,
    ).finish();
  for (const format of ["plain", "mvcc", "native"]) {
    const path = `${format}.db`;
    const first = await set(
      "--path",
      path,
      "--format",
      format,
      "--enable-wal",
      "-c",
      "fill 1 5000; flush; del 7; stats",
    );
    const second = await set("--path", path, "--enable-wal", "-c", "fill 4000 6000; full_compaction; scan; get 7");
    for (const ended of [first, second]) {
      expectWords(ended);
      expect(ended).toMatchObject({ stderr: "", exitCode: 0 });
    }
    expect(entriesOf(second.stdout)).toBe(5999);
    expect(second.stdout).toContain("7 not exist");
    expect((await set("verify", path)).exitCode).toBe(0);
  }
});
