import type { EventSource } from "../database.ts";
import type { EntryForm } from "../language/command.ts";
import type { Output } from "../terminal/output.ts";
import type { Painter } from "../terminal/painter.ts";
import { listenToEngine, type MessageSinks } from "./engine-text.ts";
import { lineWriter } from "./entry-writer.ts";
import { formatOutcome } from "./format.ts";
import type { Answer, EntryWriter, Failure, Presentation } from "./presentation.ts";
import { millisecondsText } from "./quantity.ts";
import type { Screen } from "./screen.ts";

export type TextPresentationParts = {
  readonly output: Output;
  readonly painter: Painter;
  readonly screen: Screen;
  readonly banner: string;
};

/** Answers as the reference prints them, and more of the kind. Failures and interruptions go to stderr. */
export class TextPresentation implements Presentation {
  readonly banner: string;
  readonly #output: Output;
  readonly #painter: Painter;
  readonly #screen: Screen;

  constructor({ output, painter, screen, banner }: TextPresentationParts) {
    this.banner = banner;
    this.#output = output;
    this.#painter = painter;
    this.#screen = screen;
  }

  entryWriter(form: EntryForm): EntryWriter {
    return lineWriter(form);
  }

  answer({ outcome, elapsedMs }: Answer): void {
    const { text } = this.#output;
    formatOutcome(text, outcome, this.#screen);
    if (outcome.kind === "interrupted") this.#output.error(`${outcome.command} interrupted: ${outcome.progress}\n`);
    if (elapsedMs !== undefined) text.text(`time: ${millisecondsText(elapsedMs)} ms\n`);
  }

  failure({ error, attempt, file, line, column }: Failure): void {
    const places = [
      ...(attempt === undefined ? [] : [attempt]),
      ...(file === undefined ? [] : [file]),
      ...(line === undefined ? [] : [`line ${line}`]),
      ...(column === undefined ? [] : [`column ${column}`]),
    ];
    this.#output.failure(places.length === 0 ? "error: " : `error: ${places.join(", ")}: `, error);
  }

  listen(events: EventSource, sinks: MessageSinks): void {
    listenToEngine(events, { ...sinks, news: (lines) => sinks.news(this.#painter.news(lines)) });
  }

  told(lines: string): void {
    this.#output.text.text(lines);
  }
}
