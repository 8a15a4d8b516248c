import { levelError } from "./errors.ts";
import { turns } from "./turns.ts";

/**
 * What writes are answered with: many of one turn share a promise of the engine, and so they share one here, which costs a
 * third of a promise for each.
 */
export class WriteAnswers {
  #written: Promise<void> | undefined;
  #answer: Promise<void> = Promise.resolve();
  #count = { writes: 0 };

  /** Resolves when the write is done, and the event loop has had its turns; rejects with a LevelError. */
  answer(written: Promise<void>): Promise<void> {
    if (written === this.#written) {
      this.#count.writes++;
      return this.#answer;
    }
    const count = { writes: 1 };
    this.#written = written;
    this.#count = count;
    this.#answer = written.then(
      () => turns.next(count.writes),
      (error) => {
        throw levelError(error);
      },
    );
    return this.#answer;
  }
}
