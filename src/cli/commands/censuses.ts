import type { TableLayout } from "../../engine/inspector.ts";
import { LsmError } from "../../errors.ts";
import type { TableCensus } from "../../read/table-census.ts";
import type { Inspector } from "../database.ts";

/** Longer nobody waits for counts; the next call goes on. */
const BUDGET_MS = 250;

/** What lets the event loop run while tables are counted. */
type Breather = {
  readonly signal: AbortSignal;
  isBreathDue(): boolean;
  breathe(): Promise<void>;
};

/**
 * What tables hold that do not say it themselves: those of `plain` and `mvcc`, which are read once and remembered as long
 * as they are in the tree.
 */
export class Censuses {
  readonly #byTable = new Map<number, TableCensus | undefined>();

  /** Counts as many of these tables as there is time for; the counts of all others are forgotten. */
  async take(inspector: Inspector, tables: readonly TableLayout[], breather: Breather): Promise<void> {
    const ids = new Set(tables.map(({ id }) => id));
    for (const id of this.#byTable.keys()) if (!ids.has(id)) this.#byTable.delete(id);
    const endMs = performance.now() + BUDGET_MS;
    for (const { id, entries } of tables) {
      if (entries !== undefined || this.#byTable.has(id)) continue;
      if (performance.now() >= endMs || breather.signal.aborted) return;
      this.#byTable.set(id, censusOf(inspector, id));
      if (breather.isBreathDue()) await breather.breathe();
    }
  }

  /** undefined while a table was not counted, or cannot be. */
  of({ id, entries, deletes }: TableLayout): TableCensus | undefined {
    return entries !== undefined && deletes !== undefined ? { entries, deletes } : this.#byTable.get(id);
  }
}

/** A table that cannot be read shows no counts; whoever reads from it is told why. */
function censusOf(inspector: Inspector, id: number): TableCensus | undefined {
  try {
    return inspector.census(id);
  } catch (error) {
    if (error instanceof LsmError) return undefined;
    throw error;
  }
}
