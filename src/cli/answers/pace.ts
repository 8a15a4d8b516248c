/** How long the event loop may be kept waiting; timers of the engine and signals come late by at most this. */
const SLICE_MS = 5;

/** Tells long work when to let the event loop run. */
export class Pace {
  #sliceEnd = performance.now() + SLICE_MS;

  /** Whether the slice is used up. */
  isDue(): boolean {
    return performance.now() >= this.#sliceEnd;
  }

  /** Lets everything that waits run once; then a new slice begins. */
  async rest(): Promise<void> {
    await new Promise<void>((resolve) => setImmediate(resolve));
    this.#sliceEnd = performance.now() + SLICE_MS;
  }
}
