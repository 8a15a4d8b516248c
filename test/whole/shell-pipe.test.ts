import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { PROGRAM, startShell, WorkingDirectory } from "./shell-program.ts";

let directory: WorkingDirectory;
beforeEach(() => {
  directory = new WorkingDirectory();
});
afterEach(() => directory.dispose());

/** What a shell pipeline prints and ends with; `$CLI` is the program. */
function pipeline(script: string) {
  const env = { ...process.env, NO_COLOR: "1", CLI: `${process.execPath} ${PROGRAM}` };
  const { stdout, stderr, status } = spawnSync("bash", ["-c", script], { cwd: directory.path, env, encoding: "utf8" });
  return { stdout, stderr, status };
}

describe("the program", () => {
  test("shows its version and its help", () => {
    const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
    expect(pipeline("$CLI --version")).toEqual({ stdout: `mini-lsm-cli ${version}\n`, stderr: "", status: 0 });
    expect(pipeline("$CLI --help").stdout).toContain("Usage: mini-lsm-cli");
  });

  test("refuses what it does not know, with exit code 2", () => {
    expect(pipeline("$CLI --pth x")).toEqual({
      stdout: "",
      stderr: "error: unknown option '--pth'\n(Did you mean --path?)\n",
      status: 2,
    });
  });

  test("keeps what one process put for the next", () => {
    const { stdout } = pipeline("$CLI -c 'put colour blue' && $CLI -c 'get colour'");
    expect(stdout).toMatch(/^colour put\nflushed 0\.sst with size=\d+\n1 SSTs opened\ncolour=b"blue"\n$/);
  });

  test("says so when somebody else has the database open", async () => {
    const first = startShell(directory.path);
    first.send("get 1\n");
    await first.until("not exist");
    const { stdout, stderr, status } = pipeline("$CLI -c 'get 1'");
    expect(stdout).toBe("");
    expect(stderr).toMatch(/^error: cannot open lsm\.db: .+\n$/);
    expect(status).toBe(3);
    expect((await first.finish()).exitCode).toBe(0);
  });

  test("says where a database is damaged, with exit code 4", () => {
    pipeline("$CLI -c 'fill 1 10000; flush'");
    const manifest = join(directory.path, "lsm.db", "MANIFEST");
    const bytes = readFileSync(manifest);
    bytes[10] = (bytes[10] ?? 0) ^ 1;
    writeFileSync(manifest, bytes);
    const { stderr, status } = pipeline("$CLI -c scan");
    expect(stderr).toMatch(/^error: cannot open lsm\.db: .*MANIFEST.+\n$/);
    expect(status).toBe(4);
  });

  test("destroys with --yes and leaves other files", () => {
    expect(
      pipeline("$CLI -c 'fill 1 1'; touch lsm.db/notes; echo destroy | $CLI --yes | tail -n 2; ls lsm.db").stdout,
    ).toContain("lsm.db destroyed: 2 files removed\nleft in place: notes\nnotes\n");
  });
});

describe("--json", () => {
  test("answers line by line, and leaves what the engine tells to stderr", () => {
    const { stdout, stderr, status } = pipeline(
      "printf 'fill 1 3\\nget 2\\nnonsense\\nscan --reverse --limit 1\\nflush\\n' | $CLI --json --keep-going",
    );
    const answers = stdout.trimEnd().split("\n");
    expect(answers.map((line) => JSON.parse(line))).toMatchObject([
      { command: "fill", count: 3 },
      { command: "get", key: "2", found: true, value: "value2@0" },
      { error: { code: "INVALID_INPUT", line: 3, column: 1 } },
      { command: "scan", entries: [{ key: "3", value: "value3@0" }], count: 1 },
      { command: "flush" },
    ]);
    const events = stderr.trimEnd().split("\n");
    expect(JSON.parse(events[0] ?? "")).toEqual({ event: "flush", id: 0, sizeBytes: expect.any(Number), entries: 3 });
    expect(status).toBe(1);
  });
});

describe("pipes", () => {
  test("closed by their reader end the program quietly, after a clean close", () => {
    const { stdout, stderr } = pipeline(
      "$CLI -c 'fill 1 300000' >/dev/null; $CLI --compaction none -c scan | head -n 2; echo $PIPESTATUS; ls lsm.db/LOCK",
    );
    expect(stdout).toMatch(/^\d SSTs opened\nb"1"=b"value1@0"\n0\n$/);
    expect(stderr).toMatch(/^ls: .*LOCK.*\n$/);
  });

  test.skipIf(!existsSync("/dev/full"))("that cannot be written are named", () => {
    expect(pipeline("$CLI -c help > /dev/full")).toEqual({
      stdout: "",
      stderr: "error: cannot write to stdout: ENOSPC: no space left on device, write\n",
      status: 1,
    });
  });

  test.skipIf(!existsSync("/proc/self/stat"))("read slowly do not fill memory", async () => {
    pipeline("$CLI --compaction none -c 'fill 1 1000000'");
    const shell = startShell(directory.path, "--compaction", "none", "-c", "scan");
    await shell.until('b"1"=');
    shell.process.stdout?.pause();
    // 28 MB of answers wait for a reader that does not read. Once the program sleeps it has nothing left to do.
    await untilAsleep(shell.process.pid);
    const [, kib] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${shell.process.pid}/status`, "utf8")) ?? [];
    expect(Number(kib)).toBeLessThan(120 * 1024);
    shell.process.stdout?.resume();
    expect((await shell.ended).stdout).toMatch(/\n1000000 keys scanned\n$/);
  });

  test("of 10 000 commands are answered in order", async () => {
    const numbers = Array.from({ length: 10_000 }, (_, number) => number);
    const { stdout } = await startShell(directory.path).finish(numbers.map((number) => `get ${number}\n`).join(""));
    expect(stdout.split("\n").slice(3, -1)).toEqual(numbers.map((number) => `${number} not exist`));
  });
});

describe("signals", () => {
  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const)("%s during a fill closes the database and keeps what was filled", async (signal, code) => {
    const shell = startShell(directory.path);
    shell.send("fill 1 99999999999\n");
    await shell.until("flushed 0.sst");
    shell.process.kill(signal);
    const { stderr, exitCode } = await shell.ended;
    const [, count] = /^fill interrupted: (\d+) values filled with epoch 0\n$/.exec(stderr) ?? [];
    expect(exitCode).toBe(code);
    expect(pipeline("$CLI --compaction none -c scan | tail -n 1").stdout).toBe(`${count} keys scanned\n`);
  });

  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("%s stops a scan whose reader does not read", async (signal, code) => {
    pipeline("$CLI -c 'fill 1 100000'");
    const shell = startShell(directory.path, "-c", "scan");
    await shell.until('b"1"=');
    shell.process.stdout?.pause();
    shell.process.kill(signal);
    shell.process.stdout?.resume();
    const { stderr, exitCode } = await shell.ended;
    expect(stderr).toMatch(/^scan interrupted: \d+ keys scanned\n$/);
    expect(exitCode).toBe(code);
  });
});

/** Until a process uses no processor time any more, because the pipe it writes to is full. */
async function untilAsleep(pid: number | undefined): Promise<void> {
  const cpuTicks = () => {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(" ");
    return Number(fields[13]) + Number(fields[14]);
  };
  let calm = 0;
  let ticks = cpuTicks();
  while (calm < 10) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    const now = cpuTicks();
    calm = now === ticks ? calm + 1 : 0;
    ticks = now;
  }
}
