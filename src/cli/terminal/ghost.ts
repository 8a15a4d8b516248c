import { clearLine, type Interface, moveCursor } from "node:readline";
import type { WriteStream } from "node:tty";

/** Less room than this for a hint shows nothing of it. */
const ROOM_MIN = 4;

export type GhostParts = {
  readonly screen: WriteStream;
  readonly readline: Interface;
  /** What to show behind a line; empty for nothing. */
  readonly hintFor: (line: string) => string;
  readonly paint: (text: string) => string;
};

/** A hint behind the line that is being typed, where the cursor stands at its end. It is no part of the line. */
export class Ghost {
  readonly #parts: GhostParts;
  #isShown = false;
  #pending: NodeJS.Immediate | undefined;

  constructor(parts: GhostParts) {
    this.#parts = parts;
  }

  /** Shows the hint for the line as it is once all keys that came together were typed. */
  showSoon(): void {
    this.#pending ??= setImmediate(() => {
      this.#pending = undefined;
      this.show();
    });
  }

  show(): void {
    const { screen, readline, hintFor, paint } = this.#parts;
    const { line, cursor } = readline;
    if (cursor !== line.length) return;
    const room = screen.columns - readline.getCursorPos().cols - 1;
    const hint = Array.from(hintFor(line)).slice(0, Math.max(room, 0)).join("");
    if (hint.length === 0 || room < ROOM_MIN) return;
    screen.write(paint(hint));
    moveCursor(screen, -hint.length, 0);
    this.#isShown = true;
  }

  /** Takes it off the screen, before anything else changes there. */
  erase(): void {
    clearImmediate(this.#pending);
    this.#pending = undefined;
    if (this.#isShown) clearLine(this.#parts.screen, 1);
    this.#isShown = false;
  }
}
