import type { Writable } from "node:stream";
import { messageOf } from "../answers/text.ts";
import { TextBuffer } from "../answers/text-buffer.ts";
import type { Painter } from "./painter.ts";

/** Something drawn at the cursor that must not be mixed with lines: the prompt, the progress bar. */
export interface Drawing {
  /** Takes it off the screen; the cursor stands at the start of an empty line. */
  clear(): void;
  restore(): void;
}

export type OutputParts = {
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly painter: Painter;
  /** Show where an error was thrown. */
  readonly showsStacks: boolean;
  /** stdout takes no more, for example because its reader went away. */
  readonly whenClosed: (error: Error) => void;
};

/** The only way to stdout and stderr: keeps their order, batches writes, knows when the reader is slow or gone. */
export class Output {
  /** What is to go to stdout; whoever adds to it calls `flush` before waiting for anything. */
  readonly text: TextBuffer = new TextBuffer();
  readonly #parts: OutputParts;
  readonly #drawings: Drawing[] = [];
  readonly #waiters = new Set<() => void>();
  #isClosed = false;

  constructor(parts: OutputParts) {
    this.#parts = parts;
    parts.stdout.on("drain", () => this.#wake());
    parts.stdout.on("error", (error) => this.#close(error));
    // Nobody is left to be told when stderr fails.
    parts.stderr.on("error", () => {});
  }

  /** Whether errors are shown with where they were thrown. */
  get showsStacks(): boolean {
    return this.#parts.showsStacks;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** The reader of stdout has not taken what it was given; producing more would only fill memory. */
  get isCongested(): boolean {
    return !this.#isClosed && this.#parts.stdout.writableNeedDrain;
  }

  keepApart(drawing: Drawing): void {
    this.#drawings.push(drawing);
  }

  flush(): void {
    if (this.text.length === 0) return;
    const bytes = this.text.take();
    if (!this.#isClosed) this.#apart(() => this.#parts.stdout.write(bytes));
  }

  /** Until the reader has taken what it was given, stdout closes, or the signal fires. */
  drained(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted || !this.isCongested) {
        resolve();
        return;
      }
      const done = (): void => {
        this.#waiters.delete(done);
        signal.removeEventListener("abort", done);
        resolve();
      };
      this.#waiters.add(done);
      signal.addEventListener("abort", done);
    });
  }

  /** Whole lines for stderr, after everything that was said on stdout before. */
  error(lines: string): void {
    if (this.#isClosed) return;
    this.flush();
    this.#apart(() => this.#parts.stderr.write(this.#parts.painter.trouble(lines)));
  }

  /** One line about something that was thrown. */
  failure(prefix: string, error: unknown): void {
    const stack = this.#parts.showsStacks && error instanceof Error ? `${error.stack}\n` : "";
    this.error(`${prefix}${messageOf(error)}\n${stack}`);
  }

  /** Until all was handed to the operating system. */
  async finish(): Promise<void> {
    this.flush();
    if (this.#isClosed || this.#parts.stdout.writableLength === 0) return;
    await new Promise<void>((resolve) => {
      this.#waiters.add(resolve);
      this.#parts.stdout.write("", () => resolve());
    });
  }

  #apart(write: () => void): void {
    for (const drawing of this.#drawings) drawing.clear();
    write();
    for (const drawing of this.#drawings) drawing.restore();
  }

  #close(error: Error): void {
    if (this.#isClosed) return;
    if (!isReaderGone(error)) this.#parts.stderr.write(`error: cannot write to stdout: ${messageOf(error)}\n`);
    this.#isClosed = true;
    this.#wake();
    this.#parts.whenClosed(error);
  }

  #wake(): void {
    for (const waiter of [...this.#waiters]) waiter();
  }
}

/** `| head` read enough, or the terminal was hung up: the program ends, and nobody needs to be told. */
export function isReaderGone(error: Error): boolean {
  return "code" in error && (error.code === "EPIPE" || error.code === "EIO");
}
