/** Buckets per doubling: a percentile is at most an eighth too large. */
const STEPS = 8;
/** From a nanosecond to a month, in doublings. */
const DOUBLINGS = 52;
const NANOSECONDS_PER_MS = 1e6;

/** How long things took. Milliseconds. */
export type DurationSummary = {
  readonly count: number;
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
};

/** Counts durations in buckets whose bounds grow by an eighth of a doubling each: some nanoseconds for each, and no memory. */
export class Histogram {
  readonly #counts = new Float64Array(STEPS * DOUBLINGS);
  #count = 0;
  #maxMs = 0;

  record(elapsedMs: number): void {
    const nanoseconds = Math.max(1, elapsedMs * NANOSECONDS_PER_MS);
    const bucket = Math.min(STEPS * DOUBLINGS - 1, Math.floor(Math.log2(nanoseconds) * STEPS));
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#count += 1;
    if (elapsedMs > this.#maxMs) this.#maxMs = elapsedMs;
  }

  summary(): DurationSummary {
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
      if (left <= 0) return Math.min(2 ** ((bucket + 1) / STEPS) / NANOSECONDS_PER_MS, this.#maxMs);
    }
    return this.#maxMs;
  }
}
