import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { answerText } from "../../src/cli/answers/json-text.ts";
import { CorruptionError, LsmError } from "../../src/errors.ts";
import { RealDatabases, TestShell } from "./harness.ts";

/** What each line of a text says. */
function parsed(text: string): unknown[] {
  expect(text === "" || text.endsWith("\n")).toBe(true);
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}

async function answersTo(script: string): Promise<unknown[]> {
  const { stdout, exitCode } = await new TestShell().run("--json", "-c", script);
  expect(exitCode).toBe(0);
  return parsed(stdout);
}

describe("with --json a command is answered by one object", () => {
  test.each<[string, unknown]>([
    ["fill 1 3", { command: "fill", count: 3, epoch: 0 }],
    ["fill 5 3", { command: "fill", count: 0, epoch: 0 }],
    ["put a 1", { command: "put", key: "a" }],
    ["get a", { command: "get", key: "a", found: false }],
    ["del a", { command: "del", key: "a" }],
    ["scan", { command: "scan", entries: [], count: 0 }],
    ["flush", { command: "flush" }],
    ["dump", { command: "dump", level0: [], levels: [{ number: 1, tables: [] }] }],
    ["full_compaction", { command: "full_compaction" }],
    ["timing", { command: "timing", isOn: false }],
    ["quit", { command: "quit" }],
    [
      "help get",
      {
        command: "help",
        commands: [
          {
            name: "get",
            usage: "get KEY [at NAME]",
            summary: "show the value under KEY, now or as the snapshot NAME has it",
            options: [],
            example: "get 42",
          },
        ],
      },
    ],
  ])("%s", async (line, answer) => {
    expect(await answersTo(line)).toEqual([answer]);
  });

  test("bytes are text where they are UTF-8, and else hexadecimal digits under another name", async () => {
    expect(await answersTo('put é "\\xff"; get é; scan; scan --hex; scan --keys')).toEqual([
      { command: "put", key: "é" },
      { command: "get", key: "é", found: true, valueHex: "ff" },
      { command: "scan", entries: [{ key: "é", valueHex: "ff" }], count: 1 },
      { command: "scan", entries: [{ keyHex: "c3a9", valueHex: "ff" }], count: 1 },
      { command: "scan", entries: [{ key: "é" }], count: 1 },
    ]);
  });

  test("nothing that is stored can drive the terminal", async () => {
    const hostile = "\u001b[2J\u0085\u009b\u007f\u202e\u2066\u200f\u061c\u2028\ufeff\u{e0041}";
    const shell = new TestShell();
    const { stdout } = await shell.pipe(`put k "${hostile}"\nget k\nscan\n`, "--json");
    expect(stdout).toMatch(/^[\x20-\x7e\n]*$/);
    expect(parsed(stdout)[1]).toEqual({ command: "get", key: "k", found: true, value: hostile });
  });

  test("mistakes are answers too, with a code, and a place where there is one", async () => {
    const { stdout, stderr, exitCode } = await new TestShell().pipe(
      "get 1\nnonsense\nrelease a\n",
      "--json",
      "--keep-going",
    );
    expect(parsed(stdout)).toEqual([
      { command: "get", key: "1", found: false },
      {
        error: {
          code: "INVALID_INPUT",
          message: 'unknown command "nonsense", expected a command (type "help" for a list)',
          line: 2,
          column: 1,
        },
      },
      { error: { code: "REFUSED", message: 'there is no snapshot "a", take one first: snapshot NAME', line: 3 } },
    ]);
    expect(stderr).toBe("");
    expect(exitCode).toBe(1);
  });

  test("failures of the engine have its codes, and damage its exit code", async () => {
    const shell = new TestShell();
    shell.database.before = (operation) => {
      if (operation === "get") throw new CorruptionError("1.sst", 7, "bad checksum");
    };
    const { stdout, exitCode } = await shell.run("--json", "-c", "get 1");
    expect(parsed(stdout)).toEqual([{ error: { code: "CORRUPTION", message: "1.sst at byte 7: bad checksum" } }]);
    expect(exitCode).toBe(4);
  });

  test("a scan that fails or is stopped on its way is one object all the same", async () => {
    const failing = new TestShell();
    failing.database.before = (operation) => {
      if (operation === "next") throw new LsmError("IO_ERROR", "cannot read");
    };
    const { stdout } = await failing.run("--json", "-c", "fill 1 2; scan");
    expect(parsed(stdout)[1]).toEqual({
      command: "scan",
      entries: [{ key: "1", value: "value1@0" }],
      error: { code: "IO_ERROR", message: "cannot read" },
    });

    const stopped = new TestShell();
    let moves = 0;
    stopped.database.before = (operation) => {
      if (operation === "next" && ++moves === 2) stopped.signals.emit("SIGINT");
    };
    const answer = await stopped.run("--json", "-c", "fill 1 20000; scan");
    expect(answer.exitCode).toBe(130);
    expect(parsed(answer.stdout)[1]).toMatchObject({ command: "scan", isInterrupted: true });
  });

  test("there is no banner, and what the engine tells goes to stderr", async () => {
    const shell = new TestShell();
    shell.opener.duringOpen = () => shell.database.emit("recovered", { tables: 2, logs: undefined });
    shell.database.before = (operation) => {
      if (operation !== "get") return;
      shell.database.emit("warning", { message: "2.wal: dropped 3 bytes" });
      const error = new LsmError("IO_ERROR", "disk full");
      shell.database.emit("backgroundError", { activity: "flush", error });
    };
    const { stdout, stderr } = await shell.pipe("get 1\nfill 1 1\nflush\n", "--json");
    expect(parsed(stdout)).toHaveLength(3);
    expect(parsed(stderr)).toEqual([
      { event: "recovered", tables: 2 },
      { event: "warning", message: "2.wal: dropped 3 bytes" },
      { event: "backgroundError", activity: "flush", code: "IO_ERROR", message: "disk full" },
      { event: "flush", id: 0, sizeBytes: 0, entries: 1 },
    ]);
  });

  test("times are told to a thousandth of a millisecond", () => {
    expect(answerText({ ms: 0.12345, look: { elapsedMs: 1.0006 }, ratio: 0.12345 })).toBe(
      '{"ms":0.123,"look":{"elapsedMs":1.001},"ratio":0.12345}',
    );
  });

  test("times are in the answers while timing is on", async () => {
    const answers = await answersTo("timing on; get 1; timing off; get 1");
    expect(answers[1]).toEqual({ command: "get", key: "1", found: false, ms: expect.any(Number) });
    expect(answers[3]).toEqual({ command: "get", key: "1", found: false });
  });

  test("a database that cannot be opened is an error like others", async () => {
    const shell = new TestShell();
    shell.opener.duringOpen = () => {
      throw new LsmError("LOCKED", "in use by process 7");
    };
    const { stdout, stderr, exitCode } = await shell.run("--json", "-c", "get 1");
    const error = { code: "LOCKED", message: "cannot open lsm.db: in use by process 7" };
    expect({ stdout: parsed(stdout), stderr, exitCode }).toEqual({ stdout: [{ error }], stderr: "", exitCode: 3 });
  });

  test("destroy says what it removed", async () => {
    const shell = new TestShell();
    shell.opener.destroyed = { removed: ["MANIFEST"], left: ["notes.txt"] };
    const { stdout } = await shell.run("--json", "--yes", "-c", "destroy");
    expect(parsed(stdout)).toEqual([
      { command: "destroy", path: "lsm.db", isDestroyed: true, removed: ["MANIFEST"], left: ["notes.txt"] },
    ]);
  });
});

