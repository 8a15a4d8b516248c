import { describe, expect, test } from "vitest";
import { LsmError } from "../../src/errors.ts";
import { FusedIterator } from "../../src/iterator/fused-iterator.ts";
import { drainText, entries } from "../support/entries.ts";
import { MockIterator } from "../support/mock-iterator.ts";

function fuse(text: string, errorWhen?: number): FusedIterator {
  return new FusedIterator(new MockIterator(entries(text), errorWhen));
}

function errorOf(step: () => void): unknown {
  try {
    step();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe("fused iterator", () => {
  test("shows what its source shows", () => {
    expect(drainText(fuse("a@3=1 -b@2 c="))).toBe("a@3=1 -b@2 c=");
    expect(fuse("a=1").activeIterators).toBe(1);
  });

  test.each([
    ["an empty source", ""],
    ["a source at its end", "a=1"],
  ])("stays invalid and takes any number of steps over %s", (_, text) => {
    const cursor = fuse(text);
    for (let step = 0; step < 4; step++) cursor.next();
    expect(cursor.valid).toBe(false);
  });

  test("is valid until its source fails, and tainted for ever after", () => {
    const cursor = fuse("a=1 b=2", 1);
    expect(cursor.valid).toBe(true);
    expect(() => cursor.next()).toThrow("fake error!");
    for (let step = 0; step < 3; step++) {
      expect(cursor.valid).toBe(false);
      const error = errorOf(() => cursor.next());
      expect(error).toBeInstanceOf(LsmError);
      expect(error).toMatchObject({ code: "ITERATOR_TAINTED", message: "the iterator is tainted" });
    }
  });
});
