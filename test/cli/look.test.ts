import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Answer, RealDatabases, TestShell } from "./harness.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "mini-lsm-look-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** One session on the database of the test. */
function run(script: string, ...options: string[]): Promise<Answer> {
  const shell = new TestShell();
  shell.databases = new RealDatabases(directory);
  return shell.run("--compaction", "none", "-c", script, ...options);
}

/** The lines of the last command's answer; times are the same in all of them. */
async function lastAnswer(before: string, last: string, ...options: string[]): Promise<string[]> {
  // A word of its own before and behind the answer.
  const { stdout, stderr } = await run(`${before}; get mark; ${last}; get mark`, ...options);
  expect(stderr).toBe("");
  const [, answer = ""] = stdout.split("mark not exist\n");
  return answer
    .replaceAll(/\d+\.\d+ ms/g, "# ms")
    .split("\n")
    .slice(0, -1);
}

describe("explain get", () => {
  test("tells every place up to the one that has the key, and why tables are skipped", async () => {
    const fill =
      'fill 1 500; put zz 1; flush; fill 1 10; put zz 2; flush; put zzz 3; put "1" 3; del 2; flush; put mem 4';
    expect(await lastAnswer(fill, "explain get 77")).toEqual([
      "1. memtable 3, filling, 1 entry: not there (# ms)",
      "2. L0, 1 table: table 2 skipped, its filter refuses the key (# ms)",
      "3. L0, 1 table: table 1 skipped, its filter refuses the key (# ms)",
      "4. L0, 1 table: table 0, block 2 of 3 from the file, a value, 9 bytes (# ms)",
      "77 has a value",
    ]);
  });

  test("tells blocks from the cache, deletes, key ranges and what was not looked at", async () => {
    const fill = "fill 1 9; flush; del 2; put 3 x; flush";
    expect(await lastAnswer(fill, "explain get 2")).toEqual([
      "1. memtable 2, filling, 0 entries: not there (# ms)",
      "2. L0, 1 table: table 1, block 0 of 1 from the file, a delete (# ms)",
      "2 was deleted; 1 older place not looked at",
    ]);
    expect(await lastAnswer("get 3", "explain get 3")).toEqual([
      "1. memtable 3, filling, 0 entries: not there (# ms)",
      "2. L0, 1 table: table 1, block 0 of 1 from the cache, a value, 1 byte (# ms)",
      "3 has a value; 1 older place not looked at",
    ]);
    expect(await lastAnswer("get 3", "explain get x")).toEqual([
      "1. memtable 4, filling, 0 entries: not there (# ms)",
      "2. L0, 1 table: skipped, the key is in no table's key range",
      "3. L0, 1 table: skipped, the key is in no table's key range",
      "x is nowhere",
    ]);
  });

  test("tells of versions, and of snapshots what they see", async () => {
    const fill = "put a 1; snapshot s; put a 22; flush";
    expect(await lastAnswer(fill, "explain get a", "--format", "mvcc")).toEqual([
      "1. memtable 1, filling, 0 entries: not there (# ms)",
      "2. L0, 1 table: table 0, block 0 of 1 from the file, a value of version 2, 2 bytes (# ms)",
      "a has a value",
    ]);
    expect(await lastAnswer("put a 3; snapshot t; del a", "explain get a at t")).toEqual([
      "1. memtable 2, filling, 2 entries: a value of version 3, 1 byte (# ms)",
      "a has a value; 1 older place not looked at",
    ]);
  });

  test("tells of range deletes", async () => {
    const shell = new TestShell();
    const databases = new RealDatabases(directory);
    shell.databases = databases;
    const ending = shell.run("--format", "native", "--compaction", "none");
    shell.stdin.write("put a 1\nput b 1\nflush\nget mark\n");
    await shell.stdout.until("mark not exist\n");
    databases.handle?.deleteRange({ gte: "a", lt: "c" });
    databases.handle?.put("b", "2");
    shell.stdin.end("explain get a\nflush\nexplain get b\nexplain scan\n");
    const { stdout } = await ending;
    const text = stdout.replaceAll(/\d+\.\d+ ms/g, "# ms");
    expect(text).toContain(
      "filling, 1 entry: a range delete of version 3 hides it (# ms)\na was deleted with its range; 1 older",
    );
    expect(text).toContain("from the file, a value of version 4, 1 byte, newer than the range delete over it (# ms)");
    expect(text).toContain("table 0, block 0 of 1, 0 cached, all hidden by a range delete (# ms)\n");
  });
});

