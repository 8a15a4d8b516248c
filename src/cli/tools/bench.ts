import { type BenchRequest, runBench, type WorkloadResult } from "../../tools/bench/run-bench.ts";
import { columnsText } from "../answers/columns.ts";
import { countOf } from "../answers/count.ts";
import { visibleText } from "../answers/text.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import type { BenchArguments } from "./bench-command.ts";
import { runTool, type ToolSurface } from "./run-tool.ts";

/** Runs workloads and shows a table. Resolves with what the process is to end with. */
export function bench({ request, isJson }: BenchArguments, surface: ToolSurface): Promise<ExitCode> {
  const undone = request.directory === undefined ? undefined : `${visibleText(request.directory)} was removed`;
  const tool = { name: "bench", ...(undone !== undefined && { undone }) };
  return runTool(tool, surface, async ({ watch, out }) => {
    const results: WorkloadResult[] = [];
    await runBench(request, watch, (result) => results.push(result));
    out(isJson ? benchJson(request, results) : benchText(request, results));
    return EXIT.success;
  });
}

function benchText(request: BenchRequest, results: readonly WorkloadResult[]): string {
  const { entries, valueSizeBytes, batch, options, directory } = request;
  const settings = [
    `${options.format}, ${options.compaction?.strategy} compaction, durability ${options.durability}`,
    `${countOf(entries, "entry", "entries")} of 16 + ${valueSizeBytes} bytes, ${batch} per write`,
    `Node ${process.version}, ${process.platform} ${process.arch}`,
  ];
  const rows = results.map(({ workload, entriesPerCall, totalMs, p50Ms, p99Ms, maxMs, ...result }) => [
    workload,
    String(Math.round(perSecond(result.entries, totalMs))),
    microseconds(p50Ms),
    microseconds(p99Ms),
    microseconds(maxMs),
    countOf(entriesPerCall, "entry", "entries"),
  ]);
  const table = columnsText([["workload", "entries/s", "p50 µs", "p99 µs", "max µs", "per call"], ...rows]);
  const place = directory === undefined ? "" : `the database is in ${visibleText(directory)}\n`;
  return `${settings.map((line) => `${line}\n`).join("")}${table}all answers were right\n${place}`;
}

function benchJson(request: BenchRequest, results: readonly WorkloadResult[]): string {
  const { entries, valueSizeBytes, batch, options, directory } = request;
  return `${JSON.stringify({
    format: options.format,
    compaction: options.compaction?.strategy,
    durability: options.durability,
    entries,
    keySizeBytes: 16,
    valueSizeBytes,
    batch,
    path: directory ?? null,
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    results: results.map((result) => ({
      ...result,
      entriesPerSecond: Math.round(perSecond(result.entries, result.totalMs)),
    })),
  })}\n`;
}

function perSecond(entries: number, totalMs: number): number {
  return totalMs === 0 ? 0 : (entries * 1000) / totalMs;
}

function microseconds(milliseconds: number): string {
  const value = milliseconds * 1000;
  return value < 100 ? value.toFixed(1) : value.toFixed(0);
}
