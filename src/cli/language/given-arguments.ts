import { assert } from "../../errors.ts";
import { quoteForMessage, visible } from "../answers/text.ts";
import { type Command, type CommandName, InputError } from "./command.ts";
import type { Arguments, CommandSpec } from "./command-spec.ts";
import type { SortedWords } from "./option-words.ts";
import { type Form, isRest } from "./syntax.ts";
import { columnOf, type Word } from "./words.ts";

const UINT64_MAX = 2n ** 64n - 1n;
const UINT64_DIGITS = 20;
const SECONDS_MIN = 0.1;
const SECONDS_MAX = 86_400;

/** How the parser reads words that are a command's name or a command of their own. */
export type WordParser = {
  readonly nameOf: (word: Word, among?: readonly CommandName[]) => CommandName;
  readonly parse: (words: readonly Word[], among?: readonly CommandName[]) => Command;
};

/** The words of a line as arguments of a command, whose form they have. */
export class GivenArguments implements Arguments {
  readonly #line: Uint8Array;
  readonly #spec: CommandSpec;
  readonly #form: Form;
  readonly #given: SortedWords;
  readonly #parser: WordParser;

  /** The words stand for the tokens of the form, one for one, but for those that the last token takes. */
  constructor(line: Uint8Array, spec: CommandSpec, form: Form, given: SortedWords, parser: WordParser) {
    this.#line = line;
    this.#spec = spec;
    this.#form = form;
    this.#given = given;
    this.#parser = parser;
  }

  has(name: string): boolean {
    return this.#form.includes(name) || this.#given.options.has(name);
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
    throw this.#valueError(name, word, `a whole number from 0 to ${UINT64_MAX}`);
  }

  seconds(name: string): number {
    const word = this.#word(name);
    const text = Buffer.from(word.bytes.subarray(0, UINT64_DIGITS)).toString("latin1");
    const seconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) : 0;
    if (seconds >= SECONDS_MIN && seconds <= SECONDS_MAX) return seconds;
    throw this.#valueError(name, word, `seconds from ${SECONDS_MIN} to ${SECONDS_MAX}`);
  }

  commandName(name: string): CommandName {
    return this.#parser.nameOf(this.#word(name));
  }

  nested(name: string): { readonly command: Command; readonly text: string } {
    assert(isRest(name), "a nested command is the rest of the line");
    const words = this.#given.words.slice(this.#form.indexOf(name));
    const command = this.#parser.parse(words, this.#spec.nested);
    return { command, text: visible(this.#line.subarray(words[0]?.start)).trim() };
  }

  refuseBoth(one: string, other: string): void {
    if (!this.has(one) || !this.has(other)) return;
    const { start } = this.#given.options.get(other) ?? { start: this.#line.length };
    throw new InputError(columnOf(this.#line, start), `${one} and ${other} say the same, expected one of them`);
  }

  #valueError(name: string, word: Word, expected: string): InputError {
    return new InputError(
      columnOf(this.#line, word.start),
      `${name} of ${this.#spec.name} is ${quoteForMessage(word.bytes)}, expected ${expected}`,
    );
  }

  #word(name: string): Word {
    const word = this.#given.options.get(name) ?? this.#given.words[this.#form.indexOf(name)];
    assert(word !== undefined, "a command takes the arguments that its syntax names");
    return word;
  }
}
