/** Who asked for long work, as it goes on. */
export interface Watch {
  /** Ends the work; the promise then rejects with its reason. */
  readonly signal: AbortSignal;
  /** What has to be open is open, and the work begins: `total` of whatever it counts, undefined where nobody knows. */
  begin(total: number | undefined): void;
  /** Whether the event loop has waited long enough. */
  isBreathDue(): boolean;
  /** Lets the event loop run; `done` is how much was done so far, in whatever the work counts. */
  breathe(done: number): Promise<void>;
}

/** Runs steps, each of which yields how much it did, to their end. Rejects with what they throw, and when the signal fires. */
export async function walk<Result>(steps: Generator<number, Result>, watch: Watch): Promise<Result> {
  let done = 0;
  try {
    for (;;) {
      const step = steps.next();
      if (step.done === true) return step.value;
      done += step.value;
      if (!watch.isBreathDue()) continue;
      await watch.breathe(done);
      watch.signal.throwIfAborted();
    }
  } finally {
    // Steps that are not at their end let go of what they hold.
    steps.return(undefined as never);
  }
}
