/** A loop of awaited calls holds everything else up no longer than this. */
export const TURN_MS = 5;
/** Looking at the clock costs as much as a small read. */
const CALLS_PER_LOOK = 16;

/**
 * Gives the event loop its turns. What is in memory is answered without waiting for anything, so a loop of awaited calls
 * would never let timers and sockets run; native stores are spared that by their threads. So an answer that comes late in
 * a turn waits for the next one.
 */
export class Turns {
  readonly #nowMs: () => number;
  #calls = 0;
  #startedMs = 0;
  /** Of the turn that is measured. */
  #end: Promise<void> | undefined;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** undefined while the turn is young, else what an answer has to wait for. To be asked once per call, or once for several. */
  next(calls = 1): Promise<void> | undefined {
    if (this.#end === undefined) {
      this.#begin();
      return undefined;
    }
    this.#calls += calls;
    if (this.#calls < CALLS_PER_LOOK) return undefined;
    if (this.#nowMs() - this.#startedMs >= TURN_MS) return this.#end;
    this.#calls = 0;
    return undefined;
  }

  #begin(): void {
    this.#calls = 0;
    this.#startedMs = this.#nowMs();
    this.#end = new Promise((resolve) => {
      setImmediate(() => {
        this.#end = undefined;
        resolve();
      });
    });
  }
}

/** One for all databases: there is one event loop. */
export const turns: Turns = new Turns(() => performance.now());
