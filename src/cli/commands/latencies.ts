import { type DurationSummary, Histogram } from "../../tools/histogram.ts";

/** How long the commands of one kind took. Milliseconds. */
export type LatencySummary = DurationSummary & { readonly command: string };

/** Counts how long commands took, by kind, at a cost of a few nanoseconds each. */
export class Latencies {
  readonly #byCommand = new Map<string, Histogram>();

  record(command: string, elapsedMs: number): void {
    let histogram = this.#byCommand.get(command);
    if (histogram === undefined) {
      histogram = new Histogram();
      this.#byCommand.set(command, histogram);
    }
    histogram.record(elapsedMs);
  }

  /** In the order in which the kinds came first. */
  summaries(): LatencySummary[] {
    return Array.from(this.#byCommand, ([command, histogram]) => ({ command, ...histogram.summary() }));
  }
}
