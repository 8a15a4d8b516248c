import type { Command } from "commander";
import { addVerifyCommand, type VerifyArguments } from "./verify-command.ts";

/** A tool that the command line asks for, and with what. */
export type ToolCall = { readonly name: "verify"; readonly given: VerifyArguments };

/** Tools that look at databases or make new ones. Gives what was asked for to `choose`. */
export function addToolCommands(program: Command, choose: (call: ToolCall) => void): void {
  addVerifyCommand(program, (given) => choose({ name: "verify", given }));
}
