import type { Command, CommandName } from "./command.ts";
import type { Arguments, CommandEntry, CommandSpec, OptionSpec } from "./command-spec.ts";
import { formsOf } from "./syntax.ts";

const SCAN_OPTIONS: readonly OptionSpec[] = [
  { name: "--limit", argument: "N", summary: "at most N entries" },
  { name: "--reverse", argument: undefined, summary: "from the last key to the first" },
  { name: "--prefix", argument: "P", summary: "only keys that begin with P" },
  { name: "--keys", argument: undefined, summary: "the keys alone" },
  { name: "--hex", argument: undefined, summary: "every byte as two hexadecimal digits" },
  { name: "--at", argument: "NAME", summary: "as the snapshot NAME has it, the same as at NAME" },
];

const ENTRIES: readonly CommandEntry[] = [
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
    example: "scan 100 199 --reverse --limit 10",
    options: SCAN_OPTIONS,
    build: scanCommand,
  },
  {
    name: "explain",
    syntax: "COMMAND…",
    summary: "show where a get or a scan looks, in order, and why",
    example: "explain get 42",
    nested: ["get", "scan"],
    build: (given) => {
      const { command } = given.nested("COMMAND…");
      if (command.kind !== "get" && command.kind !== "scan") throw new TypeError("only what the entry names is nested");
      return { kind: "explain", read: command };
    },
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
  bare("tree", "draw the tables of every run over the key space", { kind: "tree" }),
  bare("stats", "show sizes, hit rates, amplification, work and latencies", { kind: "stats" }),
  bare("live", "serve a page that shows the tree as it changes", { kind: "live" }),
  bare("flush", "write what is in memory to tables", { kind: "flush" }),
  bare("full_compaction", "merge all tables into one run", { kind: "full_compaction" }),
  {
    name: "backup",
    syntax: "DIRECTORY",
    summary: "copy the database as it is now to a new directory, and verify the copy",
    example: "backup monday.db",
    build: (given) => ({ kind: "backup", directory: given.bytes("DIRECTORY") }),
  },
  {
    name: "timing",
    syntax: "[on|off]",
    summary: "show after each answer how long the command took, or say whether that is on",
    example: "timing on",
    build: (given) => ({ kind: "timing", isOn: given.has("on") ? true : given.has("off") ? false : undefined }),
  },
  {
    name: "watch",
    syntax: "SECONDS COMMAND…",
    summary: "run a command again and again, until Ctrl-C",
    example: "watch 0.5 tree",
    nested: ["get", "scan", "explain", "dump", "tree", "stats", "fill", "put", "del", "flush", "full_compaction"],
    build: (given) => ({ kind: "watch", seconds: given.seconds("SECONDS"), ...given.nested("COMMAND…") }),
  },
  sourceEntry("source", "run the commands of a file, one per line"),
  sourceEntry(".read", "the same as source"),
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

/** Every command of the shell: the parser, `help`, the hints and the completer read this and nothing else. */
export const COMMANDS: readonly CommandSpec[] = ENTRIES.map((entry) => ({ ...entry, forms: formsOf(entry.syntax) }));

/** A Map, because names that every object has are no commands. */
export const COMMAND_BY_NAME: ReadonlyMap<string, CommandSpec> = new Map(COMMANDS.map((spec) => [spec.name, spec]));

function bare(name: CommandName, summary: string, command: Command): CommandEntry {
  return { name, syntax: "", summary, example: name, build: () => command };
}

function sourceEntry(name: "source" | ".read", summary: string): CommandEntry {
  return {
    name,
    syntax: "FILE",
    summary,
    example: `${name} commands.txt`,
    build: (given) => ({ kind: "source", path: given.bytes("FILE") }),
  };
}

function scanCommand(given: Arguments): Command {
  given.refuseBoth("at", "--at");
  const limit = given.has("--limit") ? Number(given.number("--limit")) : undefined;
  return {
    kind: "scan",
    range: {
      ...(given.has("FROM") && { gte: given.bytes("FROM"), lte: given.bytes("TO") }),
      ...(given.has("--prefix") && { prefix: given.bytes("--prefix") }),
      ...(given.has("--reverse") && { reverse: true }),
      ...(limit !== undefined && { limit }),
    },
    snapshot: given.optionalBytes("NAME") ?? given.optionalBytes("--at"),
    form: { isKeysOnly: given.has("--keys"), isHex: given.has("--hex") },
  };
}
