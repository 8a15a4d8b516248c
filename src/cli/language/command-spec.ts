import type { Command, CommandName } from "./command.ts";
import type { Form } from "./syntax.ts";

/** What a command is, as its entry in the table says it. */
export type CommandEntry = {
  readonly name: CommandName;
  /** Arguments in capitals, keywords in small letters, what may be left out in brackets. */
  readonly syntax: string;
  readonly summary: string;
  readonly example: string;
  /** May stand anywhere behind the name. A command without options takes a word that begins with `--` as any other. */
  readonly options?: readonly OptionSpec[];
  /** Where the syntax ends in a command: which. */
  readonly nested?: readonly CommandName[];
  readonly build: (given: Arguments) => Command;
};

export type CommandSpec = CommandEntry & {
  /** Every way to write what follows the name. */
  readonly forms: readonly Form[];
};

export type OptionSpec = {
  /** With its dashes. */
  readonly name: string;
  /** undefined: it takes none. */
  readonly argument: string | undefined;
  readonly summary: string;
};

/**
 * What follows the name of a command, by the names that its syntax and its options give it. What asks for the value of
 * something that is not there is a broken invariant; what asks for a value that has not the form throws InputError.
 */
export interface Arguments {
  /** Whether an argument, a keyword or an option was given. */
  has(name: string): boolean;
  bytes(name: string): Uint8Array;
  /** undefined when it was left out. */
  optionalBytes(name: string): Uint8Array | undefined;
  /** From 0 to 2^64 - 1. */
  number(name: string): bigint;
  /** A tenth of a second to a day. */
  seconds(name: string): number;
  commandName(name: string): CommandName;
  /** The command that the syntax ends in, and how it was written. */
  nested(name: string): { readonly command: Command; readonly text: string };
  /** That two of them were given that say the same. */
  refuseBoth(one: string, other: string): void;
}

/** Of more commands than this a usage does not give the names. */
const NESTED_SHOWN_MAX = 2;

/** How the command is written, such as `get KEY [at NAME]`. */
export function usage(entry: CommandEntry): string {
  const options = entry.options === undefined ? "" : "[OPTION…]";
  return [entry.name, shownSyntax(entry), options].filter((part) => part !== "").join(" ");
}

/** The syntax as the user is to see it. */
export function shownSyntax({ syntax, nested = [] }: CommandEntry): string {
  const isShort = nested.length > 0 && nested.length <= NESTED_SHOWN_MAX;
  return isShort ? syntax.replace("COMMAND…", `${nested.join("|")} …`) : syntax;
}
