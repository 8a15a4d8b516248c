import type { Drawn } from "../answers/outcome.ts";
import { statsText } from "../answers/stats-text.ts";
import type { Execution } from "./execution.ts";
import type { LevelSummary, ShellStats } from "./shell-stats.ts";

/** Carries out `stats`. */
export async function stats(execution: Execution): Promise<Drawn> {
  const gathered = await gather(execution);
  return { kind: "drawn", facts: gathered, draw: () => statsText(gathered) };
}

async function gather(execution: Execution): Promise<ShellStats> {
  const { database, censuses, latencies } = execution;
  const inspector = database.inspect();
  const tables = inspector.layout().runs.flatMap((run) => run.tables);
  await censuses.take(inspector, tables, execution);

  const { memtables, runs } = inspector.layout();
  const told = database.stats();
  const levels = told.levels.map(({ level, tables: files, sizeBytes, rangeDeletes }): LevelSummary => {
    const counts = runs
      .filter((run) => run.level === level)
      .flatMap((run) => run.tables.map((table) => censuses.of(table)));
    return {
      level,
      files,
      sizeBytes,
      entries: sumOf(counts.map((census) => census?.entries)),
      deletes: sumOf(counts.map((census) => census?.deletes)),
      rangeDeletes,
    };
  });
  return {
    memtables,
    memtableMemoryBytes: told.memtableMemoryBytes,
    levels,
    tables: told.tables,
    tableBytes: told.tableBytes,
    amplification: told.amplification,
    blockCache: told.blockCache,
    filters: told.filters,
    openFiles: told.openFiles,
    pinnedStates: told.pinnedStates,
    oldestReader: told.oldestReader,
    counters: told.counters,
    latencies: latencies.summaries(),
  };
}

/** undefined when one of them is. */
function sumOf(counts: readonly (number | undefined)[]): number | undefined {
  return counts.reduce((sum, count) => (sum === undefined || count === undefined ? undefined : sum + count), 0);
}
