import { clearScreenDown, createInterface, cursorTo, type Interface, moveCursor } from "node:readline";
import type { ReadStream, WriteStream } from "node:tty";
import { complete } from "../complete.ts";
import type { Line, LineSource } from "../line-source.ts";
import { KeyGate } from "./key-gate.ts";
import type { Drawing } from "./output.ts";

const HISTORY_LINES_MAX = 1000;
const HINT = "\n(Ctrl-C again or Ctrl-D leaves)\n";

export type PromptParts = {
  readonly stdin: ReadStream;
  /** The terminal the prompt is drawn on. */
  readonly screen: WriteStream;
  /** What stands before the next line. */
  readonly prompt: () => string;
  /** Ctrl-C was pressed. */
  readonly whenInterrupted: () => void;
};

/** Lines typed at a terminal, with editing, history and completion. The prompt shows only while `wait` waits. */
export class PromptInput implements LineSource, Drawing {
  readonly isInteractive: boolean = true;
  readonly #stdin: ReadStream;
  readonly #screen: WriteStream;
  readonly #prompt: () => string;
  readonly #gate: KeyGate;
  readonly #readline: Interface;
  #resolve: ((line: Line | undefined) => void) | undefined;
  #hasEnded = false;
  #isAboutToLeave = false;

  constructor({ stdin, screen, prompt, whenInterrupted }: PromptParts) {
    this.#stdin = stdin;
    this.#screen = screen;
    this.#prompt = prompt;
    this.#gate = new KeyGate(stdin, whenInterrupted);
    this.#readline = createInterface({
      input: this.#gate,
      output: screen,
      terminal: true,
      completer: complete,
      historySize: HISTORY_LINES_MAX,
      removeHistoryDuplicates: true,
    });
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
    this.#screen.write(HINT);
    this.#readline.prompt();
    return false;
  }

  clear(): void {
    if (this.#resolve === undefined) return;
    const { rows } = this.#readline.getCursorPos();
    if (rows > 0) moveCursor(this.#screen, 0, -rows);
    cursorTo(this.#screen, 0);
    clearScreenDown(this.#screen);
    // Readline goes up by this many rows before it draws again (Node.js 20 to 24); the cursor stands on the first.
    Object.assign(this.#readline, { prevRows: 0 });
  }

  restore(): void {
    if (this.#resolve !== undefined) this.#readline.prompt(true);
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

  #answer(text: string): void {
    const resolve = this.#resolve;
    this.#resolve = undefined;
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