describe("explain scan", () => {
  test("tells what is merged, what is skipped, and what that took", async () => {
    const fill = "fill 100 400; flush; fill 200 210; flush; fill 500 600; flush; put 1000 x";
    expect(await lastAnswer(fill, "explain scan 205 300 --limit 50")).toEqual([
      "1. memtable 3, filling, 1 entry: nothing in range (# ms)",
      "2. L0, 2 tables: 1 skipped for their key range; table 1, block 0 of 1, 0 cached (# ms)",
      "3. L0, 1 table: table 0, blocks 0 to 1 of 2, 0 cached (# ms)",
      "all merged: 50 keys in # ms, 0 blocks from the cache, 3 from files",
    ]);
  });

  test("tells several tables of a run one by one, and not too many", async () => {
    const fill = Array.from({ length: 18 }, (_, table) => `fill ${table + 10}0 ${table + 10}9; flush`);
    const answer = await lastAnswer(fill.join("; "), "explain scan --reverse --keys");
    expect(answer[1]).toBe("2. L0, 18 tables: 18 in range (# ms)");
    expect(answer[2]).toBe("   table 0, block 0 of 1, 0 cached");
    expect(answer.slice(-2)).toEqual([
      "   and 2 more tables",
      "all merged: 180 keys in # ms, 0 blocks from the cache, 18 from files",
    ]);
  });

  test("can be stopped", async () => {
    const shell = new TestShell();
    shell.databases = new RealDatabases(directory);
    const ending = shell.run("--compaction", "none");
    shell.stdin.write("fill 1 200000\nget mark\n");
    await shell.stdout.until("mark not exist\n");
    shell.stdin.write("explain scan\n");
    // As soon as the event loop runs in the middle of the scan.
    setImmediate(() => setImmediate(() => shell.signals.emit("SIGINT")));
    const { stderr, exitCode } = await ending;
    expect(stderr).toMatch(/^(explain interrupted: \d+ keys scanned\n)?$/);
    expect(exitCode).toBe(130);
  });
});

test("explain of an open transaction is refused, but not of a snapshot within it", async () => {
  const script = "snapshot s; put a 1; begin; put a 2; explain get a at s; explain get a";
  const { stdout, stderr } = await run(script, "--format", "mvcc");
  expect(stdout).toContain("a is nowhere\n");
  expect(stderr).toBe("error: explain shows the database, not an open transaction: commit or rollback first\n");
});

describe("stats", () => {
  test("shows memory, levels, amplification, hit rates, work, readers and latencies", async () => {
    const before = "fill 1 500; del 7; flush; fill 1 9; flush; get 77; get 77; get 5x; put a b";
    const answer = (await lastAnswer(before, "stats")).map((line) => line.replace(/( +[\d.]+){4}$/, " #"));
    const [memory, ...rest] = answer;
    expect(memory).toMatch(/^memory {9}memtable 2 B \(1 entry\), 0 frozen 0 B, [\d.]+ KiB taken$/);
    expect(rest).toEqual([
      "amplification  read 3 places, write 1.00, space 1.02",
      "cache          2.51 KiB used, 50.0% of 2 blocks found in it",
      expect.stringMatching(/^filters {8}\d look-ups in tables, [\d.]+% refused, 0\.0% let pass in vain$/),
      "work           2 freezes, 2 flushes (10.7 KiB), 0 compactions (0 B read, 0 B written)",
      "stalls         0, # ms",
      "readers        none open; 0 states held, 2 files open",
      "",
      "level  files      size  entries  deletes  range deletes",
      "L0         2  10.7 KiB      509        1              0",
      "L1         0       0 B        0        0              0",
      "all        2  10.7 KiB      509        1              0",
      "",
      expect.stringMatching(/^command {2}count {2}p50 ms {2}p90 ms {2}p99 ms {2}max ms$/),
      "fill         2 #",
      "del          1 #",
      "flush        2 #",
      "get          4 #",
      "put          1 #",
    ]);
  });

  test("shows who reads for longest", async () => {
    const answer = await lastAnswer("put a 1; snapshot s", "stats", "--format", "mvcc");
    expect(answer).toContainEqual(
      expect.stringMatching(/^readers +oldest is a snapshot, # ms; 0 states held, 0 files open$/),
    );
  });

  test("shows what there is when a table cannot be read", async () => {
    await run("fill 1 500; flush");
    const table = join(
      directory,
      "lsm.db",
      readdirSync(join(directory, "lsm.db")).find((name) => name.endsWith(".sst")) ?? "",
    );
    const bytes = readFileSync(table);
    bytes[100] = (bytes[100] ?? 0) ^ 1;
    writeFileSync(table, bytes);
    const { stdout, stderr, exitCode } = await run("stats; tree");
    expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
    expect(stdout).toMatch(/^L0 +1 +10\.5 KiB +- +- +0$/m);
  });
});

describe("tree", () => {
  test("draws the tables of a database, with their deletes", async () => {
    const answer = await lastAnswer("fill 1 500; flush; del 7; flush; put a b", "tree");
    expect(answer).toEqual([
      "memtable 2 filling: 2 B, 1 entry",
      expect.stringMatching(/^ +1 +99$/),
      expect.stringMatching(/^L0 1 {5}54 B +d$/),
      expect.stringMatching(/^L0 1 10\.5 KiB █+0f█+$/),
      "░ ▒ ▓ █ by size, the largest 10.5 KiB",
      "d deletes, r range deletes, f filter in memory",
    ]);
  });
});
