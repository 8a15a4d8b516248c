import type { Command } from "commander";
import { portOption } from "../page/live-option.ts";
import { directoryName } from "./option-values.ts";

/** What the command line asks for. */
export type HistoryArguments = { readonly directory: string; readonly port: number };

/** `history DIR`. Gives what was asked for to `choose`. */
export function addHistoryCommand(program: Command, choose: (given: HistoryArguments) => void): void {
  program
    .command("history")
    .description("show on a page how the tree of a database came to be, step by step")
    .argument("<directory>", "of a database of any format", directoryName)
    .addOption(
      portOption("--port <port>", "where the page is served, on this machine only; any that is free").default(0, "any"),
    )
    .addHelpText("after", HISTORY_NOTES)
    .action((directory: string, { port }: { readonly port: number }) => choose({ directory, port }));
}

const HISTORY_NOTES = `
Reads the MANIFEST, which records every flush and compaction, and the tables that are still there. Nothing is written,
and the database may be in use: what is recorded later is not shown. Ctrl-C ends it.

Example:
  mini-lsm-cli history lsm.db`;
