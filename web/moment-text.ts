import { taskInputs } from "../src/manifest/task-inputs.ts";
import type { Change, Moment } from "../src/tools/live/change.ts";
import { amountText, bytesText, plural, taskText } from "./text.ts";

export type MomentKind = "memory" | "flush" | "compaction" | "stall" | "trouble";

export function kindOf({ kind }: Change): MomentKind {
  switch (kind) {
    case "freeze":
    case "newMemtable":
      return "memory";
    case "flush":
      return "flush";
    case "compactionBegin":
    case "compactionEnd":
    case "compactionGivenUp":
    case "state":
      return "compaction";
    case "stall":
      return "stall";
    case "trouble":
      return "trouble";
  }
}

/** In a few words, for a list. */
export function titleOf(change: Change): string {
  switch (change.kind) {
    case "freeze":
      return `Memtable ${change.memtable.id} frozen`;
    case "newMemtable":
      return `Memtable ${change.id} begun`;
    case "flush":
      return `Table ${change.table.id} flushed`;
    case "compactionBegin":
      return `Compacting ${amountText(change.task)}`;
    case "compactionEnd": {
      const inputs = taskInputs(change.task).length;
      return `Compacted ${plural(inputs, "table")} to ${change.outputs.length}`;
    }
    case "compactionGivenUp":
      return "Compaction given up";
    case "stall":
      return `Writers waited ${Math.round(change.waitedMs)} ms`;
    case "trouble":
      return "Trouble";
    case "state":
      return "Looked at anew";
  }
}

/** In a sentence or two: what happened and why. */
export function storyOf(change: Change): string {
  switch (change.kind) {
    case "freeze": {
      const { sizeBytes } = change.memtable;
      const size = sizeBytes === undefined ? "" : ` with ${bytesText(sizeBytes)}`;
      return `${titleOf(change)}${size}: it takes no more writes, and waits to become a table.`;
    }
    case "newMemtable":
      return `${titleOf(change)}: it takes the writes from here on.`;
    case "flush": {
      const { sizeBytes, entries } = change.table;
      const size = sizeBytes === undefined ? "" : `, ${bytesText(sizeBytes)}`;
      const count = entries === undefined ? "" : `, ${plural(entries, "entry", "entries")}`;
      return `${titleOf(change)}${size}${count}: what was in memory is now a sorted file.`;
    }
    case "compactionBegin":
      return `Compacting ${taskText(change.task)}.${change.reason === undefined ? "" : ` Why: ${change.reason.replaceAll("\n", "; ")}.`}`;
    case "compactionEnd":
      return `Compacted ${taskText(change.task)}, as ${plural(change.outputs.length, "table")}. What nobody can see any more is left behind.`;
    case "compactionGivenUp":
      return "The compaction ended without a result: every table is as it was.";
    case "stall": {
      const why = change.cause === "level0" ? "level 0 holds too many tables" : "too many frozen memtables wait";
      return `${titleOf(change)}, because ${why}.`;
    }
    case "trouble":
      return change.message;
    case "state":
      return "The tree as it was found.";
  }
}

/** Time of day with tenths of a second; undefined where nobody wrote it down. */
export function timeText({ atMs }: Moment): string | undefined {
  if (atMs === undefined) return undefined;
  const date = new Date(atMs);
  const [hours, minutes, seconds] = [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => {
    return String(part).padStart(2, "0");
  });
  return `${hours}:${minutes}:${seconds}.${Math.floor(date.getMilliseconds() / 100)}`;
}
