import { mergeRuns } from "../../src/compaction/merge-sources.ts";
import { tableOf } from "../../src/state/lsm-state.ts";
import type { CheckedWrite } from "../../src/write/checked-write.ts";
import type { EngineDatabase } from "./engine-database.ts";
import { drainText, entries } from "./entries.ts";

/** Every version that the tables hold, deletes too, in the notation of `entries`: `a@3=x -a@2 b@1=y`. */
export function rawContent(db: EngineDatabase): string {
  const { tree, tables } = db.engine.core.states.current;
  const runs = [...tree.level0.map((id) => [id]), ...tree.levels.map((level) => level.tables)];
  return drainText(mergeRuns(runs.map((run) => run.map((id) => tableOf(tables, id)))));
}

/** Writes in the notation of `entries`, as `a=1 -b`. */
export function batchOf(notation: string): CheckedWrite[] {
  return entries(notation).map(({ key, kind, value }) => ({ kind, key, value }));
}

/** Writes one batch at once. */
export function writeBatch(db: EngineDatabase, notation: string): void {
  db.engine.writer.writeBatch(batchOf(notation), false);
}
