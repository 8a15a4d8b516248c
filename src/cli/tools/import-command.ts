import { type Command, Option } from "commander";
import { DATABASE_FORMATS, type DatabaseFormat } from "../../options.ts";
import type { TextFormat } from "../../tools/transfer/text-entries.ts";
import { directoryName, pathName } from "./option-values.ts";

/** What the command line asks for. */
export type ImportArguments = {
  readonly directory: string;
  readonly from: ImportFormat;
  /** A path; `-` stands for stdin. */
  readonly source: string;
  /** Of a new database; undefined: put into one that is there. */
  readonly format: DatabaseFormat | undefined;
  readonly isJson: boolean;
};

export type ImportFormat = TextFormat | "classic-level";

type Given = {
  readonly from: ImportFormat;
  readonly format?: DatabaseFormat;
  readonly merge?: true;
  readonly json?: true;
};

/** `import DIR --from … SOURCE`. Gives what was asked for to `choose`. */
export function addImportCommand(program: Command, choose: (given: ImportArguments) => void): void {
  program
    .command("import")
    .description("make a database of entries that were written as text, or of a LevelDB database")
    .argument("<directory>", "of the new database: empty, or not there yet", directoryName)
    .argument("<source>", "a file, - for stdin, or the directory of a LevelDB database", pathName)
    .addOption(
      new Option("--from <kind>", "what the source is")
        .choices(["jsonl", "csv", "classic-level"])
        .makeOptionMandatory(),
    )
    .addOption(
      new Option("--format <format>", "layout of the new database (default: native)")
        .choices(DATABASE_FORMATS)
        .conflicts("merge"),
    )
    .option("--merge", "put the entries into a database that is there, over what it holds")
    .option("--json", "say what was done as one JSON object")
    .addHelpText("after", IMPORT_NOTES)
    .action((directory: string, source: string, given: Given, command: Command) => {
      if (given.from === "classic-level" && source === "-") {
        command.error("error: a LevelDB database is a directory, and not read from stdin");
      }
      choose({
        directory,
        from: given.from,
        source,
        format: given.merge ? undefined : (given.format ?? "native"),
        isJson: given.json === true,
      });
    });
}

const IMPORT_NOTES = `
JSON lines and CSV are as export writes them; CSV needs the columns key and value. A new database has its name only when
it holds everything and is on disk: an import that fails, with the line that is wrong, has made nothing. With --merge what
came before the error stays, and the same import can be made again.
A LevelDB database is read through the package classic-level as it is installed for the working directory.

Exit codes: 0 done, 1 the source is wrong or something failed after it had begun, 3 it cannot begin.

Examples:
  mini-lsm-cli import new.db --from jsonl lsm.jsonl
  mini-lsm-cli import new.db --from classic-level old-level-db`;
