import { describe, expect, test } from "vitest";
import { type BatchHost, checkedBatch, type Write } from "../../src/engine/batch.ts";
import type { Bounds } from "../../src/engine/range.ts";
import { LsmError } from "../../src/errors.ts";
import { ENTRY_KIND } from "../../src/key.ts";
import type { DatabaseFormat } from "../../src/options.ts";
import { bytes, latin1 } from "../support/entries.ts";

const coded = (code: string) => expect.objectContaining({ code });

/** A database whose largest key is given; `""` stands for one without keys. */
function hostOf(largest: string, format: DatabaseFormat = "native"): BatchHost {
  return {
    format,
    largestKey: () => (largest === "" ? undefined : bytes(largest)),
    refuseRangeDeletes: () => {
      if (format !== "native") throw new LsmError("UNSUPPORTED", "no range deletes");
    },
  };
}

/** `a=1 -b [c,d)`; a byte 0 as `.`. */
function checked(batch: readonly Write[], host: BatchHost = hostOf("m")): string {
  return checkedBatch(batch, host)
    .map(({ kind, key, value }) => {
      const [left, right] = [latin1(key), latin1(value)];
      if (kind === ENTRY_KIND.put) return `${left}=${right}`;
      return kind === ENTRY_KIND.delete ? `-${left}` : `[${left},${right})`;
    })
    .join(" ")
    .replaceAll("\0", ".");
}

describe("a range delete", () => {
  test.each<[string, Bounds, string]>([
    ["takes half-open bounds as they are", { gte: "b", lt: "d" }, "[b,d)"],
    [
      "begins behind an exclusive lower bound, and ends behind an inclusive upper one",
      { gt: "b", lte: "d" },
      "[b.,d.)",
    ],
    ["without a lower bound begins at the smallest key, the empty one", { lt: "d" }, "[,d)"],
    ["without an upper bound ends behind the largest key there is", { gte: "b" }, "[b,m.)"],
    ["without bounds takes all", {}, "[,m.)"],
    ["of a prefix takes what begins with it", { prefix: "b" }, "[b,c)"],
    ["of a prefix and a bound takes what both allow", { prefix: "b", gt: "bb" }, "[bb.,c)"],
    ["of a prefix that nothing lies behind ends behind the largest key", { prefix: "" }, "[,m.)"],
    ["may hold one key", { gte: "b", lte: "b" }, "[b,b.)"],
    ["may hold the empty key", { lte: "" }, "[,.)"],
    ["that holds no key is left out", { gt: "b", lt: "b\0" }, ""],
    ["that begins where it ends is left out", { gte: "d", lt: "d" }, ""],
    ["that begins behind its end is left out", { gte: "e", lt: "d" }, ""],
    ["that begins behind the largest key is left out", { gt: "m" }, ""],
  ])("%s", (_, bounds, expected) => {
    expect(checked([{ type: "deleteRange", ...bounds }])).toBe(expected);
  });

  test("of everything in a database without keys is left out", () => {
    expect(checked([{ type: "deleteRange" }], hostOf(""))).toBe("");
  });

  test("without an upper bound reaches over what the batch put before it, and not over what comes after", () => {
    const batch: Write[] = [
      { type: "put", key: "x", value: "1" },
      { type: "delete", key: "y" },
      { type: "deleteRange", gte: "n" },
      { type: "put", key: "z", value: "2" },
      { type: "deleteRange", lt: "c" },
    ];
    expect(checked(batch)).toBe("x=1 -y [n,x.) z=2 [,c)");
    expect(checked([{ type: "put", key: "a", value: "" }, { type: "deleteRange" }], hostOf(""))).toBe("a= [,a.)");
  });

  test("bounds longer than any key stand for the key before them", () => {
    const longest = "k".repeat(65_535);
    const longer = `${longest}more`;
    expect(checked([{ type: "deleteRange", gte: longer, lt: "l" }])).toBe(`[${longest}.,l)`);
    expect(checked([{ type: "deleteRange", gt: longer, lt: "l" }])).toBe(`[${longest}.,l)`);
    expect(checked([{ type: "deleteRange", gt: longest, lt: "l" }])).toBe(`[${longest}.,l)`);
    expect(checked([{ type: "deleteRange", gte: "b", lt: longer }])).toBe(`[b,${longest}.)`);
    expect(checked([{ type: "deleteRange", gte: "b", lte: longer }])).toBe(`[b,${longest}.)`);
    expect(checked([{ type: "deleteRange", gte: "b" }], hostOf(longest))).toBe(`[b,${longest}.)`);
    expect(checked([{ type: "deleteRange", gte: longer, lt: `${longer}s` }])).toBe("");
  });

  test("copies its bounds", () => {
    const bound = Buffer.from("b");
    const [write] = checkedBatch([{ type: "deleteRange", gte: bound, lt: "d" }], hostOf("m"));
    bound.fill("x");
    expect(latin1(write?.key ?? bound)).toBe("b");
  });

  test.each<[string, object]>([
    ["two lower bounds", { gt: "a", gte: "a" }],
    ["a direction", { reverse: true }],
    ["a limit", { limit: 1 }],
    ["a key", { key: "a" }],
    ["a number for a bound", { gte: 1 }],
  ])("with %s is refused", (_, bounds) => {
    expect(() => checked([{ type: "deleteRange", ...bounds } as Write])).toThrow(coded("INVALID_ARGUMENT"));
  });

  test.each(["plain", "mvcc"] as const)("is refused in %s, whatever its bounds", (format) => {
    const empty: Write = { type: "deleteRange", gte: "b", lt: "a" };
    expect(() => checked([empty], hostOf("m", format))).toThrow(coded("UNSUPPORTED"));
  });
});

