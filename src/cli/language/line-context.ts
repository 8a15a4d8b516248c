import type { CommandName } from "./command.ts";
import type { CommandSpec, OptionSpec } from "./command-spec.ts";
import { COMMAND_BY_NAME, COMMANDS } from "./command-table.ts";
import { isOptionWord } from "./option-words.ts";
import { isRest, matchForm, nextTokens } from "./syntax.ts";
import type { Word } from "./words.ts";

/** What may stand behind the whole words of a line that is being typed. */
export type LineContext =
  | { readonly kind: "command"; readonly names: readonly CommandName[] }
  /** An argument of an option, by its name. */
  | { readonly kind: "optionArgument"; readonly argument: string }
  | {
      readonly kind: "arguments";
      readonly spec: CommandSpec;
      /** Those that are no options. */
      readonly words: readonly Word[];
      /** Tokens of the command's syntax. */
      readonly tokens: readonly string[];
      /** Options that were not given yet. */
      readonly options: readonly OptionSpec[];
    };

/** undefined when the words begin no command. */
export function contextOf(given: readonly Word[], among?: readonly CommandName[]): LineContext | undefined {
  const [first, ...rest] = given;
  if (first === undefined) return { kind: "command", names: among ?? COMMANDS.map(({ name }) => name) };
  const spec = first.isQuoted ? undefined : COMMAND_BY_NAME.get(Buffer.from(first.bytes).toString().toLowerCase());
  if (spec === undefined || among?.includes(spec.name) === false) return undefined;

  const nestedAt = spec.forms[0]?.findIndex(isRest) ?? -1;
  if (nestedAt >= 0 && rest.length >= nestedAt) return contextOf(rest.slice(nestedAt), spec.nested);

  const options = spec.options ?? [];
  const words: Word[] = [];
  const isGiven = new Set<string>();
  let pending: OptionSpec | undefined;
  for (const word of rest) {
    if (pending !== undefined) {
      pending = undefined;
    } else if (options.length > 0 && isOptionWord(word)) {
      const [name = "", value] = Buffer.from(word.bytes).toString().toLowerCase().split("=");
      const option = options.find((candidate) => candidate.name === name);
      if (option === undefined) return undefined;
      isGiven.add(name);
      if (option.argument !== undefined && value === undefined) pending = option;
    } else {
      words.push(word);
    }
  }
  if (pending?.argument !== undefined) return { kind: "optionArgument", argument: pending.argument };
  const tokens = nextTokens(spec.forms, words);
  if (tokens.length === 0 && matchForm(spec.forms, words) === undefined) return undefined;
  return { kind: "arguments", spec, words, tokens, options: options.filter(({ name }) => !isGiven.has(name)) };
}
