import { isUtf8 } from "node:buffer";
import { quoteForMessage } from "../answers/text.ts";
import { type Command, type CommandName, InputError } from "./command.ts";
import { type CommandSpec, usage } from "./command-spec.ts";
import { COMMAND_BY_NAME, COMMANDS } from "./command-table.ts";
import { didYouMean } from "./did-you-mean.ts";
import { GivenArguments, type WordParser } from "./given-arguments.ts";
import { takeOptions } from "./option-words.ts";
import { OTHER_WORDS } from "./other-words.ts";
import { explainMismatch, type Form, isKeyword, matchForm } from "./syntax.ts";
import { columnOf, splitWords, type Word } from "./words.ts";

/** Longest line that is read: a key and a value of 65 535 bytes each, every byte written `\xHH`, fit with room to spare. */
export const LINE_BYTES_MAX: number = 1024 * 1024;

/** As many names are listed to somebody whose word is near none of them. */
const NAMES_LISTED_MAX = 3;

/** The command of one line without its line end; undefined for a blank line. Throws InputError. */
export function parse(line: Uint8Array): Command | undefined {
  if (line.length > LINE_BYTES_MAX) {
    throw new InputError(LINE_BYTES_MAX + 1, `this line is too long, expected at most ${LINE_BYTES_MAX} bytes`);
  }
  if (!isUtf8(line)) throw new InputError(columnOf(line, validPrefixLength(line)), "expected UTF-8 text");

  if (startsWithByteOrderMark(line)) return parse(line.subarray(BYTE_ORDER_MARK.length));
  const words = splitWords(line);
  return words.length === 0 ? undefined : parseWords(line, words);
}

/** What some editors put before a file's first character. */
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

function startsWithByteOrderMark(line: Uint8Array): boolean {
  return BYTE_ORDER_MARK.every((byte, index) => line[index] === byte);
}

/** The command of at least one word; one of those `among`. */
function parseWords(line: Uint8Array, words: readonly Word[], among?: readonly CommandName[]): Command {
  const spec = specOf(line, words[0] as Word, among);
  const given = takeOptions(line, spec, words.slice(1));
  const form = matchForm(spec.forms, given.words);
  if (form === undefined) throw mismatchError(line, spec, given.words);
  const parser: WordParser = {
    nameOf: (word) => specOf(line, word).name,
    parse: (nested, allowed) => parseWords(line, nested, allowed),
  };
  return spec.build(new GivenArguments(line, spec, form, given, parser));
}

/** The table entry of a command word, whatever its (ASCII) case. */
function specOf(line: Uint8Array, word: Word, among?: readonly CommandName[]): CommandSpec {
  const name = Buffer.from(word.bytes)
    .toString()
    .replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  const spec = COMMAND_BY_NAME.get(name);
  if (spec !== undefined && !word.isQuoted && (among?.includes(spec.name) ?? true)) return spec;

  const column = columnOf(line, word.start);
  const names = among ?? COMMANDS.map((command) => command.name);
  if (spec !== undefined && word.isQuoted) {
    throw new InputError(column, `expected a command word without quotes: ${spec.name}`);
  }
  if (spec !== undefined) throw new InputError(column, `${spec.name} cannot stand here, expected ${listed(names)}`);
  const other = OTHER_WORDS.get(name);
  const meant = other !== undefined && names.includes(other) ? other : didYouMean(name, names);
  const hint = meant === undefined ? `expected ${listed(names)}` : `did you mean ${meant}?`;
  throw new InputError(column, `unknown command ${quoteForMessage(word.bytes)}, ${hint}`);
}

function listed(names: readonly CommandName[]): string {
  if (names.length === COMMANDS.length) return 'a command (type "help" for a list)';
  if (names.length <= NAMES_LISTED_MAX) return names.join(" or ");
  return `one of ${names.join(", ")}`;
}

function mismatchError(line: Uint8Array, spec: CommandSpec, words: readonly Word[]): InputError {
  const { followed, unexpected, expected } = explainMismatch(spec.forms, words);
  if (unexpected !== undefined) {
    const what = expected.map((token) => (token === undefined ? "the end of the line" : `"${token}"`)).join(" or ");
    const after = [spec.name, ...followed].join(" ");
    return new InputError(
      columnOf(line, unexpected.start),
      `unexpected ${quoteForMessage(unexpected.bytes)}, expected ${what} after: ${after}`,
    );
  }
  const remedy = isHalfOfPair(spec, followed) ? "give both or none" : "expected";
  const missing = `${expected[0]?.replace("…", "")} of ${spec.name} is missing`;
  return new InputError(columnOf(line, line.length), `${missing}, ${remedy}: ${usage(spec)}`);
}

/** The last argument that was given may be left out, but not alone. */
function isHalfOfPair({ forms }: CommandSpec, followed: Form): boolean {
  const last = followed.at(-1);
  return last !== undefined && !isKeyword(last) && forms.some((form) => form.length === followed.length - 1);
}

/** How many bytes stand before the first that no UTF-8 text has there. */
function validPrefixLength(line: Uint8Array): number {
  let low = 0;
  let high = line.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isValidSoFar(line.subarray(0, middle + 1))) low = middle + 1;
    else high = middle;
  }
  return low;
}

function isValidSoFar(bytes: Uint8Array): boolean {
  try {
    // As a stream, because a character cut off by the end of the prefix is not wrong yet.
    new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch (error) {
    if (error instanceof TypeError) return false;
    throw error;
  }
}
