import { visible } from "../answers/text.ts";
import { InputError } from "./command.ts";
import type { CommandSpec, OptionSpec } from "./command-spec.ts";
import { didYouMean } from "./did-you-mean.ts";
import { columnOf, type Word } from "./words.ts";

const EQUALS = 0x3d;
const DASH = 0x2d;
const QUOTED = "a word that begins with -- stands in quotes";

/** The words behind a command's name, its options apart. */
export type SortedWords = {
  readonly words: readonly Word[];
  /** By name; undefined for one without an argument. */
  readonly options: ReadonlyMap<string, Word | undefined>;
};

/** Takes the options, written `--limit 5` or `--limit=5`, out of the words. Throws InputError. */
export function takeOptions(line: Uint8Array, spec: CommandSpec, given: readonly Word[]): SortedWords {
  const options = new Map<string, Word | undefined>();
  if (spec.options === undefined) return { words: given, options };

  const words: Word[] = [];
  for (let index = 0; index < given.length; index += 1) {
    const word = given[index] as Word;
    if (!isOptionWord(word)) {
      words.push(word);
      continue;
    }
    const { name, value } = splitAtEquals(word);
    const option = findOption(line, spec, spec.options, name);
    const column = columnOf(line, word.start);
    if (options.has(option.name)) throw new InputError(column, `option ${option.name} was given more than once`);
    if (option.argument === undefined) {
      if (value !== undefined) throw new InputError(column, `option ${option.name} takes no value, expected it alone`);
      options.set(option.name, undefined);
      continue;
    }
    options.set(option.name, value ?? valueBehind(line, option, given[index + 1]));
    if (value === undefined) index += 1;
  }
  return { words, options };
}

/** Whether the word is an option where the command has options. */
export function isOptionWord({ bytes, isQuoted }: Word): boolean {
  return !isQuoted && bytes[0] === DASH && bytes[1] === DASH;
}

function splitAtEquals(word: Word): { readonly name: Word; readonly value: Word | undefined } {
  const at = word.bytes.indexOf(EQUALS);
  if (at < 0) return { name: word, value: undefined };
  return {
    name: { ...word, bytes: word.bytes.subarray(0, at) },
    value: { bytes: word.bytes.subarray(at + 1), start: word.start + at + 1, isQuoted: false },
  };
}

function findOption(line: Uint8Array, spec: CommandSpec, known: readonly OptionSpec[], name: Word): OptionSpec {
  const text = Buffer.from(name.bytes).toString().toLowerCase();
  const found = known.find((option) => option.name === text);
  if (found !== undefined) return found;
  const names = known.map((option) => option.name);
  const meant = didYouMean(text, names);
  const hint = meant === undefined ? `expected one of ${names.join(", ")}` : `did you mean ${meant}?`;
  throw new InputError(
    columnOf(line, name.start),
    `${spec.name} has no option ${visible(name.bytes.subarray(0, 40))}, ${hint} (${QUOTED})`,
  );
}

function valueBehind(line: Uint8Array, { name, argument }: OptionSpec, next: Word | undefined): Word {
  if (next !== undefined && !isOptionWord(next)) return next;
  const column = columnOf(line, next?.start ?? line.length);
  const note = next === undefined ? "" : ` (${QUOTED})`;
  throw new InputError(column, `${argument} of ${name} is missing, expected: ${name} ${argument}${note}`);
}
