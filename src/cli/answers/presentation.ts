import type { Cursor, EventSource } from "../database.ts";
import type { CommandName, EntryForm } from "../language/command.ts";
import type { MessageSinks } from "./engine-text.ts";
import type { Outcome } from "./outcome.ts";
import type { TextBuffer } from "./text-buffer.ts";

/** A command's outcome, with what an answer may say beside it. */
export type Answer = {
  readonly command: CommandName;
  readonly outcome: Outcome;
  /** How long the command took; undefined when nobody wants to know. */
  readonly elapsedMs: number | undefined;
};

/** Something that was thrown, and where. */
export type Failure = {
  readonly error: unknown;
  /** What could not be done, such as `cannot open lsm.db`, where that is not plain from the line. */
  readonly attempt?: string;
  /** The file that the line is from, when it is not the session's own input. */
  readonly file?: string | undefined;
  readonly line?: number | undefined;
  readonly column?: number | undefined;
};

/** Appends the entry that a cursor stands on, which must be valid, to what goes to stdout. */
export type EntryWriter = (text: TextBuffer, cursor: Cursor) => void;

/** How the shell speaks: for people, or in JSON for programs. */
export interface Presentation {
  /** What is printed before the first command of a session. */
  readonly banner: string;
  /** For the entries of one scan, whose answer follows them. */
  entryWriter(form: EntryForm): EntryWriter;
  answer(answer: Answer): void;
  failure(failure: Failure): void;
  /** Gives the engine's messages to the sinks as whole lines. */
  listen(events: EventSource, sinks: MessageSinks): void;
  /** What a transaction tells of itself while it commits, before the answer. */
  told(lines: string): void;
}
