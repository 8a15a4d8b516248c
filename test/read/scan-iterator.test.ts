import { describe, expect, test } from "vitest";
import { EngineState } from "../support/engine-state.ts";

describe("a scan over memtables", () => {
  const state = new EngineState(
    "mem: 1=233333 2=2333 | imm: 3=2333 4=23333 -1 | imm: 1=233 2=23 3=23 -2 | imm: 0=x -0",
  );

  test.each([
    ["(, )", "1=233333 2=2333 3=2333 4=23333"],
    ["[2, 3]", "2=2333 3=2333"],
    ["(1, 3)", "2=2333"],
    ["[1, 1]", "1=233333"],
  ])("shows the newest version of each key in %s, deletes hidden", (range, expected) => {
    expect(state.scan(range)).toBe(expected);
  });

  test("stays at its end, however often it is moved on", () => {
    const iterator = state.open("(3, )");
    expect(iterator.valid).toBe(true);
    iterator.next();
    for (let moves = 0; moves < 3; moves++) {
      expect(iterator.valid).toBe(false);
      iterator.next();
    }
    expect(iterator.valid).toBe(false);
  });
});

describe("a scan over memtables and tables", () => {
  const state = new EngineState(
    "mem: -5 | imm: 4=4new | L0: 1=1 -2 3=3 | L0: 2=old 4=4 5=5 | L1: 0=0 2=older / 6=6 7=7 / 9=9",
  );
  const all = "0=0 1=1 3=3 4=4new 6=6 7=7 9=9";

  test.each([
    ["(, )", all],
    // Each kind of bound, on keys that exist.
    ["[1, 6]", "1=1 3=3 4=4new 6=6"],
    ["(1, 6)", "3=3 4=4new"],
    ["[1, 6)", "1=1 3=3 4=4new"],
    ["(1, 6]", "3=3 4=4new 6=6"],
    ["[6, )", "6=6 7=7 9=9"],
    ["(6, )", "7=7 9=9"],
    ["(, 3]", "0=0 1=1 3=3"],
    ["(, 3)", "0=0 1=1"],
    // On deleted keys, between keys, before and after all.
    ["[2, 5]", "3=3 4=4new"],
    ["(2, 5)", "3=3 4=4new"],
    ["[10, 35]", "3=3"],
    ["(, !]", ""],
    ["[:, )", ""],
    ["[8, 8]", ""],
    ["[9, )", "9=9"],
    ["(9, )", ""],
    ["(, 0]", "0=0"],
    ["(, 0)", ""],
    // Empty and inverted.
    ["(3, 3)", ""],
    ["[3, 3)", ""],
    ["(3, 3]", ""],
    ["[3, 3]", "3=3"],
    ["[6, 1]", ""],
    ["(9, 0)", ""],
  ])("of %s is %j", (range, expected) => {
    expect(state.scan(range)).toBe(expected);
  });

  test("of every pair of bounds is what a filter of the whole leaves", () => {
    const bounds = ["!", "0", "00", "1", "2", "25", "3", "4", "5", "6", "65", "7", "8", "9", ":"];
    for (const lower of bounds) {
      for (const upper of bounds) {
        for (const [opening, closing] of ["[]", "[)", "(]", "()"].map((pair) => [...pair])) {
          const expected = all.split(" ").filter((entry) => {
            const key = entry.slice(0, entry.indexOf("="));
            return (opening === "[" ? key >= lower : key > lower) && (closing === "]" ? key <= upper : key < upper);
          });
          const range = `${opening}${lower}, ${upper}${closing}`;
          expect(`${range} ${state.scan(range)}`).toBe(`${range} ${expected.join(" ")}`);
        }
      }
    }
  });
});

describe("a scan of many blocks", () => {
  const keys = Array.from({ length: 300 }, (_, index) => `k${String(index).padStart(3, "0")}`);
  const even = keys.filter((_, index) => index % 2 === 0).map((key) => `${key}=new`);
  const state = new EngineState(
    `L0: ${even.join(" ")} | L1: ${keys.slice(0, 100).join("=old ")}=old / ${keys.slice(100).join("=old ")}=old`,
    32,
  );

  test("interleaves tables entry by entry", () => {
    const expected = keys.map((key, index) => `${key}=${index % 2 === 0 ? "new" : "old"}`);
    expect(state.scan("(, )")).toBe(expected.join(" "));
    expect(state.scan("[k050, k250)")).toBe(expected.slice(50, 250).join(" "));
  });

  test("reads only blocks of its range", () => {
    const before = state.fixture.fs.reads;
    expect(state.scan("[k150, k151]")).toBe("k150=new k151=old");
    expect(state.fixture.fs.reads - before).toBeLessThan(8);
  });
});

test("a scan as of a timestamp sees what memory held then, and every table", () => {
  const state = new EngineState("mem: a=5 -b | imm: a=1 -a b=3 c=4 | L0: c=0 d=0");
  expect(state.scan("(, )", 0)).toBe("c=0 d=0");
  expect(state.scan("(, )", 1)).toBe("a=1 c=0 d=0");
  expect(state.scan("(, )", 2)).toBe("c=0 d=0");
  expect(state.scan("(, )", 4)).toBe("b=3 c=4 d=0");
  expect(state.scan("(, )", 5)).toBe("a=5 b=3 c=4 d=0");
  expect(state.scan("(, )", 6)).toBe("a=5 c=4 d=0");
});

test("a scan stops at its upper bound also when only deletes follow", () => {
  const deletes = Array.from({ length: 2000 }, (_, index) => `-k${String(index).padStart(4, "0")}`);
  const state = new EngineState(`L0: a=1 ${deletes.join(" ")}`, 64);
  const before = state.fixture.fs.reads;
  expect(state.scan("(, b)")).toBe("a=1");
  expect(state.fixture.fs.reads - before).toBeLessThan(5);
});

describe("a scan over versions", () => {
  const state = new EngineState(
    "mem: -a@9 d@10=10 | imm: b@7=7 c@8=8 | L0: a@6=6 a@5=5 -c@6 | L0: a@4=4 -b@3 | L1: a@1=1 b@2=2 b@1=1 / d@2=2 -d@1",
  );

  test.each([
    [10, "b=7 c=8 d=10"],
    [9, "b=7 c=8 d=2"],
    [8, "a=6 b=7 c=8 d=2"],
    [7, "a=6 b=7 d=2"],
    [6, "a=6 d=2"],
    [5, "a=5 d=2"],
    [4, "a=4 d=2"],
    [3, "a=1 d=2"],
    [2, "a=1 b=2 d=2"],
    [1, "a=1 b=1"],
    [0, ""],
  ])("at timestamp %i shows of each key the newest one up to it, wherever it lies", (readTimestamp, expected) => {
    expect(state.scan("(, )", readTimestamp)).toBe(expected);
    for (const key of ["a", "b", "c", "d", "e"]) {
      const value = new RegExp(`${key}=(\\d+)`).exec(expected)?.[1];
      const found = state.get(key, readTimestamp);
      expect(found === "deleted" ? undefined : found).toBe(value);
    }
  });

  test.each([
    ["[a, c]", 7, "a=6 b=7"],
    ["(a, c)", 7, "b=7"],
    ["(a, )", 5, "d=2"],
    ["(b, d]", 10, "c=8 d=10"],
    ["(b, d)", 10, "c=8"],
    ["[a, a]", 4, "a=4"],
  ])("leaves every version of an excluded bound out: %s at %i", (range, readTimestamp, expected) => {
    expect(state.scan(range, readTimestamp)).toBe(expected);
  });
});
