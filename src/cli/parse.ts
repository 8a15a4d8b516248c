import { isUtf8 } from "node:buffer";
import { assert } from "../errors.ts";
import { type Command, type CommandName, InputError } from "./command.ts";
import { type ArgumentReader, COMMAND_BY_NAME, COMMANDS, type CommandSpec, usage } from "./command-table.ts";
import { didYouMean } from "./did-you-mean.ts";
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
  const words = splitWords(line);
  const first = words[0];
  if (first === undefined) return undefined;
  const spec = specOf(line, first);
  checkCount(line, spec, words);
  return words.length === 1 ? spec.buildBare() : spec.build(new WordReader(line, spec, words));
}

/** What some editors put before a file's first character. */
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

function startsWithByteOrderMark(line: Uint8Array): boolean {
  return BYTE_ORDER_MARK.every((byte, index) => line[index] === byte);
}

class WordReader implements ArgumentReader {
  readonly #line: Uint8Array;
  readonly #spec: CommandSpec;
  readonly #words: readonly Word[];
  #next = 1;

  constructor(line: Uint8Array, spec: CommandSpec, words: readonly Word[]) {
    this.#line = line;
    this.#spec = spec;
    this.#words = words;
  }

  bytes(): Uint8Array {
    return this.#take().bytes;
  }

  number(): bigint {
    const name = this.#spec.arguments[this.#next - 1];
    const word = this.#take();
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

  commandName(): CommandName {
    return specOf(this.#line, this.#take()).name;
  }

  #take(): Word {
    const word = this.#words[this.#next];
    assert(word !== undefined, "a command takes as many words as its table entry names");
    this.#next += 1;
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

function checkCount(line: Uint8Array, spec: CommandSpec, words: readonly Word[]): void {
  const count = words.length - 1;
  if (count === spec.arguments.length || (count === 0 && spec.isBare)) return;

  const extra = words[spec.arguments.length + 1];
  if (extra !== undefined) {
    throw new InputError(
      columnOf(line, extra.start),
      `unexpected ${quoteForMessage(extra.bytes)}, expected the end of the line after: ${usage(spec)}`,
    );
  }
  const missing = spec.arguments[count];
  const remedy = spec.isBare ? `give both or none: ${usage(spec)}` : `expected: ${usage(spec)}`;
  throw new InputError(columnOf(line, line.length), `${missing} of ${spec.name} is missing, ${remedy}`);
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
