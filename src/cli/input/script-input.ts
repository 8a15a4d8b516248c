import { columnOf, splitCommands } from "../language/words.ts";
import type { Line, LineSource } from "./line-source.ts";

/** The commands of `-c`, separated by `;` or line ends. Columns count from the start of the whole text. */
export class ScriptInput implements LineSource {
  readonly isInteractive: boolean = false;
  readonly #lines: Line[];
  #next = 0;

  constructor(script: string) {
    const bytes = Buffer.from(script);
    this.#lines = splitCommands(bytes).map(({ start, end }) => ({
      bytes: bytes.subarray(start, end),
      number: undefined,
      columnsBefore: columnOf(bytes, start) - 1,
    }));
  }

  poll(): Line | undefined {
    const line = this.#lines[this.#next];
    this.#next += 1;
    return line;
  }

  wait(): Promise<Line | undefined> {
    return Promise.resolve(undefined);
  }

  interrupt(): boolean {
    return true;
  }

  close(): void {
    this.#next = this.#lines.length;
  }
}
