import { TurnBudget } from "./turn-budget.ts";

const TURN_MS = 2;

/**
 * Hands over what was read in the background, whose checks and decoding take time on this thread: about 2 ms of them per
 * turn of the event loop, however many reads end at once.
 */
export class Deliveries {
  readonly #budget = new TurnBudget(TURN_MS);
  readonly #waiting: (() => void)[] = [];

  /** Calls back now, or after the others that wait, in a later turn. */
  deliver(answer: () => void): void {
    if (this.#waiting.length === 0 && this.#budget.hasTime()) {
      answer();
      return;
    }
    this.#waiting.push(answer);
    if (this.#waiting.length === 1) this.#budget.afterTurn(() => this.#handOver());
  }

  #handOver(): void {
    while (this.#waiting.length > 0 && this.#budget.hasTime()) this.#waiting.shift()?.();
    if (this.#waiting.length > 0) this.#budget.afterTurn(() => this.#handOver());
  }
}
