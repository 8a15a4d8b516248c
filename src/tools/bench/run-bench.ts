import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MiniLsm } from "../../engine/mini-lsm.ts";
import { nodeFileSystem } from "../../fs/node-file-system.ts";
import { toIoError } from "../../fs/system-error.ts";
import type { Options } from "../../options.ts";
import { Histogram } from "../histogram.ts";
import { refuseOccupied, targetPlace } from "../target/target-place.ts";
import type { Watch } from "../watch.ts";
import { BenchData } from "./bench-data.ts";
import { type Bench, FILLS, WORKLOAD_BY_NAME, type WorkloadName } from "./workloads.ts";

export type BenchRequest = {
  readonly workloads: readonly WorkloadName[];
  readonly entries: number;
  readonly valueSizeBytes: number;
  /** Entries per write. */
  readonly batch: number;
  readonly options: Partial<Options>;
  /** A directory that is new or empty, and stays; undefined: one that goes. */
  readonly directory: string | undefined;
};

/** How one workload went. Times are those of the calls alone, without making keys and comparing answers. */
export type WorkloadResult = {
  readonly workload: WorkloadName;
  readonly calls: number;
  readonly entriesPerCall: number;
  readonly entries: number;
  readonly totalMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
};

/**
 * Runs workloads one after another, and tells of each when it is done. A fill begins with an empty database; where none
 * comes before another workload, one is made without being told of. Whatever goes wrong, nothing stays.
 *
 * Rejects with LsmError: INVALID_ARGUMENT, INVALID_OPTION, DATABASE_EXISTS, CORRUPTION for a wrong answer, IO_ERROR; and
 * with the reason of the watch's signal.
 */
export async function runBench(
  request: BenchRequest,
  watch: Watch,
  tell: (result: WorkloadResult) => void,
): Promise<void> {
  const place = request.directory === undefined ? undefined : targetPlace(request.directory, "benchmark");
  if (place !== undefined) refuseOccupied(place);
  const path = place?.path ?? makeTemporary();
  let isDone = false;
  try {
    const steps = stepsOf(request);
    watch.begin(request.entries * steps.length);
    await runSteps(request, path, steps, watch, tell);
    isDone = true;
  } finally {
    if (!isDone || place === undefined) await remove(path);
  }
}

type Step = { readonly name: WorkloadName; readonly isTold: boolean };

/** With the fill that the first one needs. */
function stepsOf({ workloads }: BenchRequest): Step[] {
  const steps = workloads.map((name) => ({ name, isTold: true }));
  let hasEntries = false;
  return steps.flatMap((step) => {
    const isFilled = hasEntries || FILLS.has(step.name);
    hasEntries = step.name !== "deleterandom";
    return isFilled ? [step] : [{ name: "fillrandom" as const, isTold: false }, step];
  });
}

async function runSteps(
  request: BenchRequest,
  path: string,
  steps: readonly Step[],
  watch: Watch,
  tell: (result: WorkloadResult) => void,
): Promise<void> {
  const data = new BenchData(request.entries, request.valueSizeBytes);
  let done = 0;
  let database: MiniLsm | undefined;
  let version: number | undefined;
  try {
    for (const { name, isTold } of steps) {
      if (FILLS.has(name) && database !== undefined) {
        await database.close();
        database = undefined;
        await MiniLsm.destroy(path);
      }
      database ??= await MiniLsm.open(path, { ...request.options, errorIfExists: true });
      const histogram = new Histogram();
      let totalMs = 0;
      const time: Bench["time"] = (call) => {
        const beginMs = performance.now();
        const result = call();
        const elapsedMs = performance.now() - beginMs;
        totalMs += elapsedMs;
        histogram.record(elapsedMs);
        return result;
      };
      const bench: Bench = { database, data, batch: request.batch, version, time };
      let entries = 0;
      for (const count of WORKLOAD_BY_NAME[name].run(bench)) {
        entries += count;
        if (!watch.isBreathDue()) continue;
        await watch.breathe(done + entries);
        watch.signal.throwIfAborted();
      }
      version = bench.version;
      done += request.entries;
      if (!isTold) continue;
      const { count: calls, p50Ms, p99Ms, maxMs } = histogram.summary();
      const entriesPerCall = WORKLOAD_BY_NAME[name].entriesPerCall(request.batch);
      tell({ workload: name, calls, entriesPerCall, entries, totalMs, p50Ms, p99Ms, maxMs });
    }
  } finally {
    await database?.close();
  }
}

function makeTemporary(): string {
  const prefix = join(tmpdir(), "mini-lsm-bench-");
  try {
    return mkdtempSync(prefix);
  } catch (error) {
    throw toIoError("make a directory", prefix, error);
  }
}

/** Only what the benchmark made: a database, and the directory if nothing else is in it. */
async function remove(path: string): Promise<void> {
  if (nodeFileSystem.stat(path)?.kind === "directory") await MiniLsm.destroy(path);
}
