import { readdirSync } from "node:fs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startShell, WorkingDirectory } from "./shell-program.ts";

let directory: WorkingDirectory;
beforeEach(() => {
  directory = new WorkingDirectory();
});
afterEach(() => directory.dispose());

const run = (...argv: string[]) => startShell(directory.path, ...argv).finish();

test("a process that is killed keeps what was committed, and nothing of an open transaction", async () => {
  const shell = startShell(directory.path, "--format", "mvcc", "--enable-wal");
  shell.send("begin\nfill 1 50000\ncommit\nbegin\ndel 1\nfill 50001 50010\n");
  await shell.until("10 values filled");
  shell.process.kill("SIGKILL");
  await shell.ended;
  const { stdout } = await run("--enable-wal", "-c", "get 1; get 50000; scan 50001 50009; begin");
  expect(stdout).toMatch(
    / WALs recovered\n1=b"value1@1"\n50000=b"value50000@1"\n\n0 keys scanned\ntransaction begun\n/,
  );
});

test("the end of a pipe rolls an open transaction back and says so", async () => {
  const shell = startShell(directory.path, "--format", "mvcc");
  const { stdout, stderr, exitCode } = await shell.finish("begin\nput a 1\n");
  expect(stdout).toMatch(/\na put\ntransaction rolled back\n$/);
  expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
  expect((await run("-c", "get a")).stdout).toMatch(/a not exist\n$/);
});

test("what a transaction filled beyond a memtable is there at once", async () => {
  const { stdout, stderr } = await run(
    ...["--format", "mvcc", "--compaction", "none", "-c"],
    "begin; fill 1 300000; commit; get 1; get 300000; flush; flush; flush; quit",
  );
  expect(stderr).toBe("");
  expect(stdout).toContain('transaction committed\n1=b"value1@1"\n300000=b"value300000@1"\n');
  expect((await run("-c", "get 299999")).stdout).toContain('299999=b"value299999@1"\n');
});

test.each([
  [["--serializable", "--format", "plain"], /^error: --serializable contradicts --format plain.*\n$/],
  [["--format", "rocks"], /^error: option '--format <format>' argument 'rocks' is invalid\. .*\n$/],
])("%j ends with exit code 2 and touches nothing", async (argv, message) => {
  const { stdout, stderr, exitCode } = await run(...argv, "-c", "get 1");
  expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 2 });
  expect(stderr).toMatch(message);
  expect(readdirSync(directory.path)).toEqual([]);
});

test("a plain database opened with --serializable ends with exit code 3 and stays as it was", async () => {
  await run("-c", "put a 1");
  const before = readdirSync(`${directory.path}/lsm.db`);
  const { stdout, stderr, exitCode } = await run("--serializable", "-c", "put a 2");
  expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 3 });
  expect(stderr).toMatch(/^error: cannot open lsm\.db with --serializable: .* format plain, .*\n$/);
  expect(readdirSync(`${directory.path}/lsm.db`)).toEqual(before);
  expect((await run("-c", "get a")).stdout).toContain('a=b"1"\n');
});
