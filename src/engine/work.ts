import { setImmediate as nextTurn } from "node:timers/promises";

/** Input bytes per slice: about 2 ms of writing or merging, so that timers and the prompt stay alive in between. */
export const SLICE_BYTES: number = 256 * 1024;

/**
 * A job under way. Whoever has time pushes it on by `advance` (the background loop, a stalled writer, someone who waits
 * for its end), and whoever needs its end looks at `outcome`; a failure is kept there, so that it reaches the one who asked.
 */
export class Work {
  #outcome: "running" | "done" | Error = "running";
  readonly #runSlice: (sliceBytes: number) => "more" | "done";
  readonly #onCancel: () => void;

  /** `onCancel` gives up what the job has written so far. */
  constructor(runSlice: (sliceBytes: number) => "more" | "done", onCancel: () => void) {
    this.#runSlice = runSlice;
    this.#onCancel = onCancel;
  }

  get outcome(): "running" | "done" | Error {
    return this.#outcome;
  }

  /** Runs one slice. Does nothing once the work has ended. Throws nothing. */
  advance(): void {
    if (this.#outcome !== "running") return;
    try {
      if (this.#runSlice(SLICE_BYTES) === "done") this.#outcome = "done";
    } catch (error) {
      this.#outcome = error instanceof Error ? error : new Error(String(error));
    }
  }

  /** Gives the job up between two slices. Does nothing once the work has ended. */
  cancel(): void {
    if (this.#outcome !== "running") return;
    this.#outcome = new Error("the work was cancelled");
    this.#onCancel();
  }

  /** Runs to the end without yielding. Throws the work's error. */
  finishNow(): void {
    while (this.#outcome === "running") this.advance();
    if (this.#outcome !== "done") throw this.#outcome;
  }

  /** Runs to the end, a turn of the event loop between slices. Rejects with the work's error, or with the signal's reason between slices. */
  async finish(signal?: AbortSignal): Promise<void> {
    await this.settle(signal);
    if (this.#outcome !== "done") throw this.#outcome;
  }

  /** `finish` for those who want the work out of the way and leave its error to the one who asked for it. */
  async settle(signal?: AbortSignal): Promise<void> {
    while (this.#outcome === "running") {
      signal?.throwIfAborted();
      this.advance();
      if (this.#outcome === "running") await nextTurn();
    }
  }
}
