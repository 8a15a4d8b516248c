import { beforeAll, describe, expect, test } from "vitest";
import { EngineDatabase } from "../support/engine-database.ts";
import { EngineState } from "../support/engine-state.ts";

/** Keys 00001 … 10000; before each put whose number is a multiple of 1000 the memtable becomes a table. */
describe("ten tables in L0 and one key in memory", () => {
  let db: EngineDatabase;

  beforeAll(async () => {
    db = EngineDatabase.open({ memtableLimit: 50, memtableStop: 64 });
    for (let number = 1; number <= 10_000; number++) {
      if (number % 1000 === 0) await db.run("flush");
      db.put(String(number).padStart(5, "0"), "2333333");
    }
    expect(db.tree.level0.length).toBe(10);
  });

  test.each([
    ["(, )", 12],
    ["(10000, )", 2],
    ["(, 00001)", 2],
    ["(, 00000]", 2],
    ["[10001, )", 2],
    ["[05000, 06000)", 3],
  ])("feed a scan of %s from %i places", (range, expected) => {
    const cursor = db.cursor(range);
    expect(cursor.activeIterators).toBe(expected);
    cursor.close();
  });

  test("are grouped for look-ups, which the count does not show", () => {
    expect(db.engine.core.states.current.level0Runs.length).toBe(1);
  });
});

describe("the places that feed a scan are", () => {
  test.each([
    // Memory: the memtables with a key in range, at least one.
    ["one memtable even when it is empty", "mem:", "(, )", 1],
    ["every memtable with a key in range", "mem: a=1 | imm: b=1 | imm: c=1", "[a, b]", 2],
    ["one memtable when none has a key in range", "mem: a=1 | imm: b=1", "[x, y]", 1],
    ["one memtable when all in range is deleted", "mem: -a | imm: a=1", "[a, a]", 1],
    // L0: the tables in range; overlapping and disjoint ones count the same.
    ["every table of L0 in range", "mem: | L0: a=1 c=1 | L0: b=1 d=1 | L0: x=1", "[b, c]", 3],
    ["no table of L0 when none is in range", "mem: | L0: a=1 | L0: b=1", "[x, )", 1],
    ["tables of L0 that span the range and hold no key of it", "mem: | L0: a=1 z=1 | L0: b=1 y=1", "(c, d)", 3],
    // Levels: those with something at or after the lower bound, at least one when there are levels.
    ["one level however many tables it has", "mem: | L1: a=1 / c=1 / e=1", "(, )", 2],
    ["every level in range", "mem: | L1: a=1 | L2: b=1 | L3: c=1", "(, )", 4],
    ["one level when none is in range", "mem: | L1: a=1 | L2: b=1", "[x, z]", 2],
    ["one level when all are empty", "mem: a=1 | L1: | L2:", "(, )", 2],
  ])("%s", (_, notation, range, expected) => {
    expect(new EngineState(notation).open(range).activeIterators).toBe(expected);
  });
});
