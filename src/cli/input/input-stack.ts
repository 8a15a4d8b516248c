import { RefusedError } from "../language/command.ts";
import type { Line, LineSource } from "./line-source.ts";

/** Files may name each other in a circle. */
const SOURCES_MAX = 16;

/** The session's own input, and on top of it the files that commands come from at the moment. */
export class InputStack implements LineSource {
  readonly #base: LineSource;
  readonly #files: LineSource[] = [];

  constructor(base: LineSource) {
    this.#base = base;
  }

  get isInteractive(): boolean {
    return this.#base.isInteractive;
  }

  /** Whether lines come from a file that a command named. */
  get hasFile(): boolean {
    return this.#files.length > 0;
  }

  /** Throws RefusedError when files are nested too deep. */
  refuseIfFull(): void {
    if (this.#files.length < SOURCES_MAX) return;
    throw new RefusedError(`files name each other more than ${SOURCES_MAX} deep, expected no circle`);
  }

  /** Takes lines from here until they end. */
  push(file: LineSource): void {
    this.#files.push(file);
  }

  /** Gives up what is left of the files. */
  dropFiles(): void {
    for (const file of this.#files.splice(0)) file.close();
  }

  poll(): Line | undefined {
    return this.#top.poll();
  }

  async wait(): Promise<Line | undefined> {
    for (;;) {
      const file = this.#files.at(-1);
      if (file === undefined) return this.#base.wait();
      const line = await file.wait();
      if (line !== undefined) return line;
      const at = this.#files.indexOf(file);
      if (at >= 0) this.#files.splice(at);
      const next = this.#top.poll();
      if (next !== undefined) return next;
    }
  }

  interrupt(): boolean {
    this.dropFiles();
    return this.#base.interrupt();
  }

  close(): void {
    this.dropFiles();
    this.#base.close();
  }

  get #top(): LineSource {
    return this.#files.at(-1) ?? this.#base;
  }
}
