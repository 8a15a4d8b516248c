import { readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startShell, WorkingDirectory } from "./shell-program.ts";

let directory: WorkingDirectory;
beforeEach(() => {
  directory = new WorkingDirectory();
});
afterEach(() => directory.dispose());

/** Two lengths of two bytes, "1" and "value1@0", a checksum of four bytes. */
const RECORD_SIZE = 17;

/** Fills 1 to 5 and kills the program as soon as it has answered. */
async function fillAndKill(...argv: string[]): Promise<void> {
  const shell = startShell(directory.path, ...argv);
  shell.send("fill 1 5\n");
  await shell.until("5 values filled with epoch 0\n");
  shell.process.kill("SIGKILL");
  await shell.ended;
}

const scan = (...argv: string[]) => startShell(directory.path, ...argv, "-c", "scan 1 9").finish();

function logPath(): string {
  const folder = join(directory.path, "lsm.db");
  const [name = "no log"] = readdirSync(folder).filter((file) => file.endsWith(".wal"));
  return join(folder, name);
}

test.each([[["--enable-wal"]], [["--durability", "process"]], [["--durability", "power"]]])(
  "with %j a killed process loses nothing",
  async (argv) => {
    await fillAndKill(...argv);
    const { stdout, stderr, exitCode } = await scan(...argv);
    expect(stdout).toMatch(/^0 SSTs opened\n1 WALs recovered\nb"1"=/);
    expect(stdout).toContain("\n5 keys scanned\n");
    expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
  },
);

test("without a log a killed process loses what was not flushed", async () => {
  await fillAndKill();
  expect(await scan()).toEqual({ stdout: "0 SSTs opened\n\n0 keys scanned\n", stderr: "", exitCode: 0, signal: null });
});

test("a log that ends in the middle of a record is cut there, with a warning, once", async () => {
  await fillAndKill("--enable-wal");
  truncateSync(logPath(), 5 * RECORD_SIZE - 3);
  const { stdout, stderr, exitCode } = await scan("--enable-wal");
  expect(stdout).toContain("\n4 keys scanned\n");
  expect(stderr).toMatch(/^warning: ignoring incomplete WAL record at byte offset 68 of .+\.wal: .+\n$/);
  expect(exitCode).toBe(0);
  expect((await scan("--enable-wal")).stderr).toBe("");
});

test("a damaged log is refused with exit code 4, and opened as far as it goes with --recovery tail", async () => {
  await fillAndKill("--enable-wal");
  const bytes = readFileSync(logPath());
  bytes[2 * RECORD_SIZE + 5] = (bytes[2 * RECORD_SIZE + 5] ?? 0) ^ 1;
  writeFileSync(logPath(), bytes);
  const refused = await scan("--enable-wal");
  expect(refused.stdout).toBe("");
  expect(refused.stderr).toMatch(/^error: cannot open lsm\.db: .+\.wal at byte 34: .+\n$/);
  expect(refused.exitCode).toBe(4);

  const { stdout, stderr, exitCode } = await scan("--enable-wal", "--recovery", "tail");
  expect(stdout).toContain("\n2 keys scanned\n");
  expect(stderr).toMatch(/^warning: .+ byte offset 34: dropped 51 bytes .+\n$/);
  expect(exitCode).toBe(0);
});
