/** Of one turn of the event loop, so that timers and sockets have theirs. */
const TURN_MS = 2;

/**
 * Hands over what was read in the background, whose checks and decoding take time on this thread: about 2 ms of them per
 * turn of the event loop, however many reads end at once.
 */
export class Deliveries {
  readonly #waiting: (() => void)[] = [];
  #turn: NodeJS.Immediate | undefined;
  /** When this turn has had enough. */
  #until = 0;

  /** Calls back now, or after the others that wait, in a later turn. */
  deliver(answer: () => void): void {
    if (this.#waiting.length === 0 && this.#hasTime()) answer();
    else this.#waiting.push(answer);
  }

  #hasTime(): boolean {
    if (this.#turn !== undefined) return performance.now() < this.#until;
    this.#until = performance.now() + TURN_MS;
    this.#turn = setImmediate(() => this.#nextTurn());
    return true;
  }

  #nextTurn(): void {
    this.#turn = undefined;
    while (this.#waiting.length > 0 && this.#hasTime()) this.#waiting.shift()?.();
  }
}
