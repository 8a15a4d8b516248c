import type { ReadStream, WriteStream } from "node:tty";
import type { Isolation } from "../../mvcc/conflict.ts";
import type { Snapshots } from "../commands/snapshots.ts";
import type { Database } from "../database.ts";
import { complete } from "../language/complete.ts";
import { LiveSources } from "../language/completion-sources.ts";
import { hintFor } from "../language/hint.ts";
import { HistoryFile, historyPath } from "../terminal/history-file.ts";
import type { Painter } from "../terminal/painter.ts";
import { PromptInput } from "../terminal/prompt-input.ts";

/** What a prompt is for, and where. */
export type PromptHost = {
  readonly stdin: ReadStream;
  /** The terminal the prompt is drawn on. */
  readonly terminal: WriteStream;
  readonly painter: Painter;
  readonly variables: NodeJS.ProcessEnv;
  /** The session that it feeds, once it runs. */
  readonly session: () => PromptedSession | undefined;
  /** A warning, as whole lines. */
  readonly warn: (lines: string) => void;
  /** Ctrl-C was pressed. */
  readonly interrupt: () => void;
};

type PromptedSession = {
  readonly database: Database;
  readonly snapshots: Snapshots;
  readonly store: { readonly isolation: Isolation | undefined };
};

/** A prompt with all that helps to type: history, completion, hints. Loaded only where somebody types. */
export function newPrompt(host: PromptHost): PromptInput {
  const { stdin, terminal, painter, variables, session, warn, interrupt } = host;
  const path = historyPath(variables);
  return new PromptInput({
    stdin,
    screen: terminal,
    prompt: () => painter.prompt(promptText(session()?.store.isolation)),
    complete: (line) => {
      const prompted = session();
      if (prompted === undefined) return [[], line];
      return complete(line, new LiveSources(prompted.database, prompted.snapshots));
    },
    hint: painter.hint && { hintFor, paint: painter.hint },
    history: path === undefined ? undefined : new HistoryFile(path, warn),
    whenInterrupted: interrupt,
  });
}

/** Shows whether a transaction is open. */
function promptText(isolation: Isolation | undefined): string {
  if (isolation === undefined) return "mini-lsm-cli> ";
  return isolation === "serializable" ? "mini-lsm-cli (serializable)> " : "mini-lsm-cli (transaction)> ";
}
