import { Command, CommanderError } from "commander";
import { assert } from "../errors.ts";
import type { SimulationOptions } from "../tools/simulator/simulation-options.ts";
import { visibleText } from "./answers/text.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import {
  addShellOptions,
  type GivenShellOptions,
  refusalOf,
  type ShellArguments,
  shellArguments,
} from "./shell-options.ts";
import { addConvertCommand, type ConvertArguments } from "./tools/convert-command.ts";
import { addSimulateCommand } from "./tools/simulate-command.ts";
import { addToolCommands, type ToolCall } from "./tools/tool-commands.ts";

/** What to do, or what to print before leaving with `exitCode`. */
export type ParsedArguments =
  | { readonly kind: "shell"; readonly arguments: ShellArguments }
  | { readonly kind: "simulate"; readonly simulation: SimulationOptions; readonly livePort: number | undefined }
  | { readonly kind: "convert"; readonly conversion: ConvertArguments }
  | { readonly kind: "tool"; readonly call: ToolCall }
  | { readonly kind: "leave"; readonly exitCode: ExitCode; readonly stdout: string; readonly stderr: string };

/** Reads the arguments that follow the program's name. Prints nothing. */
export function parseArguments(argv: readonly string[], version: string): ParsedArguments {
  let stdout = "";
  let stderr = "";
  let parsed: ParsedArguments | undefined;
  const program = new Command("mini-lsm-cli")
    .description("An LSM-tree storage engine to play with: reads commands, keeps what they store in a directory.")
    .version(`mini-lsm-cli ${version}`, "-V, --version", "show the version")
    .helpOption("-h, --help", "show this help")
    .helpCommand("help [command]", "show the help of a command")
    .addHelpText("after", SHELL_NOTES)
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => {
        stdout += text;
      },
      writeErr: (text) => {
        stderr += text.split("\n").map(visibleText).join("\n");
      },
    });
  addShellOptions(program);
  addSimulateCommand(program, (simulation, livePort) => {
    refuseShellOptions(program, "simulate");
    parsed = { kind: "simulate", simulation, livePort };
  });
  addConvertCommand(program, (conversion) => {
    refuseShellOptions(program, "convert");
    parsed = { kind: "convert", conversion };
  });
  addToolCommands(program, (call) => {
    refuseShellOptions(program, call.name);
    parsed = { kind: "tool", call };
  });
  refuseRepetition(program);
  program.allowExcessArguments().action((given: GivenShellOptions) => {
    const [word] = program.args;
    const refusal =
      word === undefined ? refusalOf(given) : `unknown command '${word}', expected ${commandNames(program)} or none`;
    if (refusal !== undefined) program.error(`error: ${refusal}`);
    parsed = { kind: "shell", arguments: shellArguments(given) };
  });
  try {
    program.parse(argv, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return { kind: "leave", exitCode: error.exitCode === 0 ? EXIT.success : EXIT.usage, stdout, stderr };
  }
  assert(parsed !== undefined, "a command line chooses a command or is refused");
  return parsed;
}

function commandNames(program: Command): string {
  return program.commands.map((command) => command.name()).join(", ");
}

const SHELL_NOTES = `
Sizes are bytes or have a unit: 4096, 4k, 4KiB, 2MiB.
Without a command the shell starts, where "help" lists what it understands. What is typed there is remembered in a
file for you alone; MINI_LSM_HISTORY names another file, or none when it is empty.`;

/** Commander takes the last of an option's values; a command line that says two things is a mistake. */
function refuseRepetition(command: Command): void {
  for (const option of command.options) {
    let count = 0;
    command.on(`option:${option.name()}`, () => {
      count += 1;
      if (count > 1) command.error(`error: option '${option.flags}' given more than once`);
    });
  }
  for (const subcommand of command.commands) refuseRepetition(subcommand);
}

/** What stands before a subcommand is the shell's, which is not started then. */
function refuseShellOptions(program: Command, command: string): void {
  for (const option of program.options) {
    if (program.getOptionValueSource(option.attributeName()) !== "cli") continue;
    program.error(`error: option '${option.flags}' is for the shell, which ${command} does not start`);
  }
}
