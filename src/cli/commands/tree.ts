import type { TableLayout } from "../../engine/inspector.ts";
import { bytesProperty } from "../answers/json-text.ts";
import type { Drawn } from "../answers/outcome.ts";
import { type TreeView, treeText } from "../answers/tree-text.ts";
import type { Execution } from "./execution.ts";

/** Carries out `tree`, with the counts of tables that do not say them, as far as there was time. */
export async function tree(execution: Execution): Promise<Drawn> {
  const { database, censuses } = execution;
  const inspector = database.inspect();
  const tables = inspector.layout().runs.flatMap((run) => run.tables);
  await censuses.take(inspector, tables, execution);
  const { memtables, runs } = inspector.layout();
  const view: TreeView = {
    memtables,
    runs: runs.map((run) => ({
      level: run.level,
      tables: run.tables.map((table) => ({ ...table, ...censuses.of(table) })),
    })),
  };
  return { kind: "drawn", facts: factsOf(view), draw: (screen) => treeText(view, screen) };
}

function factsOf({ memtables, runs }: TreeView): Drawn["facts"] {
  const table = ({ firstKey, lastKey, ...rest }: TableLayout) => ({
    ...rest,
    ...bytesProperty("firstKey", firstKey),
    ...bytesProperty("lastKey", lastKey),
  });
  return { memtables, runs: runs.map(({ level, tables }) => ({ level, tables: tables.map(table) })) };
}
