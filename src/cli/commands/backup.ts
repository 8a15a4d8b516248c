import { type Backup, type BackupRequest, backUpDatabase } from "../../tools/backup/backup.ts";
import { safeJson } from "../../tools/bytes-json.ts";
import { countOf } from "../answers/count.ts";
import { visibleText } from "../answers/text.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import type { BackupArguments } from "../tools/backup-command.ts";
import { faultJson, faultLine } from "../tools/fault-line.ts";
import { IN_MIB, runTool, type ToolSurface } from "../tools/run-tool.ts";

/** Copies a database and says what of. Resolves with what the process is to end with. */
export function backup({ request, isJson }: BackupArguments, surface: ToolSurface): Promise<ExitCode> {
  const tool = { name: "backup", unit: IN_MIB, undone: `${visibleText(request.to)} was not made` };
  return runTool(tool, surface, async ({ watch, out }) => {
    const made = await backUpDatabase(request, watch);
    out(isJson ? backupJson(request, made) : backupText(request, made));
    return isSound(made) ? EXIT.success : EXIT.damaged;
  });
}

function isSound({ verification }: Backup): boolean {
  return verification === undefined || verification.faultCount === 0;
}

function backupText({ from, to }: BackupRequest, made: Backup): string {
  const { linkedTables, copiedTables, logs, sizeBytes, verification } = made;
  const faults = verification?.faults ?? [];
  const unlisted = (verification?.faultCount ?? 0) - faults.length;
  const [source, target] = [visibleText(from), visibleText(to)];
  const sizes = `${countOf(linkedTables, "table")} shared, ${countOf(copiedTables, "table")} copied, ${countOf(logs, "log")}, ${countOf(sizeBytes, "byte")}`;
  const lines = [
    ...faults.map((fault) => `damaged: ${faultLine(fault)}`),
    ...(unlisted > 0 ? [`damaged: and ${unlisted} more in the same files`] : []),
    isSound(made)
      ? `backed up ${source} to ${target}: ${sizes}; ${verification === undefined ? "not verified" : "nothing is wrong"}`
      : `${source} is damaged and ${target} was not made: repair makes a database of what can still be read`,
  ];
  return lines.map((line) => `${line}\n`).join("");
}

function backupJson({ from, to }: BackupRequest, made: Backup): string {
  const { linkedTables, copiedTables, logs, sizeBytes, verification } = made;
  return `${safeJson({
    from,
    to,
    isMade: isSound(made),
    linkedTables,
    copiedTables,
    logs,
    sizeBytes,
    isVerified: verification !== undefined,
    faultCount: verification?.faultCount ?? null,
    faults: verification?.faults.map(faultJson) ?? [],
  })}\n`;
}
