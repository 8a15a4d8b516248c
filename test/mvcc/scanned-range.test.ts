import { describe, expect, test } from "vitest";
import { keyOfText, keyText } from "../../src/mvcc/key-text.ts";
import { inRange, type ScannedRange, scannedPart } from "../../src/mvcc/scanned-range.ts";

/** Those of the keys a … f that lie in the range. */
function inside(range: ScannedRange): string {
  return [..."abcdef"].filter((key) => inRange(range, key)).join("");
}

test("keys as text are equal and in order as their bytes are, and come back", () => {
  const keys = [[], [0], [0, 0], [0, 255], [1], [127], [128], [128, 0], [255], [255, 255]].map((key) =>
    Uint8Array.from(key),
  );
  const texts = keys.map((key) => keyText(Uint8Array.from([7, ...key, 7]), 1, 1 + key.length));
  expect([...texts].sort((left, right) => (left < right ? -1 : 1))).toEqual(texts);
  expect(texts.map((text) => [...keyOfText(text)])).toEqual(keys.map((key) => [...key]));
});

test("a key of shared memory becomes text", () => {
  const shared = new Uint8Array(new SharedArrayBuffer(3));
  shared.set([97, 98, 99]);
  expect(keyText(shared.subarray(1), 0, 1)).toBe("b");
});

describe("a range", () => {
  test.each([
    ["without bounds holds everything", {}, "abcdef"],
    ["holds its inclusive bounds", { gte: "b", lte: "d" }, "bcd"],
    ["does not hold its exclusive bounds", { gt: "b", lt: "d" }, "c"],
    ["obeys the tighter of two bounds", { gt: "b", gte: "b", lt: "e", lte: "e" }, "cd"],
    ["whose bounds cross holds nothing", { gte: "d", lte: "b" }, ""],
  ])("%s", (_, range, expected) => {
    expect(inside(range)).toBe(expected);
  });
});

describe("what a cursor has seen of a range", () => {
  const range = { gt: "a", lt: "f" };
  test.each([
    ["is all of it once it came to the end", "ascending", undefined, undefined, "bcde"],
    ["is all of it once it came to the end backward", "descending", undefined, undefined, "bcde"],
    ["reaches up to where it stands", "ascending", undefined, "c", "bc"],
    ["reaches down to where it stands", "descending", undefined, "c", "cde"],
    ["begins where it was placed", "ascending", "c", undefined, "cde"],
    ["begins, backward, where it was placed", "descending", "c", undefined, "bc"],
    ["begins with the range when it was placed before that", "ascending", "A", "b", "b"],
    ["is one key between the two", "ascending", "c", "c", "c"],
  ] as const)("%s", (_, direction, from, to, expected) => {
    expect(inside(scannedPart(range, direction, from, to))).toBe(expected);
  });

  test("keeps the tighter of inclusive bounds", () => {
    expect(inside(scannedPart({ gte: "c", lte: "d" }, "ascending", "b", "e"))).toBe("cd");
    expect(inside(scannedPart({ gte: "b", lte: "e" }, "ascending", "c", "d"))).toBe("cd");
  });
});
