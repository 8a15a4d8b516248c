import { describe, expect, test } from "vitest";
import { EngineState } from "../support/engine-state.ts";

describe("a look-up", () => {
  test("takes the newest version from mutable and frozen memtables", () => {
    const state = new EngineState(
      "mem: 1=2333 2=23333 -4 5=55555 | imm: 3=233 -1 -2 3=2333 4=2333 | imm: 1=233 2=2333 3=23333 4=4 5=5",
    );
    expect(["1", "2", "3", "4", "5", "6"].map((key) => state.get(key))).toEqual([
      "2333",
      "23333",
      "2333",
      "deleted",
      "55555",
      undefined,
    ]);
  });

  test("finds each key where it is, and nothing before, between and after the tables", () => {
    const state = new EngineState(
      "mem: 1=233 2=2333 | imm: -1 -2 3=23333 | L0: 10=1 11=2 -12 13=4 | L0: 12=old 20=5 21=6 | L1: 00=7 / 30=8 31=9",
    );
    const keys = ["1", "2", "3", "10", "11", "12", "13", "20", "21", "00", "30", "31"];
    expect(keys.map((key) => state.get(key))).toEqual("233 2333 23333 1 2 deleted 4 5 6 7 8 9".split(" "));
    expect(["0", "01", "14", "22", "29", "32", "4", "\xff"].map((key) => state.get(key))).toEqual(
      Array.from({ length: 8 }),
    );
  });

  test("asks L0 before the levels and upper levels before lower ones", () => {
    const state = new EngineState("L0: a=newest | L1: a=newer b=newer | L2: a=old b=old c=old");
    expect(["a", "b", "c"].map((key) => state.get(key))).toEqual(["newest", "newer", "old"]);
  });

  test("lets a delete hide whatever older places hold", () => {
    const state = new EngineState("imm: -a | L0: -b | L0: a=1 b=1 | L1: -c | L2: a=0 b=0 c=0");
    expect(["a", "b", "c"].map((key) => state.get(key))).toEqual(["deleted", "deleted", "deleted"]);
  });

  test("sees memory as of a timestamp, and tables without timestamps always", () => {
    const state = new EngineState("mem: a=3 | imm: a=1 b=2 | L0: b=0 c=0");
    const seenAt = (timestamp: number) => ["a", "b", "c"].map((key) => state.get(key, timestamp));
    expect(seenAt(0)).toEqual([undefined, "0", "0"]);
    expect(seenAt(1)).toEqual(["1", "0", "0"]);
    expect(seenAt(2)).toEqual(["1", "2", "0"]);
    expect(seenAt(3)).toEqual(["3", "2", "0"]);
  });

  test("reads no block of a table that the key's range or the filter rules out", () => {
    const state = new EngineState("L0: b=1 d=1 | L1: a=0 / b=0 d=0 / e=0");
    const before = state.fixture.fs.reads;
    expect(state.get("c")).toBeUndefined();
    expect(state.get("f")).toBeUndefined();
    // Both tables that span `c` may be asked for one block each when the filter says maybe; it does not for these keys.
    expect(state.fixture.fs.reads - before).toBe(0);
    expect(state.get("d")).toBe("1");
    expect(state.fixture.fs.reads - before).toBe(1);
  });
});
