import { type Command, InvalidArgumentError, Option } from "commander";
import type { ExportRequest } from "../../tools/transfer/export.ts";
import { InputError } from "../language/command.ts";
import { splitWords } from "../language/words.ts";
import { countOption, directoryName, pathName } from "./option-values.ts";

/** What the command line asks for. */
export type ExportArguments = {
  readonly request: ExportRequest;
  /** A file to make; undefined: stdout. */
  readonly output: string | undefined;
  readonly isJson: boolean;
};

type Given = {
  readonly format: ExportRequest["format"];
  readonly output: string;
  readonly from?: Uint8Array;
  readonly to?: Uint8Array;
  readonly prefix?: Uint8Array;
  readonly reverse?: true;
  readonly limit?: number;
  readonly json?: true;
};

/** `export DIR`. Gives what was asked for to `choose`. */
export function addExportCommand(program: Command, choose: (given: ExportArguments) => void): void {
  program
    .command("export")
    .description("write the entries of a database as text")
    .argument("<directory>", "of the database, which is only read", directoryName)
    .addOption(
      new Option("--format <format>", "JSON lines, or CSV as of RFC 4180").choices(["jsonl", "csv"]).default("jsonl"),
    )
    .addOption(new Option("--output <file>", "a new file, or - for stdout").default("-").argParser(pathName))
    .option("--from <key>", "from this key on, itself included", keyWord)
    .option("--to <key>", "up to this key, itself included", keyWord)
    .option("--prefix <key>", "only keys that begin so", keyWord)
    .option("--reverse", "from the last key to the first")
    .addOption(countOption("--limit <count>", "at most so many entries", [0, Number.MAX_SAFE_INTEGER]))
    .option("--json", "say what was done as one JSON object")
    .addHelpText("after", EXPORT_NOTES)
    .action((directory: string, given: Given) => {
      choose({
        request: { from: directory, format: given.format, range: rangeOf(given) },
        output: given.output === "-" ? undefined : given.output,
        isJson: given.json === true,
      });
    });
}

function rangeOf({ from, to, prefix, reverse, limit }: Given): ExportRequest["range"] {
  return { gte: from, lte: to, prefix, reverse, limit };
}

/** As the shell reads a word: in quotes it may hold any byte. */
function keyWord(text: string): Uint8Array {
  const bytes = Buffer.from(text);
  if (!text.startsWith('"')) return bytes;
  try {
    const [word, ...others] = splitWords(bytes);
    if (word !== undefined && others.length === 0) return word.bytes;
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InvalidArgumentError(`At character ${error.column}: ${error.message}.`);
  }
  throw new InvalidArgumentError("Expected nothing behind the closing quote.");
}

const EXPORT_NOTES = `
JSON lines are {"key": …, "value": …}, each a string where the bytes are UTF-8 and else {"base64": …}. CSV has the columns key,
value and base64, which names those that are base64 because their bytes are no text: key, value or both. Nothing is lost:
import makes the same entries of either. A key that begins with " is read as the shell reads it: "\\x00\\xff".
The file has its name only when it is complete. What was done is said on stdout, or on stderr where stdout has the entries.

Exit codes: 0 done, 1 failed after it had begun, 3 it cannot begin, 4 the database is damaged.

Examples:
  mini-lsm-cli export lsm.db --output lsm.jsonl
  mini-lsm-cli export lsm.db --format csv --prefix user/ | head`;
