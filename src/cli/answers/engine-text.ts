import type { EngineEvents } from "../../engine/events.ts";
import type { CompactionTask, LevelTask } from "../../manifest/edit.ts";
import type { Tree } from "../../state/tree.ts";
import type { EventSource } from "../database.ts";
import { messageOf, visibleText } from "./text.ts";

/** Where the engine's messages go, each as whole lines with their line ends. */
export type MessageSinks = {
  /** News, for stdout. */
  readonly news: (lines: string) => void;
  /** Warnings and failures of background work, for stderr. */
  readonly trouble: (lines: string) => void;
  /** What failed in the background, beside its line. */
  readonly failure: (error: Error) => void;
};

/** Turns the engine's events into the reference's messages. */
export function listenToEngine(events: EventSource, { news, trouble, failure }: MessageSinks): void {
  events.on("recovered", (event) => news(recoveredText(event)));
  events.on("flush", ({ id, sizeBytes }) => news(`flushed ${id}.sst with size=${sizeBytes}\n`));
  events.on("compactionBegin", (event) => news(compactionBeginText(event)));
  events.on("compactionEnd", (event) => news(compactionEndText(event)));
  events.on("warning", ({ message }) => trouble(`warning: ${visibleText(message)}\n`));
  events.on("backgroundError", ({ activity, error }) => {
    trouble(`${activity} failed: ${messageOf(error)}\n`);
    failure(error);
  });
}

/** The lines of `dump`: L0 only when it holds tables, then every level or tier. */
export function structureText({ level0, levels }: Tree): string {
  const all = level0.length > 0 ? [{ number: 0, tables: level0 }, ...levels] : levels;
  return all.map(({ number, tables }) => `L${number} (${tables.length}): ${listText(tables)}\n`).join("");
}

function recoveredText({ tables, logs }: EngineEvents["recovered"]): string {
  const opened = `${tables} SSTs opened\n`;
  return logs === undefined ? opened : `${opened}${logs} WALs recovered\n`;
}

function compactionBeginText({ task, reason, tree }: EngineEvents["compactionBegin"]): string {
  if (task.strategy === "full") return `force full compaction: ${taskText(task)}\n`;
  const why = reason === undefined ? "" : `${reason}\n`;
  return `${why}${structureText(tree)}running compaction task: ${taskText(task)}\n`;
}

function compactionEndText({ task, removed, outputs }: EngineEvents["compactionEnd"]): string {
  if (task.strategy === "full") return `force full compaction done, new SSTs: ${listText(outputs)}\n`;
  const counts = `${removed.length} files removed, ${outputs.length} files added`;
  return `compaction finished: ${counts}, output=${listText(outputs)}\n`;
}

/** A task as Rust's `{:?}` prints the reference's type for it. */
export function taskText(task: CompactionTask): string {
  switch (task.strategy) {
    case "full":
      return `ForceFullCompaction { l0_sstables: ${listText(task.level0)}, l1_sstables: ${listText(task.level1)} }`;
    case "simple":
      return `Simple(SimpleLeveledCompactionTask { ${levelTaskText(task)} })`;
    case "leveled":
      return `Leveled(LeveledCompactionTask { ${levelTaskText(task)} })`;
    case "tiered": {
      const tiers = task.tiers.map(({ id, tables }) => `(${id}, ${listText(tables)})`).join(", ");
      return `Tiered(TieredCompactionTask { tiers: [${tiers}], bottom_tier_included: ${task.isBottomIncluded} })`;
    }
  }
}

function levelTaskText(task: LevelTask): string {
  return [
    `upper_level: ${task.upperLevel === undefined ? "None" : `Some(${task.upperLevel})`}`,
    `upper_level_sst_ids: ${listText(task.upperTables)}`,
    `lower_level: ${task.lowerLevel}`,
    `lower_level_sst_ids: ${listText(task.lowerTables)}`,
    `is_lower_level_bottom_level: ${task.isLowerLevelBottom}`,
  ].join(", ");
}

function listText(ids: readonly number[]): string {
  return `[${ids.join(", ")}]`;
}
