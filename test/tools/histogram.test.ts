import { describe, expect, test } from "vitest";
import { Histogram } from "../../src/tools/histogram.ts";

describe("a histogram", () => {
  test.each([1e-6, 1e-3, 1, 1e6])(
    "of durations around %s ms has percentiles that are at most a tenth too large",
    (unit) => {
      const histogram = new Histogram();
      for (let count = 1; count <= 1000; count++) histogram.record(count * unit);
      const { count, p50Ms, p90Ms, p99Ms, maxMs } = histogram.summary();
      expect({ count, maxMs }).toEqual({ count: 1000, maxMs: 1000 * unit });
      for (const [told, exact] of [
        [p50Ms, 500],
        [p90Ms, 900],
        [p99Ms, 990],
      ] as const) {
        expect(told / unit).toBeGreaterThanOrEqual(exact);
        expect(told / unit).toBeLessThanOrEqual(exact * 1.1);
      }
    },
  );

  test("of nothing says nothing", () => {
    expect(new Histogram().summary()).toEqual({ count: 0, p50Ms: 0, p90Ms: 0, p99Ms: 0, maxMs: 0 });
  });
});
