import { Writable } from "node:stream";
import type { CommandAnswer } from "../../tools/live/live-server.ts";

/** More than this of an answer is left out: a page is no place for a scan of everything. */
export const ANSWER_BYTES_MAX: number = 1024 * 1024;

/** Keeps what a command writes, in order, until it is taken. */
export class PageOutput {
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly #whenFull: () => void;
  #parts: { readonly text: string; readonly isTrouble: boolean }[] = [];
  #sizeBytes = 0;

  /** `whenFull` is called when an answer has become too long, again and again as long as it grows. */
  constructor(whenFull: () => void) {
    this.#whenFull = whenFull;
    this.stdout = this.#stream(false);
    this.stderr = this.#stream(true);
  }

  /** What was written since the last time. */
  take(): CommandAnswer {
    const answer = { parts: this.#parts, isCut: this.#sizeBytes > ANSWER_BYTES_MAX };
    this.#parts = [];
    this.#sizeBytes = 0;
    return answer;
  }

  #stream(isTrouble: boolean): Writable {
    return new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        this.#sizeBytes += chunk.length;
        if (this.#sizeBytes <= ANSWER_BYTES_MAX) this.#parts.push({ text: chunk.toString(), isTrouble });
        else this.#whenFull();
        done();
      },
    });
  }
}
