/** Time on the main thread for one kind of work: so many milliseconds per turn of the event loop, so that timers and sockets have theirs. */
export class TurnBudget {
  readonly #turnMs: number;
  /** The end of the turn that is measured. */
  #end: NodeJS.Immediate | undefined;
  /** When this turn has had enough. */
  #until = 0;
  #waiting: (() => void)[] = [];

  constructor(turnMs: number) {
    this.#turnMs = turnMs;
  }

  /** Whether there is time left in this turn, which is measured from the first question on. */
  hasTime(): boolean {
    if (this.#end !== undefined) return performance.now() < this.#until;
    this.#begin();
    return true;
  }

  /** Calls back in the next turn. */
  afterTurn(callback: () => void): void {
    this.#waiting.push(callback);
    if (this.#end === undefined) this.#begin();
  }

  nextTurn(): Promise<void> {
    return new Promise((resolve) => this.afterTurn(resolve));
  }

  #begin(): void {
    this.#until = performance.now() + this.#turnMs;
    this.#end = setImmediate(() => {
      this.#end = undefined;
      for (const callback of this.#waiting.splice(0)) callback();
    });
  }
}
