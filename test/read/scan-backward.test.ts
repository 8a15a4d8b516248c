import { describe, expect, test } from "vitest";
import { TIMESTAMP_MAX } from "../../src/key.ts";
import { drainScan, EngineState } from "../support/engine-state.ts";

describe("a scan backward", () => {
  const state = new EngineState(
    "mem: -5 | imm: 4=4new | L0: 1=1 -2 3=3 | L0: 2=old 4=4 5=5 | L1: 0=0 2=older / 6=6 7=7 / 9=9",
  );

  test.each([
    ["(, )", "9=9 7=7 6=6 4=4new 3=3 1=1 0=0"],
    // Each kind of bound, on keys that exist.
    ["[1, 6]", "6=6 4=4new 3=3 1=1"],
    ["(1, 6)", "4=4new 3=3"],
    ["[1, 6)", "4=4new 3=3 1=1"],
    ["(1, 6]", "6=6 4=4new 3=3"],
    ["(, 3]", "3=3 1=1 0=0"],
    ["(, 3)", "1=1 0=0"],
    ["[6, )", "9=9 7=7 6=6"],
    ["(6, )", "9=9 7=7"],
    // On deleted keys, between keys, before and after all.
    ["[2, 5]", "4=4new 3=3"],
    ["[10, 35]", "3=3"],
    ["(, !]", ""],
    ["[:, )", ""],
    ["[8, 8]", ""],
    ["(9, )", ""],
    ["(, 0)", ""],
    // Empty and inverted.
    ["(3, 3)", ""],
    ["[3, 3]", "3=3"],
    ["[6, 1]", ""],
    ["(9, 0)", ""],
  ])("of %s is %j", (range, expected) => {
    expect(state.scan(range, TIMESTAMP_MAX, "descending")).toBe(expected);
  });

  test("over a single source needs no merge", () => {
    const table = new EngineState("L1: a=1 b=2 / -c d=4");
    expect(table.scan("(, )", TIMESTAMP_MAX, "descending")).toBe("d=4 b=2 a=1");
    const memory = new EngineState("mem: a=1 b=2 -c d=4");
    expect(memory.scan("[a, d)", TIMESTAMP_MAX, "descending")).toBe("b=2 a=1");
  });

  test("stays at its end, however often it is moved on", () => {
    const iterator = state.open("(, 0]", TIMESTAMP_MAX, "descending");
    expect(iterator.valid).toBe(true);
    for (let moves = 0; moves < 3; moves++) iterator.next();
    expect(iterator.valid).toBe(false);
  });

  test("reads only blocks of its range", () => {
    const keys = Array.from({ length: 300 }, (_, index) => `k${String(index).padStart(3, "0")}=v`);
    const large = new EngineState(`L1: ${keys.slice(0, 100).join(" ")} / ${keys.slice(100).join(" ")}`, 32);
    const before = large.fixture.fs.reads;
    expect(large.scan("[k149, k150]", TIMESTAMP_MAX, "descending")).toBe("k150=v k149=v");
    expect(large.fixture.fs.reads - before).toBeLessThan(5);
  });

  test("stops at its lower bound also when only deletes follow", () => {
    const deletes = Array.from({ length: 2000 }, (_, index) => `-k${String(index).padStart(4, "0")}`);
    const large = new EngineState(`L0: ${deletes.join(" ")} z=1`, 64);
    const before = large.fixture.fs.reads;
    expect(large.scan("(x, )", TIMESTAMP_MAX, "descending")).toBe("z=1");
    expect(large.fixture.fs.reads - before).toBeLessThan(5);
  });
});

