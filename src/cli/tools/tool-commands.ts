import type { Command } from "commander";
import { addBackupCommand, type BackupArguments } from "./backup-command.ts";
import { addBenchCommand, type BenchArguments } from "./bench-command.ts";
import { addExportCommand, type ExportArguments } from "./export-command.ts";
import { addHistoryCommand, type HistoryArguments } from "./history-command.ts";
import { addImportCommand, type ImportArguments } from "./import-command.ts";
import { addInspectCommand, type InspectArguments } from "./inspect-command.ts";
import { addRepairCommand, type RepairArguments } from "./repair-command.ts";
import { addVerifyCommand, type VerifyArguments } from "./verify-command.ts";

/** A tool that the command line asks for, and with what. */
export type ToolCall =
  | { readonly name: "backup"; readonly given: BackupArguments }
  | { readonly name: "bench"; readonly given: BenchArguments }
  | { readonly name: "export"; readonly given: ExportArguments }
  | { readonly name: "import"; readonly given: ImportArguments }
  | { readonly name: "inspect"; readonly given: InspectArguments }
  | { readonly name: "repair"; readonly given: RepairArguments }
  | { readonly name: "verify"; readonly given: VerifyArguments }
  | { readonly name: "history"; readonly given: HistoryArguments };

/** Tools that look at databases or make new ones. Gives what was asked for to `choose`. */
export function addToolCommands(program: Command, choose: (call: ToolCall) => void): void {
  addBenchCommand(program, (given) => choose({ name: "bench", given }));
  addExportCommand(program, (given) => choose({ name: "export", given }));
  addImportCommand(program, (given) => choose({ name: "import", given }));
  addInspectCommand(program, (given) => choose({ name: "inspect", given }));
  addRepairCommand(program, (given) => choose({ name: "repair", given }));
  addVerifyCommand(program, (given) => choose({ name: "verify", given }));
  addBackupCommand(program, (given) => choose({ name: "backup", given }));
  addHistoryCommand(program, (given) => choose({ name: "history", given }));
}
