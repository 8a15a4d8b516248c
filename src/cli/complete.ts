import { COMMAND_BY_NAME, COMMANDS } from "./command-table.ts";
import { isKeyword, nextTokens } from "./syntax.ts";

/** For the line up to the cursor: the words that may stand there, and the part of the line that they would replace. */
export function complete(line: string): [words: string[], replaced: string] {
  const [first = "", ...rest] = line.trimStart().split(/\s+/);
  const begun = rest.at(-1) ?? first;
  const isCommandWord = rest.length === 0;
  const candidates = isCommandWord ? commandWords() : wordsAfter(first, rest.slice(0, -1));
  const words = candidates.filter((word) => word.startsWith(begun.toLowerCase()));
  return words.length === 0 ? [[], isCommandWord ? begun : line] : [words, begun];
}

function commandWords(): string[] {
  return COMMANDS.map(({ name }) => `${name} `);
}

/** None where an argument may stand, which can be anything. */
function wordsAfter(name: string, given: readonly string[]): string[] {
  const forms = COMMAND_BY_NAME.get(name.toLowerCase())?.forms ?? [];
  const words = given.map((word) => ({ bytes: Buffer.from(word), start: 0, isQuoted: word.startsWith('"') }));
  const tokens = nextTokens(forms, words);
  if (tokens.includes("COMMAND")) return COMMANDS.map((spec) => spec.name);
  return tokens.every(isKeyword) ? tokens.map((token) => `${token} `) : [];
}
