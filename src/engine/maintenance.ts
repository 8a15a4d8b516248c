/** The reference's flush and compaction threads look for work this often. */
const TICK_MS = 50;

/**
 * The background loop (design D2): looks for work every 50 ms and at once when woken, and does it a slice per turn of
 * the event loop. Its timers never keep the process alive.
 */
export class Maintenance {
  readonly #step: () => boolean;
  #timer: NodeJS.Timeout | undefined;
  #turn: NodeJS.Immediate | undefined;

  /** `step` does at most one slice of work and says whether it did any. It must not throw. */
  constructor(step: () => boolean) {
    this.#step = step;
  }

  start(): void {
    this.#timer ??= setInterval(() => this.wake(), TICK_MS).unref();
  }

  /** Asks for a look at the next turn of the event loop; does nothing while stopped. */
  wake(): void {
    if (this.#timer === undefined || this.#turn !== undefined) return;
    this.#turn = setImmediate(() => {
      this.#turn = undefined;
      if (this.#step()) this.wake();
    }).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    clearImmediate(this.#turn);
    this.#timer = undefined;
    this.#turn = undefined;
  }
}
