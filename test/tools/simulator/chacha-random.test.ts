import { describe, expect, test } from "vitest";
import { ChaChaRandom, keyFromSeed } from "../../../src/tools/simulator/chacha-random.ts";

const draws = (seed: bigint, count: number): bigint[] => {
  const random = new ChaChaRandom(seed);
  return Array.from({ length: count }, () => random.nextU64());
};

describe("the simulator's random numbers", () => {
  test("are the reference's", () => {
    expect(draws(42n, 3)).toEqual([9713269763989775522n, 10011513049433592189n, 11740708795755607249n]);
    expect(draws(0n, 2)).toEqual([13486662071293341567n, 14267822071968393595n]);
  });

  test("start from the reference's key", () => {
    expect([...keyFromSeed(42n).subarray(0, 2)]).toEqual([0x7ba18fa4, 0x0a3d3258]);
  });

  test("take the seed modulo 2^64", () => {
    expect(draws((1n << 64n) + 42n, 3)).toEqual(draws(42n, 3));
  });

  test("are the reference's in a range", () => {
    const random = new ChaChaRandom(42n);
    const ranges = Array.from({ length: 4 }, () => {
      const first = random.nextInRange(0n, 1n << 31n);
      const last = first + random.nextInRange(1n << 10n, 1n << 31n);
      return `${first.toString(16)}..=${last.toString(16)}`;
    });
    expect(ranges).toEqual(["43663bb1..=88de428e", "5177b038..=856c4954", "465586f..=3982a917", "5e63ec74..=cb1833db"]);
  });

  test("stay in their range, to both ends, over many blocks", () => {
    const random = new ChaChaRandom(7n);
    const seen = new Set(Array.from({ length: 2000 }, () => random.nextInRange(5n, 15n)));
    expect([...seen].sort((a, b) => Number(a - b))).toEqual([5n, 6n, 7n, 8n, 9n, 10n, 11n, 12n, 13n, 14n]);
  });

  test("draw twice only when the first draw leaves the result open", () => {
    const huge = (1n << 64n) - 1n;
    const [first = 0n, second = 0n, third = 0n] = draws(42n, 3);
    const random = new ChaChaRandom(42n);
    const product = first * huge;
    const isOpen = product % (1n << 64n) > 1n;
    expect(isOpen).toBe(true);
    const carry = (product % (1n << 64n)) + ((second * huge) >> 64n) >= 1n << 64n ? 1n : 0n;
    expect(random.nextInRange(0n, huge)).toBe((product >> 64n) + carry);
    expect(random.nextU64()).toBe(third);
  });
});
