import type { Command } from "commander";
import { directoryName } from "./option-values.ts";

/** What the command line asks for. */
export type VerifyArguments = { readonly directory: string; readonly isJson: boolean };

/** `verify DIR`. Gives what was asked for to `choose`. */
export function addVerifyCommand(program: Command, choose: (given: VerifyArguments) => void): void {
  program
    .command("verify")
    .description("read all of a database and say what is wrong with it")
    .argument("<directory>", "of a database of any format, that nobody has open", directoryName)
    .option("--json", "answer with one JSON object")
    .addHelpText("after", VERIFY_NOTES)
    .action((directory: string, given: { readonly json?: true }) => {
      choose({ directory, isJson: given.json === true });
    });
}

const VERIFY_NOTES = `
Checks every checksum, the order of entries and versions, indexes, filters and footers against the entries, the
manifest against files, levels and logs, and at last whether the engine opens it. Nothing is written. What a crash
leaves and the next opening clears away is noted and is not wrong.

Exit codes: 0 nothing is wrong, 4 something is (one line each, with file and byte offset), 3 it cannot be opened.

Examples:
  mini-lsm-cli verify lsm.db
  mini-lsm-cli verify lsm.db --json | jq '.faults[].file'`;
