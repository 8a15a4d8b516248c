import { type Command, Option } from "commander";
import type { BackupRequest } from "../../tools/backup/backup.ts";
import { directoryName } from "./option-values.ts";

/** What the command line asks for. */
export type BackupArguments = { readonly request: BackupRequest; readonly isJson: boolean };

type Given = { readonly into: string; readonly copy?: true; readonly verify: boolean; readonly json?: true };

/** `backup DIR --into NEW`. Gives what was asked for to `choose`. */
export function addBackupCommand(program: Command, choose: (given: BackupArguments) => void): void {
  program
    .command("backup")
    .description("copy a database, also one that somebody has open")
    .argument("<directory>", "of the database, which is only read", directoryName)
    .addOption(
      new Option("--into <directory>", "of the copy: empty, or not there yet")
        .argParser(directoryName)
        .makeOptionMandatory(),
    )
    .option("--copy", "copy tables where they could be shared by hard links")
    .option("--no-verify", "do not read all of the copy before it counts")
    .option("--json", "answer with one JSON object")
    .addHelpText("after", BACKUP_NOTES)
    .action((directory: string, { into, copy, verify, json }: Given) => {
      const request = { from: directory, to: into, mustCopy: copy === true, mustVerify: verify };
      choose({ request, isJson: json === true });
    });
}

const BACKUP_NOTES = `
The copy holds what was on disk at one instant, whoever writes meanwhile. Tables never change, so both databases share
them by hard links where the file system can: that takes no room, and damage to such a file is damage to both; --copy
makes files of its own, as does another disk. The copy is verified, and has its name only when it is complete and on disk.
What a process without a log has in memory alone is not on disk: the command backup of its shell writes it first.

Exit codes: 0 the copy is there, 4 the database is damaged (see repair) and there is none, 3 it cannot begin.

Examples:
  mini-lsm-cli backup lsm.db --into monday.db
  mini-lsm-cli backup lsm.db --into /mnt/backups/monday.db --json | jq .sizeBytes`;
