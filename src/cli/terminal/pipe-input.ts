import type { Readable } from "node:stream";
import type { Line, LineSource } from "../input/line-source.ts";
import { LineSplitter } from "./line-splitter.ts";

/** Reading pauses while this many lines wait, so that a fast writer does not fill memory. */
const WAITING_LINES_MAX = 1000;

/**
 * Lines from a pipe or a file. What arrives goes into a queue of our own with one consumer: `node:readline` loses
 * piped lines with `question()` and with a late `for await` (design D3).
 */
export class PipeInput implements LineSource {
  readonly isInteractive: boolean = false;
  readonly #stream: Readable;
  readonly #splitter = new LineSplitter();
  readonly #place: Pick<Line, "file">;
  #number = 0;
  #hasEnded = false;
  #resume: (() => void) | undefined;

  /** `fail` is told of a stream that cannot be read; the input ends then. `file`: as lines from it are to be named. */
  constructor(stream: Readable, fail: (error: Error) => void, file?: string) {
    this.#stream = stream;
    this.#place = file === undefined ? {} : { file };
    stream.on("data", (chunk: Uint8Array) => this.#arrive(chunk));
    stream.on("end", () => this.#end());
    stream.on("error", (error) => {
      fail(error);
      this.#end();
    });
  }

  poll(): Line | undefined {
    const bytes = this.#splitter.take();
    if (bytes === undefined) {
      if (this.#stream.isPaused()) this.#stream.resume();
      return undefined;
    }
    this.#number += 1;
    return { ...this.#place, bytes, number: this.#number, columnsBefore: 0 };
  }

  async wait(): Promise<Line | undefined> {
    while (this.#splitter.count === 0 && !this.#hasEnded) {
      await new Promise<void>((resolve) => {
        this.#resume = resolve;
      });
    }
    return this.poll();
  }

  interrupt(): boolean {
    return true;
  }

  close(): void {
    this.#stream.destroy();
    this.#end();
  }

  #arrive(chunk: Uint8Array): void {
    this.#splitter.push(chunk);
    if (this.#splitter.count >= WAITING_LINES_MAX) this.#stream.pause();
    this.#wake();
  }

  #end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#splitter.end();
    this.#wake();
  }

  #wake(): void {
    this.#resume?.();
    this.#resume = undefined;
  }
}
