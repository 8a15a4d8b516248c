import { expect, test } from "vitest";
import { showPriority, showRatio, showThousandths } from "../../src/compaction/pick-numbers.ts";

test.each([
  [0, "0", "0.0"],
  [200, "200", "200.0"],
  [0.5, "0.5", "0.5"],
  [133.33333333333331, "133.33333333333331", "133.33333333333331"],
  [Number.POSITIVE_INFINITY, "inf", "inf"],
])("%d is the ratio %s and the priority %s", (value, ratio, priority) => {
  expect(showRatio(value)).toBe(ratio);
  expect(showPriority(value)).toBe(priority);
});

test.each([
  [0, "0.000"],
  [128, "128.000"],
  [41 / 16, "2.562"],
  [43 / 16, "2.688"],
  [1 / 16, "0.062"],
  [0.0004, "0.000"],
  [0.0005, "0.001"],
  [1.0015, "1.002"],
  [2.0005, "2.001"],
  [1 / 3, "0.333"],
  [Number.NaN, "NaN"],
])("%d rounds to %s", (value, expected) => {
  expect(showThousandths(value)).toBe(expected);
});

// Exact decimal expansions by BigInt: value = mantissa / 2^32.
test("every rounding is the nearest thousandth, the even one of two", () => {
  for (let mantissa = 1n; mantissa < 2n ** 36n; mantissa = mantissa * 3n + 1n) {
    for (const step of [0n, 1n << 27n, 1n << 28n, 3n << 28n]) {
      const scaled = (mantissa + step) * 1000n;
      const lower = scaled >> 32n;
      const twiceRest = (scaled - (lower << 32n)) * 2n;
      const isUp = twiceRest > 1n << 32n || (twiceRest === 1n << 32n && lower % 2n === 1n);
      const digits = String(isUp ? lower + 1n : lower).padStart(4, "0");
      const expected = `${digits.slice(0, -3)}.${digits.slice(-3)}`;
      expect(showThousandths(Number(mantissa + step) / 2 ** 32)).toBe(expected);
    }
  }
  for (let sixteenths = 1n; sixteenths < 400n; sixteenths += 2n) {
    const lower = (sixteenths * 125n) / 2n;
    const even = lower % 2n === 0n ? lower : lower + 1n;
    const digits = String(even).padStart(4, "0");
    expect(showThousandths(Number(sixteenths) / 16)).toBe(`${digits.slice(0, -3)}.${digits.slice(-3)}`);
  }
});
