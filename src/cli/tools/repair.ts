import { bytesToJson, safeJson } from "../../tools/bytes-json.ts";
import type { Loss } from "../../tools/repair/losses.ts";
import { type Repair, type RepairRequest, repairDatabase } from "../../tools/repair/repair.ts";
import { countOf } from "../answers/count.ts";
import { quoteForMessage, visibleText } from "../answers/text.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { faultJson, faultLine } from "./fault-line.ts";
import type { RepairArguments } from "./repair-command.ts";
import { IN_MIB, runTool, type ToolSurface } from "./run-tool.ts";

/** Repairs a database and says what was lost. Resolves with what the process is to end with. */
export function repair({ request, isJson }: RepairArguments, surface: ToolSurface): Promise<ExitCode> {
  const tool = { name: "repair", unit: IN_MIB, undone: `${visibleText(request.to)} was not made` };
  return runTool(tool, surface, async ({ watch, out }) => {
    const repaired = await repairDatabase(request, watch);
    out(isJson ? repairJson(request, repaired) : repairText(request, repaired));
    return repaired.report.lossCount === 0 ? EXIT.success : EXIT.damaged;
  });
}

function repairText({ from, to }: RepairRequest, { format, read, written, report }: Repair): string {
  const { faults, faultCount, losses, lossCount, notes } = report;
  const sources = [
    countOf(read.tables, "table"),
    countOf(read.blocks, "block"),
    countOf(read.logs, "log"),
    countOf(read.records, "record"),
    countOf(read.entries, "entry", "entries"),
  ];
  const lines = [
    ...faults.map((fault) => `damaged: ${faultLine(fault)}`),
    ...moreLine(faultCount - faults.length, "damaged"),
    ...losses.map((loss) => `lost: ${lossLine(loss)}`),
    ...moreLine(lossCount - losses.length, "lost"),
    ...notes.map((note) => `note: ${visibleText(note)}`),
    `read ${visibleText(from)} (${format}): ${sources.join(", ")}`,
    `made ${visibleText(to)}: ${countOf(written.tables, "table")}, ${countOf(written.entries, "entry", "entries")}, ${countOf(written.sizeBytes, "byte")}; ${verdict(lossCount)}`,
  ];
  return lines.map((line) => `${line}\n`).join("");
}

function moreLine(count: number, what: string): string[] {
  return count === 0 ? [] : [`${what}: and ${count} more in the same files`];
}

function lossLine({ file, offset, sizeBytes, what, keys }: Loss): string {
  const place = offset === undefined ? file : `${file} at byte ${offset}`;
  const size = sizeBytes === undefined ? "" : ` (${countOf(sizeBytes, "byte")})`;
  const range = keys === undefined ? "" : `, keys ${quoteForMessage(keys.first)} to ${quoteForMessage(keys.last)}`;
  return `${visibleText(`${place}: ${what}`)}${range}${size}`;
}

function verdict(lossCount: number): string {
  return lossCount === 0 ? "nothing was lost" : `${countOf(lossCount, "loss", "losses")}`;
}

function repairJson({ from, to }: RepairRequest, { format, read, written, report }: Repair): string {
  const { faults, faultCount, losses, lossCount, notes } = report;
  return `${safeJson({
    from,
    to,
    format,
    read,
    written,
    lossCount,
    losses: losses.map(({ file, offset, sizeBytes, what, keys }) => ({
      file,
      offset: offset ?? null,
      sizeBytes: sizeBytes ?? null,
      what,
      keys: keys === undefined ? null : { first: bytesToJson(keys.first), last: bytesToJson(keys.last) },
    })),
    faultCount,
    faults: faults.map(faultJson),
    notes,
  })}\n`;
}
