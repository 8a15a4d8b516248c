import { COMMANDS } from "./command-table.ts";
import { contextOf, type LineContext } from "./line-context.ts";
import { isKeyword } from "./syntax.ts";
import { needsQuotes, quotedWord } from "./typed-word.ts";
import { splitUnfinished, type Word } from "./words.ts";

/** Where the words come from that are in no table. */
export interface CompletionSources {
  /** Keys that begin so, in order: the first few, and the last when there are more. */
  keys(prefix: Uint8Array): readonly Uint8Array[];
  snapshotNames(): readonly Uint8Array[];
  /** What lies in the directory that the path is in, as paths; those of directories end in a slash. */
  paths(begun: Uint8Array): readonly Uint8Array[];
}

/** What may replace the end of a line, as `node:readline` takes it: the words, and the part of the line they replace. */
export type Completion = [words: string[], replaced: string];

/** Arguments that are paths. */
const [FILE, DIRECTORY] = ["FILE", "DIRECTORY"];

/** For the line up to the cursor: the words that may stand there. */
export function complete(line: string, sources: CompletionSources): Completion {
  const bytes = Buffer.from(line);
  const typed = splitUnfinished(bytes);
  const context = typed && contextOf(typed.words);
  if (typed === undefined || context === undefined) return [[], line];
  return [wordsIn(context, typed.begun, sources), bytes.subarray(typed.begun.start).toString()];
}

function wordsIn(context: LineContext, begun: Word, sources: CompletionSources): string[] {
  switch (context.kind) {
    case "command":
      return fixedWords(context.names, begun);
    case "optionArgument":
      return written(bytesFor(context.argument, begun, sources), begun, []).map((word) => `${word} `);
    case "arguments":
      return argumentWords(context, begun, sources);
  }
}

function argumentWords(
  { spec, words, tokens, options }: Extract<LineContext, { kind: "arguments" }>,
  begun: Word,
  sources: CompletionSources,
): string[] {
  const keywords = tokens.filter(isKeyword);
  const found = tokens.flatMap((token) => [...bytesFor(token, begun, sources)]);
  const isLast = spec.options === undefined && spec.forms.every((form) => form.length <= words.length + 1);
  const all = written(found, begun, keywords);
  // The one directory that is left is not the end of the path: its quote stays open.
  const isDirectory =
    all.length === 1 &&
    tokens.some((token) => token === FILE || token === DIRECTORY) &&
    all[0]?.endsWith('/"') === true;
  // Before anything is typed options would hide what is rather meant.
  const flags = begun.bytes.length === 0 ? [] : options.map(({ name }) => name);
  return [
    ...all.map((word) => (isDirectory ? word.slice(0, -1) : isLast ? word : `${word} `)),
    ...fixedWords([...keywords, ...flags], begun),
  ];
}

/** Of words that are written as they are, those that begin so. */
function fixedWords(words: readonly string[], { bytes, isQuoted }: Word): string[] {
  const begun = Buffer.from(bytes).toString().toLowerCase();
  return isQuoted ? [] : words.filter((word) => word.startsWith(begun)).map((word) => `${word} `);
}

/** What an argument of this name may be, as far as it is known. */
function bytesFor(argument: string, begun: Word, sources: CompletionSources): readonly Uint8Array[] {
  switch (argument) {
    case "KEY":
    case "FROM":
    case "TO":
    case "P":
      return sources.keys(begun.bytes);
    case "NAME":
      return sources.snapshotNames().filter((name) => beginsWith(name, begun.bytes));
    case FILE:
    case DIRECTORY:
      return sources.paths(begun.bytes);
    case "COMMAND":
      return COMMANDS.map(({ name }) => Buffer.from(name)).filter((name) => beginsWith(name, begun.bytes));
    default:
      return [];
  }
}

/** The words that stand for these bytes: all of them in quotes when one needs them, so that they begin the same. */
function written(found: readonly Uint8Array[], begun: Word, keywords: readonly string[]): string[] {
  const isQuoted = begun.isQuoted || found.some((bytes) => needsQuotes(bytes, keywords));
  return found.map((bytes) => (isQuoted ? quotedWord(bytes) : Buffer.from(bytes).toString()));
}

function beginsWith(bytes: Uint8Array, begun: Uint8Array): boolean {
  return Buffer.compare(bytes.subarray(0, begun.length), begun) === 0;
}
