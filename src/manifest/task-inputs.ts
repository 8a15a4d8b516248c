import type { CompactionTask } from "./edit.ts";

/** The tables a task reads and then replaces: upper ones before lower ones, tiers newest first. */
export function taskInputs(task: CompactionTask): readonly number[] {
  switch (task.strategy) {
    case "full":
      return [...task.level0, ...task.level1];
    case "simple":
    case "leveled":
      return [...task.upperTables, ...task.lowerTables];
    case "tiered":
      return task.tiers.flatMap((tier) => tier.tables);
  }
}
