/** A piece of a table that is not in memory: what a look-up leaves that may not wait for the disk. */
export interface Missing {
  /**
   * Loads it without waiting and keeps it in memory until `release`, which must follow whatever comes of it. `done` is
   * called once, perhaps before this returns, with what prevents it.
   */
  hold(done: (error: Error | undefined) => void): void;
  release(): void;
}

/** A piece that several may want at once: it is loaded once for all, and kept until the last of them has let go. */
export class Held<Piece extends object> {
  #outcome: Piece | Error | undefined;
  #holders = 0;
  readonly #waiting: ((error: Error | undefined) => void)[] = [];

  /** undefined until it is loaded, and when that failed. */
  get piece(): Piece | undefined {
    return this.#outcome instanceof Error ? undefined : this.#outcome;
  }

  /** As `Missing.hold`, but for the load, which is the business of the first who holds. */
  hold(done: (error: Error | undefined) => void): void {
    this.#holders++;
    if (this.#outcome === undefined) this.#waiting.push(done);
    else done(this.#outcome instanceof Error ? this.#outcome : undefined);
  }

  /** Whether that was the last one. */
  release(): boolean {
    return --this.#holders === 0;
  }

  settle(outcome: Piece | Error): void {
    this.#outcome = outcome;
    const error = outcome instanceof Error ? outcome : undefined;
    for (const done of this.#waiting.splice(0)) done(error);
  }
}