describe("a scan backward over versions", () => {
  const state = new EngineState(
    "mem: -a@9 d@10=10 | imm: b@7=7 c@8=8 | L0: a@6=6 a@5=5 -c@6 | L0: a@4=4 -b@3 | L1: a@1=1 b@2=2 b@1=1 / d@2=2 -d@1",
  );

  test("at every timestamp is the reverse of the scan forward", () => {
    for (let readTimestamp = 0; readTimestamp <= 10; readTimestamp++) {
      const forward = state.scan("(, )", readTimestamp).split(" ");
      expect(state.scan("(, )", readTimestamp, "descending")).toBe(forward.reverse().join(" "));
    }
    expect(state.scan("(, )", 7, "descending")).toBe("d=2 b=7 a=6");
  });

  test.each([
    ["[a, c]", 7, "b=7 a=6"],
    ["(a, c)", 7, "b=7"],
    ["(, d)", 5, "a=5"],
    ["(b, d]", 10, "d=10 c=8"],
    ["[a, a]", 4, "a=4"],
  ])("leaves every version of an excluded bound out: %s at %i", (range, readTimestamp, expected) => {
    expect(state.scan(range, readTimestamp, "descending")).toBe(expected);
  });
});

describe("a seek", () => {
  const state = new EngineState("mem: e=5 | L0: a=1 -c d=4 | L1: b=2 c=3 / f=6 g=7");

  test.each([
    ["(, )", "c", "d=4 e=5 f=6 g=7"],
    ["(, )", "b", "b=2 d=4 e=5 f=6 g=7"],
    ["(, )", "bb", "d=4 e=5 f=6 g=7"],
    ["[b, f)", "a", "b=2 d=4 e=5"],
    ["(b, f]", "b", "d=4 e=5 f=6"],
    ["[b, f)", "f", ""],
    ["[b, f)", "z", ""],
    ["(, )", "", "a=1 b=2 d=4 e=5 f=6 g=7"],
  ])("forward in %s to %j goes on with %j", (range, key, expected) => {
    const iterator = state.open(range);
    iterator.seek(Buffer.from(key));
    expect(drainScan(iterator)).toBe(expected);
  });

  test.each([
    ["(, )", "c", "b=2 a=1"],
    ["(, )", "b", "b=2 a=1"],
    ["(, )", "bb", "b=2 a=1"],
    ["(b, f]", "z", "f=6 e=5 d=4"],
    ["[b, f)", "f", "e=5 d=4 b=2"],
    ["(b, f]", "b", ""],
    ["(b, f]", "a", ""],
    ["(, )", "", ""],
  ])("backward in %s to %j goes on with %j", (range, key, expected) => {
    const iterator = state.open(range, TIMESTAMP_MAX, "descending");
    iterator.seek(Buffer.from(key));
    expect(drainScan(iterator)).toBe(expected);
  });

  test("goes either way, also from the end", () => {
    const iterator = state.open("(, )");
    expect(drainScan(iterator)).toBe("a=1 b=2 d=4 e=5 f=6 g=7");
    iterator.seek(Buffer.from("g"));
    expect(drainScan(iterator)).toBe("g=7");
    iterator.seek(Buffer.from("f"));
    expect(drainScan(iterator)).toBe("f=6 g=7");
  });
});

describe("the places that feed a scan backward", () => {
  const state = new EngineState("mem: a=1 | imm: z=1 | L0: b=1 | L0: y=1 | L1: a=2 / c=2 / e=2 | L2: m=1");

  test.each([
    ["(, )", 6],
    ["[c, d]", 2],
    ["(, b]", 3],
    ["[y, )", 3],
    ["[zz, )", 2],
  ])("of %s are as many as forward", (range, expected) => {
    expect(state.open(range).activeIterators).toBe(expected);
    expect(state.open(range, TIMESTAMP_MAX, "descending").activeIterators).toBe(expected);
  });

  test("grow fewer as it goes on", () => {
    const iterator = new EngineState("L0: a=1 | L0: b=1 | L0: c=1").open("(, )", TIMESTAMP_MAX, "descending");
    const counts: number[] = [];
    for (; iterator.valid; iterator.next()) counts.push(iterator.activeIterators);
    expect(counts).toEqual([4, 3, 2]);
  });
});