describe("keys and values", () => {
  test("may be empty in native", () => {
    expect(
      checked([
        { type: "put", key: "", value: "" },
        { type: "delete", key: "" },
      ]),
    ).toBe("= -");
  });

  test.each(["plain", "mvcc"] as const)("may not be empty in %s", (format) => {
    const host = hostOf("m", format);
    expect(() => checked([{ type: "put", key: "", value: "1" }], host)).toThrow(coded("KEY_EMPTY"));
    expect(() => checked([{ type: "put", key: "a", value: "" }], host)).toThrow(coded("VALUE_EMPTY"));
  });

  test("have limits, which the message names with the size in native", () => {
    const put = (keyLength: number, valueLength: number): Write => ({
      type: "put",
      key: new Uint8Array(keyLength),
      value: new Uint8Array(valueLength),
    });
    const sizes = (batch: Write[], host?: BatchHost) => checkedBatch(batch, host ?? hostOf("m")).map(lengthsOf);
    expect(sizes([put(65_535, 65_536)])).toEqual([[65_535, 65_536]]);
    expect(() => sizes([put(65_536, 0)])).toThrow("key has 65536 bytes, and at most 65535 are possible");
    expect(() => sizes([put(1, 65_536)], hostOf("m", "mvcc"))).toThrow("value is too large for the on-disk format");
    expect(() => sizes([put(65_536, 1)], hostOf("m", "plain"))).toThrow("key is too large for the on-disk format");
  });

  test("of a gigabyte are the largest values, in native", () => {
    const value = new Uint8Array(2 ** 30 + 1);
    const put = (bytes: Uint8Array): Write => ({ type: "put", key: "a", value: bytes });
    expect(checkedBatch([put(value.subarray(1))], hostOf("m")).map(lengthsOf)).toEqual([[1, 2 ** 30]]);
    expect(() => checkedBatch([put(value)], hostOf("m"))).toThrow(
      "value has 1073741825 bytes, and at most 1073741824 are possible",
    );
  });
});

function lengthsOf({ key, value }: { key: Uint8Array; value: Uint8Array }): [number, number] {
  return [key.length, value.length];
}
