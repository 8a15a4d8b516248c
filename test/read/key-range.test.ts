import { describe, expect, test } from "vitest";
import { isPastLower, isPastUpper, overlaps } from "../../src/read/key-range.ts";
import { rangeOf } from "../support/engine-range.ts";
import { bytes } from "../support/entries.ts";

describe("a range and a table of [c, m]", () => {
  test.each([
    ["(, )", true],
    // Lower bounds.
    ["[a, )", true],
    ["[c, )", true],
    ["[m, )", true],
    ["[m\0, )", false],
    ["(b, )", true],
    ["(c, )", true],
    ["(l, )", true],
    ["(m, )", false],
    // Upper bounds.
    ["(, z]", true],
    ["(, c]", true],
    ["(, bz]", false],
    ["(, c\0)", true],
    ["(, c)", false],
    // Both.
    ["[d, e]", true],
    ["(m, z]", false],
    ["[a, c)", false],
    ["[a, c]", true],
  ])("%s overlap: %s", (range, expected) => {
    expect(overlaps(rangeOf(range), bytes("c"), bytes("m"))).toBe(expected);
  });

  test("do not overlap when an empty bound is the upper one, as no key is empty", () => {
    const empty = new Uint8Array(0);
    expect(overlaps({ lt: empty }, bytes("c"), bytes("m"))).toBe(false);
    expect(overlaps({ lte: empty }, bytes("c"), bytes("m"))).toBe(false);
    expect(overlaps({ gt: empty }, bytes("c"), bytes("m"))).toBe(true);
    expect(overlaps({ gte: empty }, bytes("c"), bytes("m"))).toBe(true);
  });
});

describe("the lower bound", () => {
  test.each([
    ["[k, )", "k", false],
    ["[k, )", "j\xff", true],
    ["(k, )", "k", true],
    ["(k, )", "k\0", false],
    ["(, z]", "", false],
    ["[k, )", "", true],
  ])("%s is passed by %j: %s", (range, key, expected) => {
    const padded = bytes(`<<${key}>>`);
    expect(isPastLower(rangeOf(range), padded, 2, 2 + key.length)).toBe(expected);
  });
});

describe("the upper bound", () => {
  test.each([
    ["(, k]", "k", false],
    ["(, k]", "k\0", true],
    ["(, k)", "j\xff", false],
    ["(, k)", "k", true],
    ["[z, )", "\xff\xff", false],
    ["(, k]", "", false],
  ])("%s is passed by %j: %s", (range, key, expected) => {
    const padded = bytes(`<<${key}>>`);
    expect(isPastUpper(rangeOf(range), padded, 2, 2 + key.length)).toBe(expected);
  });
});
