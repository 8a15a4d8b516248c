import type { CommandName } from "./command.ts";
import { type CommandSpec, type OptionSpec, usage } from "./command-spec.ts";
import { COMMAND_BY_NAME, COMMANDS } from "./command-table.ts";

const NOTES = `
Words are separated by blanks. A word that starts with " ends at the next " and may hold blanks and
\\" \\\\ \\n \\r \\t \\0 \\xHH. "help COMMAND" shows options and an example. Ctrl-C stops a command, Ctrl-D leaves.
`;

/** The answer to `help` and `help COMMAND`, with its last line end. */
export function helpText(topic: CommandName | undefined): string {
  const spec = topic === undefined ? undefined : COMMAND_BY_NAME.get(topic);
  if (spec !== undefined) return commandHelp(spec);

  const width = Math.max(...COMMANDS.map((command) => usage(command).length));
  const lines = COMMANDS.map((command) => `${usage(command).padEnd(width)}  ${command.summary}\n`);
  return lines.join("") + NOTES;
}

function commandHelp(spec: CommandSpec): string {
  const { options = [], summary, example } = spec;
  const width = Math.max(0, ...options.map((option) => optionUsage(option).length));
  const lines = options.map((option) => `  ${optionUsage(option).padEnd(width)}  ${option.summary}\n`);
  return `${usage(spec)}\n  ${summary}\n${lines.join("")}  example: ${example}\n`;
}

/** How an option is written, such as `--limit N`. */
export function optionUsage({ name, argument }: OptionSpec): string {
  return argument === undefined ? name : `${name} ${argument}`;
}
