import { isUtf8 } from "node:buffer";
import { assert } from "../errors.ts";
import { type Command, type CommandName, InputError } from "./command.ts";
import { type Arguments, COMMAND_BY_NAME, COMMANDS, type CommandSpec, usage } from "./command-table.ts";
import { didYouMean } from "./did-you-mean.ts";
import { explainMismatch, type Form, isKeyword, matchForm } from "./syntax.ts";
import { quoteForMessage } from "./text.ts";
import { columnOf, splitWords, type Word } from "./words.ts";

/** Longest line that is read: a key and a value of 65 535 bytes each, every byte written `\xHH`, fit with room to spare. */
export const LINE_BYTES_MAX: number = 1024 * 1024;

const UINT64_MAX = 2n ** 64n - 1n;
const UINT64_DIGITS = 20;

/** The command of one line without its line end; undefined for a blank line. Throws InputError. */
export function parse(line: Uint8Array): Command | undefined {
  if (line.length > LINE_BYTES_MAX) {
    throw new InputError(LINE_BYTES_MAX + 1, `this line is too long, expected at most ${LINE_BYTES_MAX} bytes`);
  }
  if (!isUtf8(line)) throw new InputError(columnOf(line, validPrefixLength(line)), "expected UTF-8 text");

  if (startsWithByteOrderMark(line)) return parse(line.subarray(BYTE_ORDER_MARK.length));
  const [first, ...words] = splitWords(line);
  if (first === undefined) return undefined;
  const spec = specOf(line, first);
  const form = matchForm(spec.forms, words);
  if (form === undefined) throw mismatchError(line, spec, words);
  return spec.build(new GivenArguments(line, spec, form, words));
}

/** What some editors put before a file's first character. */
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

function startsWithByteOrderMark(line: Uint8Array): boolean {
  return BYTE_ORDER_MARK.every((byte, index) => line[index] === byte);
}

class GivenArguments implements Arguments {
  readonly #line: Uint8Array;
  readonly #spec: CommandSpec;
  readonly #form: Form;
  readonly #words: readonly Word[];

  /** The words stand for the tokens of the form, one for one. */
  constructor(line: Uint8Array, spec: CommandSpec, form: Form, words: readonly Word[]) {
    this.#line = line;
    this.#spec = spec;
    this.#form = form;
    this.#words = words;
  }

  has(name: string): boolean {
    return this.#form.includes(name);
  }

  bytes(name: string): Uint8Array {
    return this.#word(name).bytes;
  }

  optionalBytes(name: string): Uint8Array | undefined {
    return this.has(name) ? this.bytes(name) : undefined;
  }

  number(name: string): bigint {
    const word = this.#word(name);
    const digits = Buffer.from(word.bytes)
      .toString("latin1")
      .replace(/^0+(?=.)/, "");
    const value = /^[0-9]+$/.test(digits) && digits.length <= UINT64_DIGITS ? BigInt(digits) : UINT64_MAX + 1n;
    if (value <= UINT64_MAX) return value;
    throw new InputError(
      columnOf(this.#line, word.start),
      `${name} of ${this.#spec.name} is ${quoteForMessage(word.bytes)}, expected a whole number from 0 to ${UINT64_MAX}`,
    );
  }

  commandName(name: string): CommandName {
    return specOf(this.#line, this.#word(name)).name;
  }

  #word(name: string): Word {
    const word = this.#words[this.#form.indexOf(name)];
    assert(word !== undefined, "a command takes the arguments that its syntax names");
    return word;
  }
}

/** The table entry of a command word, whatever its (ASCII) case. */
function specOf(line: Uint8Array, word: Word): CommandSpec {
  const name = Buffer.from(word.bytes)
    .toString()
    .replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  const spec = COMMAND_BY_NAME.get(name);
  if (spec !== undefined && !word.isQuoted) return spec;

  const column = columnOf(line, word.start);
  if (spec !== undefined) throw new InputError(column, `expected a command word without quotes: ${spec.name}`);
  const names = COMMANDS.map((command) => command.name);
  const meant = didYouMean(name, names);
  const hint = meant === undefined ? `expected one of ${names.join(", ")}` : `did you mean ${meant}?`;
  throw new InputError(column, `unknown command ${quoteForMessage(word.bytes)}, ${hint}`);
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
  const missing = `${expected[0]} of ${spec.name} is missing`;
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
