import type { Line, LineSource } from "../input/line-source.ts";

/** Lines that come one by one, each when the one before is answered. */
export class PageInput implements LineSource {
  readonly isInteractive: boolean = true;
  #deliver: ((line: Line | undefined) => void) | undefined;
  #whenIdle: (() => void) | undefined;
  #isClosed = false;

  /** Hands a line over. Resolves when the reader asks for the next: then it has answered. One at a time. */
  perform(text: string): Promise<void> {
    return new Promise((resolve) => {
      if (this.#isClosed || this.#deliver === undefined) {
        resolve();
        return;
      }
      this.#whenIdle = resolve;
      this.#hand({ bytes: Buffer.from(text), number: undefined, columnsBefore: 0 });
    });
  }

  poll(): Line | undefined {
    return undefined;
  }

  wait(): Promise<Line | undefined> {
    this.#settle();
    if (this.#isClosed) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      this.#deliver = resolve;
    });
  }

  interrupt(): boolean {
    return false;
  }

  close(): void {
    this.#isClosed = true;
    this.#settle();
    this.#hand(undefined);
  }

  #hand(line: Line | undefined): void {
    const deliver = this.#deliver;
    this.#deliver = undefined;
    deliver?.(line);
  }

  #settle(): void {
    const whenIdle = this.#whenIdle;
    this.#whenIdle = undefined;
    whenIdle?.();
  }
}
