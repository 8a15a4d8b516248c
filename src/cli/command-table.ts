import type { Command, CommandName } from "./command.ts";

/** Hands out the arguments of a line in order, each read as what the table says it is. */
export interface ArgumentReader {
  number(): bigint;
  bytes(): Uint8Array;
  commandName(): CommandName;
}

export type CommandSpec = {
  readonly name: CommandName;
  /** Names of the arguments, in order. */
  readonly arguments: readonly string[];
  /** Whether all the arguments may be left out together. */
  readonly isBare: boolean;
  readonly summary: string;
  readonly example: string;
  /** The command of a line that has all the arguments. */
  readonly build: (take: ArgumentReader) => Command;
  /** The command of a line that has none. */
  readonly buildBare: () => Command;
};

type WithArguments = Pick<CommandSpec, "name" | "arguments" | "summary" | "example" | "build">;
type Bare = Pick<CommandSpec, "name" | "summary"> & { readonly command: Command };

/** Every command of the shell: the parser, `help` and the completer read this and nothing else. */
export const COMMANDS: readonly CommandSpec[] = [
  withArguments({
    name: "fill",
    arguments: ["START", "END"],
    summary: "put a value under every number from START to END",
    example: "fill 1 1000",
    build: (take) => ({ kind: "fill", first: take.number(), last: take.number() }),
  }),
  withArguments({
    name: "put",
    arguments: ["KEY", "VALUE"],
    summary: "put VALUE under KEY",
    example: 'put colour "light blue"',
    build: (take) => ({ kind: "put", key: take.bytes(), value: take.bytes() }),
  }),
  withArguments({
    name: "get",
    arguments: ["KEY"],
    summary: "show the value under KEY",
    example: "get 42",
    build: (take) => ({ kind: "get", key: take.bytes() }),
  }),
  withArguments({
    name: "del",
    arguments: ["KEY"],
    summary: "delete KEY",
    example: "del 42",
    build: (take) => ({ kind: "del", key: take.bytes() }),
  }),
  {
    name: "scan",
    arguments: ["FROM", "TO"],
    isBare: true,
    summary: "show every entry, or those with keys from FROM to TO",
    example: "scan 100 199",
    build: (take) => ({ kind: "scan", range: { gte: take.bytes(), lte: take.bytes() } }),
    buildBare: () => ({ kind: "scan", range: {} }),
  },
  bare({ name: "dump", summary: "show which tables lie on which level", command: { kind: "dump" } }),
  bare({ name: "flush", summary: "write what is in memory to tables", command: { kind: "flush" } }),
  bare({ name: "full_compaction", summary: "merge all tables into one run", command: { kind: "full_compaction" } }),
  bare({
    name: "destroy",
    summary: "delete the database's files and leave (asks first)",
    command: { kind: "destroy" },
  }),
  {
    name: "help",
    arguments: ["COMMAND"],
    isBare: true,
    summary: "list the commands, or explain one",
    example: "help scan",
    build: (take) => ({ kind: "help", topic: take.commandName() }),
    buildBare: () => ({ kind: "help", topic: undefined }),
  },
  bare({ name: "quit", summary: "close the database and leave", command: { kind: "quit" } }),
  bare({ name: "close", summary: "the same as quit", command: { kind: "quit" } }),
];

/** A Map, because names that every object has are no commands. */
export const COMMAND_BY_NAME: ReadonlyMap<string, CommandSpec> = new Map(COMMANDS.map((spec) => [spec.name, spec]));

/** The command's form, such as `scan [FROM TO]`. */
export function usage(spec: CommandSpec): string {
  if (spec.arguments.length === 0) return spec.name;
  const names = spec.arguments.join(" ");
  return spec.isBare ? `${spec.name} [${names}]` : `${spec.name} ${names}`;
}

function withArguments(spec: WithArguments): CommandSpec {
  const buildBare = (): Command => {
    throw new Error(`broken invariant: the parser refuses ${spec.name} without arguments`);
  };
  return { ...spec, isBare: false, buildBare };
}

function bare({ name, summary, command }: Bare): CommandSpec {
  const build = (): Command => command;
  return { name, arguments: [], isBare: true, summary, example: name, build, buildBare: build };
}
