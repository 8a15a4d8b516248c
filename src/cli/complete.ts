import { COMMANDS } from "./command-table.ts";

/** For the line up to the cursor: the words that may stand there, and the part of the line that they would replace. */
export function complete(line: string): [words: string[], replaced: string] {
  const topic = /^\s*help\s+(\S*)$/i.exec(line)?.[1];
  const command = /^\s*(\S*)$/.exec(line)?.[1];
  const begun = topic ?? command;
  if (begun === undefined) return [[], line];

  const names = COMMANDS.map((spec) => spec.name).filter((name) => name.startsWith(begun.toLowerCase()));
  const ending = topic === undefined ? " " : "";
  return [names.map((name) => name + ending), begun];
}
