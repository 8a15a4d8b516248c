import { pickCompaction } from "../../compaction/pick.ts";
import { LsmError } from "../../errors.ts";
import type { CompactionTask } from "../../manifest/edit.ts";
import { taskInputs } from "../../manifest/task-inputs.ts";
import { applyEdit } from "../../state/apply-edit.ts";
import { arrangeFor } from "../../state/arrange.ts";
import type { TableInfo, Tree } from "../../state/tree.ts";
import { EMPTY_TREE } from "../../state/tree-views.ts";
import { type SimulatedTable, SimulatedTables } from "./simulated-tables.ts";
import type { SimulationOptions } from "./simulation-options.ts";
import { ratioText, taskLine, treeLines } from "./simulation-text.ts";

type WriteLine = (line: string) => void;

/** Hears of each change of the tree. */
export type SimulationObserver = {
  readonly flushed: (table: TableInfo) => void;
  readonly compacting: (task: CompactionTask, reason: string) => void;
  readonly compacted: (task: CompactionTask, outputs: readonly TableInfo[]) => void;
};

/**
 * Runs a strategy on tables without data and writes what happens, as the reference's simulator does, to the byte. The
 * pickers and the state are the engine's own. Lines carry no line end.
 *
 * Throws LsmError INVALID_OPTION when an iteration takes so many compactions that the options cannot be meant.
 */
export function runSimulation(options: SimulationOptions, write: WriteLine, observer?: SimulationObserver): void {
  const simulation = new Simulation(options, write, observer);
  if (options.compaction.strategy === "leveled") write(`Seed: ${options.seed}`);
  for (let iteration = 0; iteration < options.iterations; iteration++) {
    write(`=== Iteration ${iteration} ===`);
    simulation.flush();
    simulation.compact();
    simulation.writeStatistics();
  }
}

class Simulation {
  readonly #options: SimulationOptions;
  readonly #write: WriteLine;
  readonly #observer: SimulationObserver | undefined;
  readonly #tables: SimulatedTables;
  readonly #table: (id: number) => SimulatedTable;
  #tree: Tree;
  #flushes = 0;

  constructor(options: SimulationOptions, write: WriteLine, observer: SimulationObserver | undefined) {
    this.#options = options;
    this.#write = write;
    this.#observer = observer;
    this.#tables = new SimulatedTables(options.tableSizeBytes, options.seed);
    this.#table = (id) => this.#tables.get(id);
    this.#tree = arrangeFor(options.compaction, EMPTY_TREE, this.#table);
  }

  flush(): void {
    const { compaction } = this.#options;
    const id = this.#tables.flush();
    this.#flushes++;
    this.#observer?.flushed(this.#table(id));
    const flushed =
      compaction.strategy === "tiered"
        ? applyEdit(this.#tree, { kind: "flush", id })
        : // The reference's simulator, unlike its engine, keeps L0 oldest first; its output shows it.
          { ...this.#tree, level0: [...this.#tree.level0, id] };
    this.#tree = arrangeFor(compaction, flushed, this.#table);
    this.#write("--- After Flush ---");
    this.#writeTree();
    if (compaction.strategy === "tiered") this.#writeTaskHeading();
  }

  compact(): void {
    const { compaction } = this.#options;
    const compactionsMax = compactionsPerIterationMax(compaction);
    let compactions = 0;
    for (;;) {
      this.#writeTaskHeading();
      const picked = pickCompaction(this.#tree, this.#table, compaction);
      if (picked === undefined) break;

      for (const line of picked.reason.split("\n")) this.#write(line);
      this.#observer?.compacting(picked.task, picked.reason);
      const inputs = taskInputs(picked.task);
      const outputs = this.#tables.rewrite(inputs);
      this.#write(taskLine(picked.task, outputs, this.#table));
      const edited = applyEdit(this.#tree, { kind: "compaction", task: picked.task, outputs });
      this.#tree = arrangeFor(compaction, edited, this.#table);
      this.#tables.remove(inputs);
      this.#observer?.compacted(picked.task, outputs.map(this.#table));
      this.#write("--- After Compaction ---");
      this.#writeTree();
      compactions++;
      if (compactions >= compactionsMax) {
        throw new LsmError("INVALID_OPTION", `compaction does not converge? ${compactions} of one flush`);
      }
    }
    this.#write(
      compactions === 0 ? "no compaction triggered" : `${compactions} compaction triggered in this iteration`,
    );
  }

  writeStatistics(): void {
    const readAmplification =
      this.#tree.level0.length + this.#tree.levels.filter((level) => level.tables.length > 0).length;
    this.#write("--- Statistics ---");
    this.#write(`Write Amplification: ${ratioText(this.#tables.writes, this.#flushes)}`);
    this.#write(`Maximum Space Usage: ${ratioText(this.#tables.liveMax, this.#flushes)}`);
    this.#write(`Read Amplification: ${readAmplification}x`);
    this.#write("");
  }

  #writeTaskHeading(): void {
    if (this.#options.dump !== "sizes") this.#write("--- Compaction Task ---");
  }

  #writeTree(): void {
    for (const line of treeLines(this.#tree, this.#options, this.#table)) this.#write(line);
  }
}

/** At this many the reference gives up. */
function compactionsPerIterationMax(compaction: SimulationOptions["compaction"]): number {
  switch (compaction.strategy) {
    case "simple":
      return compaction.maxLevels * 2;
    case "tiered":
      return compaction.tiersTrigger * 3;
    case "leveled":
      return compaction.level0FilesTrigger * compaction.maxLevels * 2;
  }
}
