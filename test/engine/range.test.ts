import { describe, expect, test } from "vitest";
import { type Range, resolveRange } from "../../src/engine/range.ts";
import { bytes, latin1 } from "../support/entries.ts";

/** Bounds as mathematicians write them: `[a, c)` has a and not c. */
function bounds(range: Range): string {
  const { gt, gte, lt, lte } = resolveRange(range);
  const lower = gte !== undefined ? `[${latin1(gte)}` : `(${gt === undefined ? "" : latin1(gt)}`;
  const upper = lte !== undefined ? `${latin1(lte)}]` : `${lt === undefined ? "" : latin1(lt)})`;
  return `${lower}, ${upper}`;
}

describe("a range", () => {
  test.each<[Range, string]>([
    [{}, "(, )"],
    [{ gt: "a", lte: "c" }, "(a, c]"],
    [{ gte: bytes("a"), lt: bytes("c") }, "[a, c)"],
    [{ gt: undefined, prefix: undefined, reverse: undefined, limit: undefined }, "(, )"],
  ])("%j has the bounds %s", (range, expected) => {
    expect(bounds(range)).toBe(expected);
  });

  test.each<[string, Range, string]>([
    ["is the prefix and what begins with it", { prefix: "k1" }, "[k1, k2)"],
    ["is the same for a Buffer", { prefix: Buffer.from("k1") }, "[k1, k2)"],
    ["is everything for an empty prefix", { prefix: "" }, "[, )"],
    ["carries when the prefix ends in ff", { prefix: bytes("a\xff\xff") }, "[a\xff\xff, b)"],
    ["has no end when nothing sorts behind the prefix", { prefix: bytes("\xff\xff") }, "[\xff\xff, )"],
    ["keeps narrower bounds", { prefix: "k", gte: "k1", lt: "k5" }, "[k1, k5)"],
    ["keeps narrower bounds of the other kinds", { prefix: "k", gt: "k1", lte: "k5" }, "(k1, k5]"],
    ["narrows wider bounds", { prefix: "k", gte: "a", lt: "z" }, "[k, l)"],
    ["narrows wider bounds of the other kinds", { prefix: "k", gt: "a", lte: "z" }, "[k, l)"],
    ["leaves an excluded prefix out", { prefix: "k", gt: "k" }, "(k, l)"],
    ["has the prefix where it is included", { prefix: "k", gte: "k" }, "[k, l)"],
    ["ends before its successor", { prefix: "k", lte: "l" }, "[k, l)"],
    ["keeps an upper bound without a successor", { prefix: bytes("\xff"), lte: bytes("\xff\x01") }, "[\xff, \xff\x01]"],
    ["is empty where the bounds lie elsewhere", { prefix: "k", gte: "m", lt: "n" }, "[m, l)"],
  ])("of a prefix %s", (_, range, expected) => {
    expect(bounds(range)).toBe(expected);
  });

  test("of every prefix and every pair of bounds has the keys that satisfy all of them", () => {
    const words = ["a", "a\0", "a\xff", "a\xff\xff", "b", "\xff", "\xff\xff", "\xff\xff\0"];
    for (const prefix of ["", ...words]) {
      for (const lower of words) {
        for (const upper of words) {
          for (const [low, high] of [
            ["gt", "lt"],
            ["gt", "lte"],
            ["gte", "lt"],
            ["gte", "lte"],
          ] as const) {
            const range = { prefix: bytes(prefix), [low]: bytes(lower), [high]: bytes(upper) };
            const expected = words.filter(
              (word) => word.startsWith(prefix) && isInside(word, { [low]: lower, [high]: upper }),
            );
            const { gt, gte, lt, lte } = resolveRange(range);
            const resolved = { gt: textOf(gt), gte: textOf(gte), lt: textOf(lt), lte: textOf(lte) };
            expect(words.filter((word) => isInside(word, resolved))).toEqual(expected);
          }
        }
      }
    }
  });

  test("goes forward without end unless it is told otherwise", () => {
    expect(resolveRange({})).toMatchObject({ direction: "ascending", limit: Number.POSITIVE_INFINITY });
    expect(resolveRange({ reverse: false, limit: 0 })).toMatchObject({ direction: "ascending", limit: 0 });
    expect(resolveRange({ reverse: true, limit: 7 })).toMatchObject({ direction: "descending", limit: 7 });
  });

  test("holds copies of its bounds", () => {
    for (const lower of [bytes("a"), Buffer.from("a")]) {
      const { gte } = resolveRange({ gte: lower });
      lower.fill(0);
      expect(textOf(gte)).toBe("a");
    }
  });

  test.each<[string, unknown]>([
    ["two lower bounds", { gt: "a", gte: "a" }],
    ["two upper bounds", { lt: "a", lte: "a" }],
    ["a bound that is no bytes", { gt: 1 }],
    ["a prefix that is no bytes", { prefix: null }],
    ["a direction that is no boolean", { reverse: "yes" }],
    ["a negative limit", { limit: -1 }],
    ["half an entry", { limit: 1.5 }],
    ["no number of entries", { limit: Number.NaN }],
    ["a limit that is no number", { limit: "3" }],
  ])("is refused with %s", (_, range) => {
    expect(() => resolveRange(range as Range)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
  });
});

type TextBounds = { readonly [name in "gt" | "gte" | "lt" | "lte"]?: string | undefined };

function isInside(word: string, { gt, gte, lt, lte }: TextBounds): boolean {
  return (
    (gt === undefined || word > gt) &&
    (gte === undefined || word >= gte) &&
    (lt === undefined || word < lt) &&
    (lte === undefined || word <= lte)
  );
}

function textOf(bound: Uint8Array | undefined): string | undefined {
  return bound === undefined ? undefined : latin1(bound);
}
