import { type Command, Option } from "commander";
import type { RepairRequest } from "../../tools/repair/repair.ts";
import { directoryName } from "./option-values.ts";

/** What the command line asks for. */
export type RepairArguments = { readonly request: RepairRequest; readonly isJson: boolean };

type Given = { readonly into: string; readonly newest: RepairRequest["order"]; readonly json?: true };

/** `repair DIR --into NEW`. Gives what was asked for to `choose`. */
export function addRepairCommand(program: Command, choose: (given: RepairArguments) => void): void {
  program
    .command("repair")
    .description("make a new database of all that can be read of a damaged one")
    .argument("<directory>", "of the damaged database, which is only read", directoryName)
    .addOption(
      new Option("--into <directory>", "of the new one: empty, or not there yet")
        .argParser(directoryName)
        .makeOptionMandatory(),
    )
    .addOption(
      new Option("--newest <by>", "which of two plain tables is newer where no manifest says it")
        .choices(["time", "id"])
        .default("time"),
    )
    .option("--json", "answer with one JSON object")
    .addHelpText("after", REPAIR_NOTES)
    .action((directory: string, given: Given) => {
      choose({
        request: { from: directory, to: given.into, order: given.newest },
        isJson: given.json === true,
      });
    });
}

const REPAIR_NOTES = `
Brings back every entry of every whole block and record, all versions of it, also where index, filter, footer or
manifest are damaged or missing: blocks are then found by their checksums. What is lost is listed, with the reason. The
damaged database stays as it is; the new one has its name only when it is complete and on disk.

Exit codes: 0 nothing was lost, 4 something was and the rest is there, or nothing could be read, 3 it cannot begin.

Examples:
  mini-lsm-cli repair lsm.db --into repaired.db
  mini-lsm-cli repair lsm.db --into repaired.db --json | jq '.losses'`;
