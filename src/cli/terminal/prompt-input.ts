import { clearScreenDown, createInterface, cursorTo, type Interface, moveCursor } from "node:readline";
import type { ReadStream, WriteStream } from "node:tty";
import type { Line, LineSource } from "../input/line-source.ts";
import type { Completion } from "../language/complete.ts";
import { Ghost } from "./ghost.ts";
import { HISTORY_LINES_MAX, type HistoryFile } from "./history-file.ts";
import { KeyGate } from "./key-gate.ts";
import type { Drawing } from "./output.ts";

const HOW_TO_LEAVE = "\n(Ctrl-C again or Ctrl-D leaves)\n";

export type PromptParts = {
  readonly stdin: ReadStream;
  /** The terminal the prompt is drawn on. */
  readonly screen: WriteStream;
  /** What stands before the next line. */
  readonly prompt: () => string;
  /** What may replace the end of a line up to the cursor. */
  readonly complete: (line: string) => Completion;
  /** What to show behind a line, painted so that nobody takes it for typed; undefined where it cannot be. */
  readonly hint: Hint | undefined;
  /** Where lines are remembered beyond the session. */
  readonly history: HistoryFile | undefined;
  /** Ctrl-C was pressed. */
  readonly whenInterrupted: () => void;
};

export type Hint = { readonly hintFor: (line: string) => string; readonly paint: (text: string) => string };

/** Lines typed at a terminal, with editing, history and completion. The prompt shows only while `wait` waits. */
export class PromptInput implements LineSource, Drawing {
  readonly isInteractive: boolean = true;
  readonly #stdin: ReadStream;
  readonly #screen: WriteStream;
  readonly #prompt: () => string;
  readonly #gate: KeyGate;
  readonly #readline: Interface;
  readonly #ghost: Ghost | undefined;
  readonly #history: HistoryFile | undefined;
  #resolve: ((line: Line | undefined) => void) | undefined;
  #hasEnded = false;
  #isAboutToLeave = false;

  constructor({ stdin, screen, prompt, complete, hint, history, whenInterrupted }: PromptParts) {
    this.#stdin = stdin;
    this.#screen = screen;
    this.#prompt = prompt;
    this.#history = history;
    this.#gate = new KeyGate(stdin, whenInterrupted);
    // Before readline hears of the key, which takes the end of the line for empty.
    if (hint !== undefined) this.#gate.on("keypress", () => this.#ghost?.erase());
    this.#readline = createInterface({
      input: this.#gate,
      output: screen,
      terminal: true,
      completer: complete,
      history: history?.load() ?? [],
      historySize: HISTORY_LINES_MAX,
      removeHistoryDuplicates: true,
    });
    this.#ghost = hint && new Ghost({ screen, readline: this.#readline, ...hint });
    if (hint !== undefined) this.#gate.on("keypress", () => this.#showHint());
    this.#readline.on("history", forgetWhatBeginsWithBlank);
    this.#readline.on("line", (line) => this.#answer(line));
    this.#readline.on("SIGINT", whenInterrupted);
    this.#readline.on("close", () => this.#end());
  }

  poll(): Line | undefined {
    return undefined;
  }

  wait(): Promise<Line | undefined> {
    if (this.#hasEnded) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      this.#resolve = resolve;
      this.#isAboutToLeave = false;
      this.#readline.setPrompt(this.#prompt());
      this.#readline.prompt();
      this.#gate.open();
    });
  }

  interrupt(): boolean {
    if (!this.#gate.isOpen) return false;
    if (this.#readline.line.length > 0) {
      this.#readline.write(null, { ctrl: true, name: "e" });
      this.clear();
      this.#readline.write(null, { ctrl: true, name: "u" });
      return false;
    }
    if (this.#isAboutToLeave) return true;
    this.#isAboutToLeave = true;
    this.#screen.write(HOW_TO_LEAVE);
    this.#readline.prompt();
    return false;
  }

  clear(): void {
    if (this.#resolve === undefined) return;
    this.#ghost?.erase();
    const { rows } = this.#readline.getCursorPos();
    if (rows > 0) moveCursor(this.#screen, 0, -rows);
    cursorTo(this.#screen, 0);
    clearScreenDown(this.#screen);
    // Readline goes up by this many rows before it draws again (Node.js 20 to 24); the cursor stands on the first.
    Object.assign(this.#readline, { prevRows: 0 });
  }

  restore(): void {
    if (this.#resolve === undefined) return;
    this.#readline.prompt(true);
    this.#ghost?.show();
  }

  /** Gives the terminal away while `ask` blocks: no raw mode, nothing read here. */
  lendTerminal<Answer>(ask: () => Answer): Answer {
    this.#stdin.pause();
    this.#stdin.setRawMode(false);
    try {
      return ask();
    } finally {
      this.#stdin.setRawMode(true);
      this.#stdin.resume();
    }
  }

  close(): void {
    this.#readline.close();
    this.#stdin.pause();
  }

  #showHint(): void {
    if (this.#resolve !== undefined) this.#ghost?.showSoon();
  }

  #answer(text: string): void {
    const resolve = this.#resolve;
    this.#resolve = undefined;
    this.#history?.add(text);
    resolve?.({ bytes: Buffer.from(text), number: undefined, columnsBefore: 0 });
  }

  #end(): void {
    this.#hasEnded = true;
    const resolve = this.#resolve;
    this.#resolve = undefined;
    if (resolve === undefined) return;
    // Whatever comes next begins on a line of its own.
    this.#screen.write("\n");
    resolve(undefined);
  }
}

/** Whoever does not want a line remembered begins it with a blank, as in other shells. */
function forgetWhatBeginsWithBlank(history: string[]): void {
  if (history[0]?.startsWith(" ")) history.shift();
}
