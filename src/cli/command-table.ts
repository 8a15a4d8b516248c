import type { Command, CommandName } from "./command.ts";
import { type Form, formsOf } from "./syntax.ts";

/** The arguments of a line by the names that the command's syntax gives them. */
export interface Arguments {
  has(name: string): boolean;
  number(name: string): bigint;
  bytes(name: string): Uint8Array;
  /** undefined when it was left out. */
  optionalBytes(name: string): Uint8Array | undefined;
  commandName(name: string): CommandName;
}

type Entry = {
  readonly name: CommandName;
  /** Arguments in capitals, keywords in small letters, what may be left out in brackets. */
  readonly syntax: string;
  readonly summary: string;
  readonly example: string;
  readonly build: (given: Arguments) => Command;
};

export type CommandSpec = Entry & {
  /** Every way to write what follows the name. */
  readonly forms: readonly Form[];
};

const ENTRIES: readonly Entry[] = [
  {
    name: "fill",
    syntax: "START END",
    summary: "put a value under every number from START to END",
    example: "fill 1 1000",
    build: (given) => ({ kind: "fill", first: given.number("START"), last: given.number("END") }),
  },
  {
    name: "put",
    syntax: "KEY VALUE",
    summary: "put VALUE under KEY",
    example: 'put colour "light blue"',
    build: (given) => ({ kind: "put", key: given.bytes("KEY"), value: given.bytes("VALUE") }),
  },
  {
    name: "get",
    syntax: "KEY [at NAME]",
    summary: "show the value under KEY, now or as the snapshot NAME has it",
    example: "get 42",
    build: (given) => ({ kind: "get", key: given.bytes("KEY"), snapshot: given.optionalBytes("NAME") }),
  },
  {
    name: "del",
    syntax: "KEY",
    summary: "delete KEY",
    example: "del 42",
    build: (given) => ({ kind: "del", key: given.bytes("KEY") }),
  },
  {
    name: "scan",
    syntax: "[FROM TO] [at NAME]",
    summary: "show every entry, or those with keys from FROM to TO",
    example: "scan 100 199",
    build: (given) => ({
      kind: "scan",
      range: given.has("FROM") ? { gte: given.bytes("FROM"), lte: given.bytes("TO") } : {},
      snapshot: given.optionalBytes("NAME"),
    }),
  },
  {
    name: "begin",
    syntax: "[serializable]",
    summary: "begin a transaction: what follows counts once it is committed",
    example: "begin serializable",
    build: (given) => ({ kind: "begin", isSerializable: given.has("serializable") }),
  },
  bare("commit", "make all that the transaction wrote count", { kind: "commit" }),
  bare("rollback", "forget all that the transaction wrote", { kind: "rollback" }),
  {
    name: "snapshot",
    syntax: "NAME",
    summary: "keep the database as it is now, to read from as NAME",
    example: "snapshot monday",
    build: (given) => ({ kind: "snapshot", name: given.bytes("NAME") }),
  },
  {
    name: "release",
    syntax: "NAME",
    summary: "let go of the snapshot NAME",
    example: "release monday",
    build: (given) => ({ kind: "release", name: given.bytes("NAME") }),
  },
  bare("dump", "show which tables lie on which level", { kind: "dump" }),
  bare("flush", "write what is in memory to tables", { kind: "flush" }),
  bare("full_compaction", "merge all tables into one run", { kind: "full_compaction" }),
  bare("destroy", "delete the database's files and leave (asks first)", { kind: "destroy" }),
  {
    name: "help",
    syntax: "[COMMAND]",
    summary: "list the commands, or explain one",
    example: "help scan",
    build: (given) => ({ kind: "help", topic: given.has("COMMAND") ? given.commandName("COMMAND") : undefined }),
  },
  bare("quit", "close the database and leave", { kind: "quit" }),
  bare("close", "the same as quit", { kind: "quit" }),
];

/** Every command of the shell: the parser, `help` and the completer read this and nothing else. */
export const COMMANDS: readonly CommandSpec[] = ENTRIES.map((entry) => ({ ...entry, forms: formsOf(entry.syntax) }));

/** A Map, because names that every object has are no commands. */
export const COMMAND_BY_NAME: ReadonlyMap<string, CommandSpec> = new Map(COMMANDS.map((spec) => [spec.name, spec]));

/** How the command is written, such as `scan [FROM TO] [at NAME]`. */
export function usage({ name, syntax }: CommandSpec): string {
  return syntax === "" ? name : `${name} ${syntax}`;
}

function bare(name: CommandName, summary: string, command: Command): Entry {
  return { name, syntax: "", summary, example: name, build: () => command };
}
