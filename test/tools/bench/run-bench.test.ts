import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { MiniLsm } from "../../../src/engine/mini-lsm.ts";
import { BenchData } from "../../../src/tools/bench/bench-data.ts";
import { type BenchRequest, runBench, type WorkloadResult } from "../../../src/tools/bench/run-bench.ts";
import { type Bench, WORKLOAD_BY_NAME, WORKLOADS, type WorkloadName } from "../../../src/tools/bench/workloads.ts";
import { quietWatch, Workspace } from "../../support/conversions.ts";

let space: Workspace;
beforeEach(() => {
  space = new Workspace();
});
afterEach(() => space[Symbol.dispose]());

async function run(changes: Partial<BenchRequest>): Promise<WorkloadResult[]> {
  const results: WorkloadResult[] = [];
  const request = {
    workloads: WORKLOADS,
    entries: 500,
    valueSizeBytes: 30,
    batch: 1,
    options: { useThread: false, memtableSizeBytes: 64 * 1024 },
    directory: undefined,
    ...changes,
  };
  await runBench(request, quietWatch(), (result) => results.push(result));
  return results;
}

const counts = (results: readonly WorkloadResult[]) =>
  results.map(({ workload, calls, entriesPerCall, entries }) => [workload, calls, entriesPerCall, entries]);

describe("a benchmark", () => {
  test("runs every workload over every entry, each call timed", async () => {
    const results = await run({});
    expect(counts(results)).toEqual([
      ["fillseq", 500, 1, 500],
      ["fillrandom", 500, 1, 500],
      ["overwrite", 500, 1, 500],
      ["readrandom", 500, 1, 500],
      ["readmissing", 500, 1, 500],
      ["readseq", 1, 1000, 500],
      ["readreverse", 1, 1000, 500],
      ["seekrandom", 50, 10, expect.any(Number)],
      ["deleterandom", 500, 1, 500],
    ]);
    for (const { totalMs, p50Ms, p99Ms, maxMs } of results) {
      expect(p50Ms).toBeLessThanOrEqual(p99Ms);
      expect(p99Ms).toBeLessThanOrEqual(maxMs);
      expect(maxMs).toBeLessThanOrEqual(totalMs);
      expect(p50Ms).toBeGreaterThan(0);
    }
  });

  test("writes in batches, the last one smaller", async () => {
    const results = await run({ workloads: ["fillrandom", "overwrite", "readrandom", "deleterandom"], batch: 150 });
    expect(counts(results)).toEqual([
      ["fillrandom", 4, 150, 500],
      ["overwrite", 4, 150, 500],
      ["readrandom", 500, 1, 500],
      ["deleterandom", 4, 150, 500],
    ]);
  });

  test("fills a database first where a workload needs entries, and does not tell of it", async () => {
    const results = await run({ workloads: ["readseq", "deleterandom", "readrandom"], entries: 50 });
    expect(results.map(({ workload }) => workload)).toEqual(["readseq", "deleterandom", "readrandom"]);
  });

  test("leaves its database in the directory it was given, and nothing when it was interrupted", async () => {
    await run({ workloads: ["fillseq", "overwrite"], directory: space.at("a"), entries: 100 });
    const data = new BenchData(100, 30);
    const entries = await space.read("a");
    expect(entries.map(([key]) => key)).toEqual(entries.map((_, index) => Buffer.from(data.key(index)).toString()));
    expect(entries.map(([, value]) => value)).toEqual(
      entries.map((_, index) => Buffer.from(data.value(index, 1)).toString("latin1")),
    );
    await expect(run({ directory: space.at("a") })).rejects.toMatchObject({ code: "DATABASE_EXISTS" });

    const controller = new AbortController();
    const watch = quietWatch({
      signal: controller.signal,
      isBreathDue: () => true,
      breathe: async () => controller.abort(new Error("stop")),
    });
    const request = { workloads: WORKLOADS, entries: 50, valueSizeBytes: 1, batch: 1, options: { useThread: false } };
    await expect(runBench({ ...request, directory: space.at("b") }, watch, () => {})).rejects.toThrow("stop");
    expect(space.names()).toEqual(["a"]);
  });

  test.each<[WorkloadName, string]>([
    ["readrandom", "readrandom answered wrong: key 9"],
    ["readseq", "scan answered wrong: key 9"],
    ["readreverse", "scan answered wrong: key 9"],
    ["seekrandom", "scan answered wrong: key 9"],
  ])("notices a wrong value: %s", async (name, message) => {
    expect(await wrongness(name, (database, data) => database.put(data.key(9), "wrong"))).toBe(message);
  });

  test.each<[WorkloadName, string]>([
    ["readrandom", "readrandom answered wrong: key 9"],
    ["readseq", "readseq answered wrong: 9 entries of 10"],
    ["readreverse", "readreverse answered wrong: 9 entries of 10"],
  ])("notices that a key is gone: %s", async (name, message) => {
    expect(await wrongness(name, (database, data) => database.delete(data.key(9)))).toBe(message);
  });

  test.each<[WorkloadName, string]>([
    ["readmissing", "readmissing answered wrong: a key was found that is not there"],
    ["deleterandom", "deleterandom answered wrong: a key is still there"],
  ])("notices a key too many: %s", async (name, message) => {
    expect(await wrongness(name, (database, data) => database.put(data.missingKey(3), "x"))).toBe(message);
  });
});

/** What a workload says of a database that was changed behind its back. */
async function wrongness(name: WorkloadName, harm: (database: MiniLsm, data: BenchData) => void): Promise<string> {
  const database = await MiniLsm.open(space.at("a"), { useThread: false });
  try {
    const data = new BenchData(10, 8);
    const bench: Bench = { database, data, batch: 1, version: undefined, time: (call) => call() };
    for (const _ of WORKLOAD_BY_NAME.fillseq.run(bench));
    harm(database, data);
    for (const _ of WORKLOAD_BY_NAME[name].run(bench));
    return "nothing";
  } catch (error) {
    return String(error instanceof Error && error.message);
  } finally {
    await database.close();
  }
}
