import type { ShellStats } from "../commands/shell-stats.ts";
import { columnsText } from "./columns.ts";
import { counted, millisecondsText, percentText, ratioText, sizeText } from "./quantity.ts";

/** The answer to `stats`, with its last line end. */
export function statsText(stats: ShellStats): string {
  const summary = labelled([
    ["memory", memoryText(stats)],
    ["amplification", amplificationText(stats)],
    ["cache", cacheText(stats)],
    ["filters", filtersText(stats)],
    ["work", workText(stats)],
    ["stalls", `${stats.counters.stalls}, ${millisecondsText(stats.counters.stalledMs)} ms`],
    ["readers", readersText(stats)],
  ]);
  return [summary, levelsText(stats), latenciesText(stats)].filter((part) => part !== "").join("\n");
}

function labelled(rows: readonly (readonly [label: string, text: string])[]): string {
  const width = Math.max(...rows.map(([label]) => label.length));
  return rows.map(([label, text]) => `${label.padEnd(width)}  ${text}\n`).join("");
}

function memoryText({ memtables, memtableMemoryBytes }: ShellStats): string {
  const filling = memtables.filter(({ isFrozen }) => !isFrozen);
  const frozen = memtables.filter(({ isFrozen }) => isFrozen);
  const sizeOf = (list: typeof memtables): string => sizeText(list.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0));
  const entries = filling.reduce((sum, memtable) => sum + memtable.entries, 0);
  return [
    `memtable ${sizeOf(filling)} (${counted(entries, "entry")})`,
    `${frozen.length} frozen ${sizeOf(frozen)}`,
    `${sizeText(memtableMemoryBytes)} taken`,
  ].join(", ");
}

function levelsText({ levels, tables, tableBytes }: ShellStats): string {
  const total = (name: "entries" | "deletes"): number | undefined =>
    levels.reduce<number | undefined>((sum, level) => {
      const count = level[name];
      return sum === undefined || count === undefined ? undefined : sum + count;
    }, 0);
  const rangeDeletes = levels.reduce((sum, level) => sum + level.rangeDeletes, 0);
  return columnsText([
    ["level", "files", "size", "entries", "deletes", "range deletes"],
    ...levels.map((level) => [
      `L${level.level}`,
      `${level.files}`,
      sizeText(level.sizeBytes),
      `${level.entries ?? "-"}`,
      `${level.deletes ?? "-"}`,
      `${level.rangeDeletes}`,
    ]),
    [
      "all",
      `${tables}`,
      sizeText(tableBytes),
      `${total("entries") ?? "-"}`,
      `${total("deletes") ?? "-"}`,
      `${rangeDeletes}`,
    ],
  ]);
}

function amplificationText({ amplification: { read, write, space } }: ShellStats): string {
  return `read ${counted(read, "place")}, write ${ratioText(write)}, space ${ratioText(space)}`;
}

function cacheText({ blockCache: { usedBytes, hits, misses } }: ShellStats): string {
  return `${sizeText(usedBytes)} used, ${percentText(hits, hits + misses)} of ${counted(hits + misses, "block")} found in it`;
}

function filtersText({ filters: { refusals, passes, findings } }: ShellStats): string {
  const all = refusals + passes;
  const shares = `${percentText(refusals, all)} refused, ${percentText(passes - findings, all)} let pass in vain`;
  return `${counted(all, "look-up")} in tables, ${shares}`;
}

function workText({ counters }: ShellStats): string {
  const { freezes, flushes, flushedBytes, compactions, compactedBytesRead, compactedBytesWritten } = counters;
  const compacted = `${sizeText(compactedBytesRead)} read, ${sizeText(compactedBytesWritten)} written`;
  return [
    counted(freezes, "freeze"),
    `${flushes === 1 ? "1 flush" : `${flushes} flushes`} (${sizeText(flushedBytes)})`,
    `${counted(compactions, "compaction")} (${compacted})`,
  ].join(", ");
}

function readersText({ oldestReader, pinnedStates, openFiles }: ShellStats): string {
  const oldest =
    oldestReader === undefined
      ? "none open"
      : `oldest is a ${oldestReader.kind}, ${millisecondsText(oldestReader.ageMs)} ms`;
  return `${oldest}; ${counted(pinnedStates, "state")} held, ${counted(openFiles, "file")} open`;
}

function latenciesText({ latencies }: ShellStats): string {
  if (latencies.length === 0) return "";
  return columnsText([
    ["command", "count", "p50 ms", "p90 ms", "p99 ms", "max ms"],
    ...latencies.map(({ command, count, p50Ms, p90Ms, p99Ms, maxMs }) => [
      command,
      `${count}`,
      ...[p50Ms, p90Ms, p99Ms, maxMs].map(millisecondsText),
    ]),
  ]);
}
