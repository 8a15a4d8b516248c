import { showThousandths } from "../../compaction/pick-numbers.ts";
import type { CompactionTask } from "../../manifest/edit.ts";
import type { Tree } from "../../state/tree.ts";
import type { SimulatedTable } from "./simulated-tables.ts";
import type { SimulationOptions } from "./simulation-options.ts";

/** The reference's texts, line by line. */

type Lookup = (id: number) => SimulatedTable;

export function treeLines(tree: Tree, options: SimulationOptions, table: Lookup): readonly string[] {
  const { level0, levels } = tree;
  if (options.dump === "sizes") {
    return [`Levels: ${[level0, ...levels.map((level) => level.tables)].map((tables) => tables.length).join(" ")}`];
  }
  const shown = (id: number): number => (options.dump === "origins" ? table(id).originId : id);
  const level0Lines = options.compaction.strategy === "tiered" ? [] : [`L0 (${level0.length}): ${list(level0)}`];
  const levelLines = levels.map(({ number, tables }) => `L${number} (${tables.length}): ${list(tables.map(shown))}`);
  return [...level0Lines, ...levelLines];
}

/** Only the leveled strategy's tables are shown with their keys. */
export function taskLine(task: CompactionTask, outputs: readonly number[], table: Lookup): string {
  switch (task.strategy) {
    case "tiered":
      return `${task.tiers.map((tier) => `L${tier.id} ${list(tier.tables)} `).join("")}-> ${list(outputs)}`;
    case "full":
      return `Upper L0 ${list(task.level0)} Lower L1 ${list(task.level1)} -> ${list(outputs)}`;
    case "simple":
    case "leveled": {
      const show = (ids: readonly number[]): string =>
        list(task.strategy === "leveled" ? ids.map((id) => showFile(table(id))) : ids);
      const upper = `Upper L${task.upperLevel ?? 0} ${show(task.upperTables)}`;
      return `${upper} Lower L${task.lowerLevel} ${show(task.lowerTables)} -> ${show(outputs)}`;
    }
  }
}

export function ratioText(numerator: number, denominator: number): string {
  return `${numerator}/${denominator}=${showThousandths(numerator / denominator)}x`;
}

function showFile({ id, first, last }: SimulatedTable): string {
  return `${id}.sst ${first.toString(16)}..=${last.toString(16)}`;
}

function list(items: readonly (number | string)[]): string {
  return `[${items.join(", ")}]`;
}