describe("with --json, of a real database", () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "mini-lsm-json-"));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  async function answers(script: string, ...options: string[]): Promise<unknown[]> {
    const shell = new TestShell();
    shell.databases = new RealDatabases(directory);
    const { stdout } = await shell.run("--json", "--compaction", "none", "-c", script, ...options);
    return parsed(stdout);
  }

  test("stats has sizes and counts as numbers", async () => {
    const [, , , , stats] = await answers("fill 1 3; del 2; flush; get 1; stats");
    expect(stats).toMatchObject({
      command: "stats",
      tables: 1,
      tableBytes: expect.any(Number),
      levels: [
        { level: 0, files: 1, sizeBytes: expect.any(Number), entries: 3, deletes: 1, rangeDeletes: 0 },
        { level: 1, files: 0, sizeBytes: 0, entries: 0, deletes: 0, rangeDeletes: 0 },
      ],
      amplification: { read: 2, write: 1, space: 1 },
      blockCache: { hits: 0, misses: 1 },
      filters: { refusals: 0, passes: 1, findings: 1 },
      counters: { flushes: 1 },
    });
  });

  test("tree has every table with its keys", async () => {
    const tree = (await answers('put a 1; put "\\xff" 1; flush; tree'))[3];
    expect(tree).toMatchObject({
      command: "tree",
      memtables: [{ id: 1, entries: 0, sizeBytes: 0, isFrozen: false }],
      runs: [{ level: 0, tables: [{ id: 0, firstKey: "a", lastKeyHex: "ff", entries: 2, deletes: 0 }] }],
    });
  });

  test("explain has every place", async () => {
    const [, , get, scan] = await answers("fill 1 3; flush; explain get 2; explain scan 1 2");
    expect(get).toMatchObject({
      command: "explain",
      read: "get",
      key: "2",
      steps: [{ place: "memtable" }, { place: "run", look: { id: 0, block: 0, blocks: 1, blocksFromFile: 1 } }],
      outcome: "value",
    });
    expect(scan).toMatchObject({ command: "explain", read: "scan", entries: 2, steps: [{}, { tablesScanned: 1 }] });
  });

  test("transactions and snapshots", async () => {
    const script = "snapshot s; begin serializable; put a 1; commit; get a at s; release s; begin; rollback";
    expect(await answers(script, "--format", "mvcc")).toEqual([
      { command: "snapshot", name: "s" },
      { command: "begin", isolation: "serializable" },
      { command: "put", key: "a" },
      { command: "commit" },
      { command: "get", key: "a", found: false },
      { command: "release", name: "s" },
      { command: "begin", isolation: "none" },
      { command: "rollback" },
    ]);
  });
});
