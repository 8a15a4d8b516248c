import type { CompactionTask } from "../src/manifest/edit.ts";

// The page says quantities as the shell does, so that what one reads here and there is the same.
export { millisecondsText, percentText, ratioText, sizeText as bytesText } from "../src/cli/answers/quantity.ts";

export function countText(count: number): string {
  return count.toLocaleString("en-US");
}

export function plural(count: number, one: string, many: string = `${one}s`): string {
  return `${countText(count)} ${count === 1 ? one : many}`;
}

/** What a compaction takes and where it goes, such as `2 tables of L0 and 3 of L1 into L1`. */
export function taskText(task: CompactionTask): string {
  switch (task.strategy) {
    case "full":
      return `${inputsText(task)} into L1`;
    case "simple":
    case "leveled":
      return `${inputsText(task)} into L${task.lowerLevel}`;
    case "tiered":
      return `${inputsText(task)} into one`;
  }
}

/** How much a compaction takes, such as `2 + 3 tables` or `4 tiers`. */
export function amountText(task: CompactionTask): string {
  switch (task.strategy) {
    case "full":
      return `${task.level0.length} + ${task.level1.length} tables`;
    case "simple":
    case "leveled":
      return `${task.upperTables.length} + ${task.lowerTables.length} tables`;
    case "tiered":
      return plural(task.tiers.length, "tier");
  }
}

/** What a compaction takes, such as `2 tables of L0 and 3 of L1`. */
function inputsText(task: CompactionTask): string {
  switch (task.strategy) {
    case "full":
      return twoLevelsText(["L0", task.level0], ["L1", task.level1]);
    case "simple":
    case "leveled":
      return twoLevelsText([`L${task.upperLevel ?? 0}`, task.upperTables], [`L${task.lowerLevel}`, task.lowerTables]);
    case "tiered": {
      const tables = task.tiers.reduce((sum, tier) => sum + tier.tables.length, 0);
      return `${plural(task.tiers.length, "tier")} of ${plural(tables, "table")}`;
    }
  }
}

function twoLevelsText(...levels: readonly (readonly [name: string, tables: readonly number[]])[]): string {
  const filled = levels.filter(([, tables]) => tables.length > 0);
  const parts = filled.map(
    ([name, { length }], index) => `${index === 0 ? plural(length, "table") : length} of ${name}`,
  );
  return parts.join(" and ");
}
