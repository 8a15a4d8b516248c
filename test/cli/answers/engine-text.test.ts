import { describe, expect, test } from "vitest";
import { listenToEngine, structureText, taskText } from "../../../src/cli/answers/engine-text.ts";
import type { EngineEvents } from "../../../src/engine/events.ts";
import type { CompactionTask } from "../../../src/manifest/edit.ts";
import type { Tree } from "../../../src/state/tree.ts";
import { FakeDatabase } from "../../support/fake-database.ts";

const LEVELS: Tree = {
  level0: [1, 0],
  levels: [
    { number: 1, tables: [] },
    { number: 2, tables: [7] },
  ],
};
const LEVELED: CompactionTask = {
  strategy: "leveled",
  upperLevel: undefined,
  upperTables: [1, 0],
  lowerLevel: 2,
  lowerTables: [7],
  isLowerLevelBottom: true,
};

/** What one event says: `out: …` on stdout, `err: …` on stderr. */
function said<Name extends keyof EngineEvents>(name: Name, event: EngineEvents[Name]): string {
  const database = new FakeDatabase();
  let all = "";
  listenToEngine(database, {
    news: (lines) => {
      all += `out: ${lines}`;
    },
    trouble: (lines) => {
      all += `err: ${lines}`;
    },
    failure: () => {},
  });
  database.emit(name, event);
  return all;
}

describe("tasks are shown as Rust's debug form", () => {
  test.each<[string, CompactionTask]>([
    ["ForceFullCompaction { l0_sstables: [1, 0], l1_sstables: [] }", { strategy: "full", level0: [1, 0], level1: [] }],
    [
      "Simple(SimpleLeveledCompactionTask { upper_level: None, upper_level_sst_ids: [2, 1], lower_level: 1, lower_level_sst_ids: [], is_lower_level_bottom_level: false })",
      {
        strategy: "simple",
        upperLevel: undefined,
        upperTables: [2, 1],
        lowerLevel: 1,
        lowerTables: [],
        isLowerLevelBottom: false,
      },
    ],
    [
      "Leveled(LeveledCompactionTask { upper_level: Some(3), upper_level_sst_ids: [5], lower_level: 4, lower_level_sst_ids: [10], is_lower_level_bottom_level: true })",
      {
        strategy: "leveled",
        upperLevel: 3,
        upperTables: [5],
        lowerLevel: 4,
        lowerTables: [10],
        isLowerLevelBottom: true,
      },
    ],
    [
      "Tiered(TieredCompactionTask { tiers: [(2, [2]), (1, [1, 4])], bottom_tier_included: true })",
      {
        strategy: "tiered",
        tiers: [
          { id: 2, tables: [2] },
          { id: 1, tables: [1, 4] },
        ],
        isBottomIncluded: true,
      },
    ],
  ])("%s", (text, task) => {
    expect(taskText(task)).toBe(text);
  });
});

describe("the structure", () => {
  test("shows L0 first when it holds tables", () => {
    expect(structureText(LEVELS)).toBe("L0 (2): [1, 0]\nL1 (0): []\nL2 (1): [7]\n");
  });

  test("shows tiers by their number", () => {
    expect(structureText({ level0: [], levels: [{ number: 9, tables: [9, 3] }] })).toBe("L9 (2): [9, 3]\n");
  });
});

describe("events", () => {
  test("of opening count tables, and logs where there are any", () => {
    expect(said("recovered", { tables: 0, logs: undefined })).toBe("out: 0 SSTs opened\n");
    expect(said("recovered", { tables: 3, logs: 0 })).toBe("out: 3 SSTs opened\n0 WALs recovered\n");
  });

  test("of a flush name the table without padding", () => {
    expect(said("flush", { id: 7, sizeBytes: 88, entries: 3 })).toBe("out: flushed 7.sst with size=88\n");
  });

  test("of a compaction give the reason, the structure and the task", () => {
    expect(said("compactionBegin", { task: LEVELED, reason: "one\ntwo", tree: LEVELS })).toBe(
      `out: one\ntwo\nL0 (2): [1, 0]\nL1 (0): []\nL2 (1): [7]\nrunning compaction task: ${taskText(LEVELED)}\n`,
    );
    expect(said("compactionEnd", { task: LEVELED, removed: [1, 0, 7], outputs: [9, 10] })).toBe(
      "out: compaction finished: 3 files removed, 2 files added, output=[9, 10]\n",
    );
  });

  test("of a full compaction have their own two lines", () => {
    const task: CompactionTask = { strategy: "full", level0: [0], level1: [] };
    expect(said("compactionBegin", { task, reason: undefined, tree: LEVELS })).toBe(
      "out: force full compaction: ForceFullCompaction { l0_sstables: [0], l1_sstables: [] }\n",
    );
    expect(said("compactionEnd", { task, removed: [0], outputs: [2] })).toBe(
      "out: force full compaction done, new SSTs: [2]\n",
    );
  });

  test("of trouble go to stderr, on one line, without control characters", () => {
    expect(said("warning", { message: "cut \u001b[2J" })).toBe("err: warning: cut \\x1b[2J\n");
    expect(said("backgroundError", { activity: "flush", error: new Error("disk\nfull") })).toBe(
      "err: flush failed: disk; full\n",
    );
  });

  test("of freezing and stalling say nothing", () => {
    expect(said("freeze", { id: 1, sizeBytes: 2 }) + said("stall", { cause: "level0", waitedMs: 3 })).toBe("");
  });
});
