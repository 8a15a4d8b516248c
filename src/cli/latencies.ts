/** Buckets per doubling: a percentile is at most an eighth too large. */
const STEPS = 8;
/** From a microsecond to a month, in doublings. */
const DOUBLINGS = 42;

/** How long the commands of one kind took. Milliseconds. */
export type LatencySummary = {
  readonly command: string;
  readonly count: number;
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
};

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

/** Counts in buckets whose bounds grow by an eighth of a doubling each. */
class Histogram {
  readonly #counts = new Float64Array(STEPS * DOUBLINGS);
  #count = 0;
  #maxMs = 0;

  record(elapsedMs: number): void {
    const microseconds = Math.max(1, elapsedMs * 1000);
    const bucket = Math.min(STEPS * DOUBLINGS - 1, Math.floor(Math.log2(microseconds) * STEPS));
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#count += 1;
    if (elapsedMs > this.#maxMs) this.#maxMs = elapsedMs;
  }

  summary(): Omit<LatencySummary, "command"> {
    return {
      count: this.#count,
      p50Ms: this.#percentileMs(0.5),
      p90Ms: this.#percentileMs(0.9),
      p99Ms: this.#percentileMs(0.99),
      maxMs: this.#maxMs,
    };
  }

  /** The upper bound of the bucket that so large a part of all is in or below. */
  #percentileMs(part: number): number {
    let left = Math.ceil(this.#count * part);
    for (const [bucket, count] of this.#counts.entries()) {
      left -= count;
      if (left <= 0) return Math.min(2 ** ((bucket + 1) / STEPS) / 1000, this.#maxMs);
    }
    return this.#maxMs;
  }
}
