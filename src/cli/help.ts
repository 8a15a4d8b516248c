import type { CommandName } from "./command.ts";
import { COMMAND_BY_NAME, COMMANDS, usage } from "./command-table.ts";

const NOTES = `
Words are separated by blanks. A word that starts with " ends at the next " and may hold blanks and
\\" \\\\ \\n \\r \\t \\0 \\xHH. "help COMMAND" shows an example. Ctrl-C stops a command, Ctrl-D leaves.
`;

/** The answer to `help` and `help COMMAND`, with its last line end. */
export function helpText(topic: CommandName | undefined): string {
  const spec = topic === undefined ? undefined : COMMAND_BY_NAME.get(topic);
  if (spec !== undefined) return `${usage(spec)}\n  ${spec.summary}\n  example: ${spec.example}\n`;

  const width = Math.max(...COMMANDS.map((command) => usage(command).length));
  const lines = COMMANDS.map((command) => `${usage(command).padEnd(width)}  ${command.summary}\n`);
  return lines.join("") + NOTES;
}
