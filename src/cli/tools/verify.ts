import type { Verification } from "../../tools/verify/findings.ts";
import { verifyDatabase } from "../../tools/verify/verify.ts";
import { countOf } from "../answers/count.ts";
import { visibleText } from "../answers/text.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { faultJson, faultLine } from "./fault-line.ts";
import { IN_MIB, runTool, type ToolSurface } from "./run-tool.ts";
import type { VerifyArguments } from "./verify-command.ts";

/** Verifies a database and lists what is wrong. Resolves with what the process is to end with. */
export function verify({ directory, isJson }: VerifyArguments, surface: ToolSurface): Promise<ExitCode> {
  return runTool({ name: "verify", unit: IN_MIB }, surface, async ({ watch, out }) => {
    const found = await verifyDatabase(directory, watch);
    out(isJson ? verificationJson(directory, found) : verificationText(directory, found));
    return found.faultCount === 0 ? EXIT.success : EXIT.damaged;
  });
}

function verificationText(directory: string, found: Verification): string {
  const { faults, faultCount, notes } = found;
  const unlisted = faultCount - faults.length;
  const lines = [
    ...faults.map(faultLine),
    ...(unlisted > 0 ? [`and ${unlisted} more in the same files`] : []),
    ...notes.map(({ file, text }) => `note: ${visibleText(`${file}: ${text}`)}`),
    `${visibleText(directory)} (${found.format ?? "no format yet"}): ${totalsText(found)}: ${verdict(faultCount)}`,
  ];
  return lines.map((line) => `${line}\n`).join("");
}

function totalsText({ tables, blocks, entries, logs, records, sizeBytes }: Verification): string {
  return [
    countOf(tables, "table"),
    countOf(blocks, "block"),
    countOf(entries, "entry", "entries"),
    countOf(logs, "log"),
    countOf(records, "record"),
    countOf(sizeBytes, "byte"),
  ].join(", ");
}

function verdict(faultCount: number): string {
  return faultCount === 0 ? "nothing is wrong" : countOf(faultCount, "fault");
}

function verificationJson(path: string, found: Verification): string {
  const { format, tables, blocks, entries, logs, records, sizeBytes, faults, faultCount, notes } = found;
  const listed = faults.map(faultJson);
  const totals = { tables, blocks, entries, logs, records, sizeBytes };
  return `${JSON.stringify({ path, format: format ?? null, ...totals, faultCount, faults: listed, notes })}\n`;
}
