import type { ScanStep } from "../../read/explain-scan.ts";
import { getExplanationText, type ScanExplanation, scanExplanationText } from "../answers/explanation-text.ts";
import { bytesProperty } from "../answers/json-text.ts";
import type { Outcome } from "../answers/outcome.ts";
import { type GetCommand, RefusedError, type ScanCommand } from "../language/command.ts";
import type { Execution } from "./execution.ts";

/** Entries between two looks at the clock: about 0.1 ms. */
const STRIDE_MASK = 255;

/** Carries out a get or a scan, and instead of what it finds tells where it looks. */
export function explain(execution: Execution, read: GetCommand | ScanCommand): Outcome | Promise<Outcome> {
  const { database, store, snapshots } = execution;
  if (store.isolation !== undefined && read.snapshot === undefined) {
    throw new RefusedError("explain shows the database, not an open transaction: commit or rollback first");
  }
  const as = read.snapshot === undefined ? {} : { timestamp: snapshots.find(read.snapshot).timestamp };
  if (read.kind === "scan") return explainScan(execution, read, database.inspect().explainScan(read.range, as));
  const explanation = database.inspect().explainGet(read.key, as);
  const { key, ...rest } = explanation;
  return {
    kind: "drawn",
    facts: { read: "get", ...bytesProperty("key", key), ...rest },
    draw: () => getExplanationText(explanation),
  };
}

/** The entries are read, so that times and blocks are those of the scan itself. */
async function explainScan(execution: Execution, read: ScanCommand, steps: readonly ScanStep[]): Promise<Outcome> {
  const { database, snapshots, progress, signal } = execution;
  const reader = read.snapshot === undefined ? database : snapshots.find(read.snapshot);
  const before = database.stats().blockCache;
  const startedMs = performance.now();
  const cursor = reader.cursor(read.range);
  let entries = 0;
  progress.begin("explain", undefined);
  try {
    for (; cursor.valid; cursor.next()) {
      entries += 1;
      if ((entries & STRIDE_MASK) !== 0 || !execution.isBreathDue()) continue;
      progress.update(entries);
      await execution.breathe();
      if (signal.aborted) return { kind: "interrupted", command: "explain", progress: `${entries} keys scanned` };
    }
  } finally {
    progress.end();
    cursor.close();
  }
  const elapsedMs = performance.now() - startedMs;
  const after = database.stats().blockCache;
  const explanation: ScanExplanation = {
    steps,
    entries,
    elapsedMs,
    blocksFromCache: after.hits - before.hits,
    blocksFromFile: after.misses - before.misses,
  };
  return { kind: "drawn", facts: { read: "scan", ...explanation }, draw: () => scanExplanationText(explanation) };
}
