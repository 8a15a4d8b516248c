import { type Command, Option } from "commander";
import { DATABASE_FORMATS, type DatabaseFormat } from "../../options.ts";
import type { Detail } from "../../tools/inspect/span.ts";
import { pathName } from "./option-values.ts";

/** What the command line asks for. */
export type InspectArguments = {
  readonly what: "sst" | "wal" | "manifest" | "db";
  readonly path: string;
  readonly detail: Detail;
  /** undefined: as the file itself says. */
  readonly format: DatabaseFormat | undefined;
  readonly isJson: boolean;
};

type Given = { readonly json?: true; readonly entries?: true; readonly bytes?: true; readonly format?: DatabaseFormat };

/** `inspect sst|wal|manifest|db PATH`. Gives what was asked for to `choose`. */
export function addInspectCommand(program: Command, choose: (given: InspectArguments) => void): void {
  const inspect = program
    .command("inspect")
    .description("show what a file of a database, or a database, consists of")
    .helpCommand(false)
    .addHelpText("after", INSPECT_NOTES);
  const add = (what: InspectArguments["what"], argument: string, description: string, detail: Detail): Command => {
    const command = inspect
      .command(what)
      .description(description)
      .argument(`<${argument}>`, `path of the ${argument}`, pathName);
    return command
      .option("--json", "answer with one JSON object")
      .addHelpText("after", EXAMPLES[what])
      .action((path: string, given: Given) => {
        const asked = given.bytes === true ? "bytes" : given.entries === true ? "entries" : detail;
        choose({ what, path, detail: asked, format: given.format, isJson: given.json === true });
      });
  };
  const format = (): Option =>
    new Option("--format <format>", "read it as this, whatever it looks like").choices(DATABASE_FORMATS);
  const bytes = (): Option => new Option("--bytes", "show every byte and what it means");
  add("sst", "table", "blocks, index, filter and footer of a table", "parts")
    .option("--entries", "show the entries of blocks, index and range deletes, too")
    .addOption(bytes())
    .addOption(format());
  add("wal", "log", "records of a log, with their entries", "entries").addOption(bytes()).addOption(format());
  add("manifest", "manifest", "records of a manifest", "entries").addOption(bytes());
  add("db", "directory", "tree, tables and logs of a database", "parts");
}

const INSPECT_NOTES = `
Every line begins with the byte offset in the file. Nothing is written, and a database that somebody has open may be
looked at. What is damaged is shown as that, with what is whole behind it; exit code 4 then, and 3 where there is no
such file. Keys and values that are long are cut in text, and whole in JSON.`;

const EXAMPLES: { readonly [what in InspectArguments["what"]]: string } = {
  sst: `
Examples:
  mini-lsm-cli inspect sst lsm.db/00000.sst
  mini-lsm-cli inspect sst lsm.db/00000.sst --bytes | less
  mini-lsm-cli inspect sst lsm.db/00000.sst --entries --json | jq '.spans[] | select(.what == "delete") | .key'`,
  wal: `
Examples:
  mini-lsm-cli inspect wal lsm.db/00005.wal
  mini-lsm-cli inspect wal lsm.db/00005.wal --bytes`,
  manifest: `
Examples:
  mini-lsm-cli inspect manifest lsm.db/MANIFEST
  mini-lsm-cli inspect manifest lsm.db/MANIFEST --json | jq '.spans[] | select(.what == "compaction")'`,
  db: `
Examples:
  mini-lsm-cli inspect db lsm.db
  mini-lsm-cli inspect db lsm.db --json | jq '.levels[].tables | length'`,
};
