import { EventEmitter } from "node:events";
import { writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { bench } from "../../../src/cli/tools/bench.ts";
import type { ToolSurface } from "../../../src/cli/tools/run-tool.ts";
import { WORKLOADS } from "../../../src/tools/bench/workloads.ts";
import { Workspace } from "../../support/conversions.ts";
import { answerOf, helpOf, progressThat, refusalOf, toolCall } from "../../support/tool-surface.ts";

let space: Workspace;
beforeEach(() => {
  space = new Workspace();
});
afterEach(() => space[Symbol.dispose]());

function run(argv: readonly string[], changes: Partial<ToolSurface> = {}) {
  const given = toolCall("bench", argv);
  return answerOf(
    (surface) => bench(given, surface),
    (text) => text.replaceAll(`${space.path}/`, ""),
    changes,
  );
}

describe("the arguments of bench", () => {
  test("are workloads, sizes and how the database is made", () => {
    expect(toolCall("bench", []).request).toMatchObject({
      workloads: WORKLOADS,
      entries: 100_000,
      valueSizeBytes: 100,
      batch: 1,
      options: { format: "native", durability: "process", compaction: { strategy: "leveled" } },
      directory: undefined,
    });
    const argv =
      "readseq fillseq --entries 5 --value-size 6 --batch 7 --durability none --compaction tiered --format mvcc --path x --json";
    expect(toolCall("bench", argv.split(" "))).toMatchObject({
      request: {
        workloads: ["readseq", "fillseq"],
        entries: 5,
        valueSizeBytes: 6,
        batch: 7,
        options: { format: "mvcc", durability: "none", compaction: { strategy: "tiered" } },
        directory: "x",
      },
      isJson: true,
    });
  });
  test.each([
    [["bench", "readall"], `2: error: unknown workload 'readall', expected any of ${WORKLOADS.join(", ")}`],
    [
      ["bench", "--entries", "0"],
      "2: error: option '--entries <count>' argument '0' is invalid. Expected a whole number from 1 to 100000000.",
    ],
    [
      ["bench", "--path", ""],
      "2: error: option '--path <directory>' argument '' is invalid. Expected the name of a directory.",
    ],
  ])("are not %j", (argv, message) => {
    expect(refusalOf(...argv)).toBe(message);
  });
  test("are explained by help", () => {
    expect(helpOf("bench")).toMatch(/--batch[\s\S]*Exit codes: 0 [\s\S]*Examples:/);
  });
});

describe("bench", () => {
  test("shows a table", async () => {
    const { stdout, stderr, exitCode } = await run(["fillseq", "readseq", "--entries", "300", "--path", space.at("a")]);
    const lines = stdout.split("\n");
    expect(lines.slice(0, 2)).toEqual([
      "native, leveled compaction, durability process",
      "300 entries of 16 + 100 bytes, 1 per write",
    ]);
    expect(lines[3]?.split(/ {2,}/)).toEqual(["workload", "entries/s", "p50 µs", "p99 µs", "max µs", "per call"]);
    expect(lines[4]).toMatch(/^fillseq +\d+ +[\d.]+ +[\d.]+ +[\d.]+ +1 entry$/);
    expect(lines[5]).toMatch(/^readseq +\d+ +[\d.]+ +[\d.]+ +[\d.]+ +1000 entries$/);
    expect(lines.slice(6)).toEqual(["all answers were right", "the database is in a", ""]);
    expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
    expect(await space.read("a")).toHaveLength(300);
  });

  test("says it as one JSON object", async () => {
    const { stdout } = await run(["fillrandom", "--entries", "10", "--batch", "4", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({
      format: "native",
      compaction: "leveled",
      durability: "process",
      entries: 10,
      keySizeBytes: 16,
      valueSizeBytes: 100,
      batch: 4,
      path: null,
      results: [
        { workload: "fillrandom", calls: 3, entriesPerCall: 4, entries: 10, entriesPerSecond: expect.any(Number) },
      ],
    });
  });

  test.each([
    [
      "a directory that holds something",
      ".",
      "error: . is not empty, it holds mine: a benchmark replaces nothing\n",
      3,
    ],
    ["a file", "mine", "error: mine is there already: a file, and a benchmark replaces nothing\n", 3],
    ["a directory in none", "x/y", "error: cannot make x/y: there is no directory x\n", 2],
  ])("refuses %s", async (_, path, stderr, exitCode) => {
    writeFileSync(space.at("mine"), "");
    const answer = await run(["--entries", "1", "--path", `${space.path}/${path}`]);
    expect(answer).toEqual({ stdout: "", stderr, exitCode });
    expect(space.names()).toEqual(["mine"]);
  });

  test("says what does not fit into the format, and leaves nothing", async () => {
    const argv = ["fillseq", "--entries", "1", "--value-size", "70000", "--format", "plain", "--path", space.at("a")];
    expect(await run(argv)).toMatchObject({
      stdout: "",
      stderr: expect.stringMatching(/^error: value is too large/),
      exitCode: 1,
    });
    expect(space.names()).toEqual([]);
  });

  test("ends when it is interrupted, and leaves nothing behind", async () => {
    const signals = new EventEmitter();
    const progress = progressThat(() => signals.emit("SIGINT"));
    expect(await run(["--entries", "100000", "--path", space.at("a")], { signals, progress })).toEqual({
      stdout: "",
      stderr: "bench interrupted: a was removed\n",
      exitCode: 130,
    });
    expect(space.names()).toEqual([]);
  });
});
