import { describe, expect, test } from "vitest";
import { Memtable } from "../../src/memtable/memtable.ts";
import { checkInvariants } from "../../src/state/check-invariants.ts";
import { buildState, type LsmState } from "../../src/state/lsm-state.ts";
import { EngineDatabase, QUIET } from "../support/engine-database.ts";

/** Frozen memtables 3 and 4 below 5, tables 2 and 1 in L0 with common keys, table 0 beside them. */
async function soundState(): Promise<LsmState> {
  const db = EngineDatabase.open(QUIET);
  await db.run("x=1 y=1 flush a=1 c=1 flush b=2 d=2 flush e=3 freeze f=4 freeze g=5");
  return db.engine.core.states.current;
}

test("a state that writes, flushes and compactions made has no fault", async () => {
  expect(checkInvariants(await soundState())).toEqual([]);
  const db = EngineDatabase.open(QUIET);
  expect(checkInvariants(db.engine.core.states.current)).toEqual([]);
  await db.run("a=1 flush b=2 flush compact c=3 flush");
  expect(checkInvariants(db.engine.core.states.current)).toEqual([]);
});

describe("a fault is named:", () => {
  test.each<[string, (state: LsmState) => LsmState, string[]]>([
    [
      "what is wrong with the tree",
      (state) => ({ ...state, tree: { level0: [2, 2, 1, 0], levels: [] } }),
      ["table 2 of L0 stands in the tree a second time"],
    ],
    [
      "an open table that is nowhere",
      (state) => buildState(state.memtable, state.immutableMemtables, { level0: [2, 1], levels: [] }, state.tables),
      ["table 0 is open but stands nowhere in the tree"],
    ],
    [
      "an older table that is read first",
      (state) => ({ ...state, level0Runs: [...state.level0Runs].reverse() }),
      ["table 1 of L0 is read before the newer table 2"],
    ],
    [
      "tables that reads do not reach",
      (state) => ({ ...state, level0Runs: state.level0Runs.slice(0, 1) }),
      ["table 1 of L0 is in no run", "table 0 of L0 is in no run"],
    ],
    [
      "a level that reads do not reach",
      ({ tree, ...state }) => {
        const lower = { level0: tree.level0.slice(0, 2), levels: [{ number: 1, tables: [0] }] };
        return { ...buildState(state.memtable, state.immutableMemtables, lower, state.tables), levelRuns: [] };
      },
      ["the runs below L0 are , those of the tree 0"],
    ],
    [
      "memtables in the wrong order",
      (state) => ({ ...state, immutableMemtables: [...state.immutableMemtables].reverse() }),
      [
        "memtable 4 stands below memtable 3, which is older",
        "memtable 4 stands below memtable 3 and holds a newer entry",
      ],
    ],
    [
      "a mutable memtable that is frozen",
      (state) => {
        const memtable = new Memtable(9, { entryOverheadBytes: 0 });
        memtable.freeze();
        return { ...state, memtable };
      },
      ["the mutable memtable 9 is frozen"],
    ],
    [
      "a memtable that takes no flush, being empty and not frozen",
      (state) => ({ ...state, immutableMemtables: [new Memtable(1, { entryOverheadBytes: 0 })] }),
      ["memtable 1 stands among the frozen ones and is not frozen", "the frozen memtable 1 is empty"],
    ],
  ])("%s", async (_, change, faults) => {
    expect(checkInvariants(change(await soundState()))).toEqual(faults);
  });
});
