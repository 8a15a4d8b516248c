import { type Command, Option } from "commander";
import { DATABASE_FORMATS, type DatabaseFormat } from "../../options.ts";
import type { ConversionRequest } from "../../tools/convert/convert.ts";
import { directoryName } from "./option-values.ts";

/** What the command line asks for. */
export type ConvertArguments = { readonly request: ConversionRequest; readonly isJson: boolean };

type GivenOptions = { readonly format: DatabaseFormat; readonly json?: true };

/** `convert FROM TO --format …`. Gives what was asked for to `choose`. */
export function addConvertCommand(program: Command, choose: (conversion: ConvertArguments) => void): void {
  program
    .command("convert")
    .description("make a new database, in any format, of what another one holds")
    .argument("<from>", "directory of a database that nobody has open", directoryName)
    .argument("<to>", "directory of the new one: empty, or not there yet", directoryName)
    .addOption(
      new Option("--format <format>", "layout of the new database").choices(DATABASE_FORMATS).makeOptionMandatory(),
    )
    .option("--json", "say what was done as one JSON object")
    .addHelpText("after", CONVERT_NOTES)
    .action((from: string, to: string, given: GivenOptions) => {
      choose({ request: { from, to, format: given.format }, isJson: given.json === true });
    });
}

const CONVERT_NOTES = `
Entries are copied as a scan shows them: older versions and deletes stay behind. An entry that the new format
cannot hold ends the conversion. The new database has its name only when it is complete and on disk; until then,
and after a conversion that was killed, there is a directory TO.unfinished, which the next one clears away.`;
