import type { Writable } from "node:stream";
import type { WriteStream } from "node:tty";
import { boundedColumns, type Redraw, type Screen, showsUnicode } from "../answers/screen.ts";
import type { Output } from "./output.ts";

/** What the screen depends on. */
type Surroundings = {
  readonly stdout: Writable & Partial<Pick<WriteStream, "isTTY" | "columns" | "rows">>;
  readonly variables: NodeJS.ProcessEnv;
};

/** Cursor to the upper left corner, and all from there erased. */
const CLEAR = "\u001b[H\u001b[J";

/** stdout as it is at the moment: a window may change its size. */
export class TerminalScreen implements Screen {
  readonly #surroundings: Surroundings;
  readonly redraw: Redraw | undefined;

  constructor(output: Output, surroundings: Surroundings, { isRedrawn }: { readonly isRedrawn: boolean }) {
    this.#surroundings = surroundings;
    const { stdout, variables } = surroundings;
    const { text } = output;
    const isPossible = isRedrawn && stdout.isTTY === true && variables.TERM !== "dumb";
    this.redraw = isPossible
      ? { scrollAway: () => void text.text("\n".repeat(stdout.rows ?? 0)), clear: () => void text.text(CLEAR) }
      : undefined;
  }

  get columns(): number {
    const { stdout, variables } = this.#surroundings;
    return boundedColumns(stdout.columns ?? Number(variables.COLUMNS));
  }

  get hasUnicode(): boolean {
    return showsUnicode(this.#surroundings.variables);
  }
}
