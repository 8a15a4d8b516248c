import { describe, expect, test } from "vitest";
import { Announced } from "../../src/manifest/announced.ts";
import { describedTable, EMPTY_STATE, nativeEdit } from "../support/native-manifest.ts";

function told(...edits: string[]): Announced {
  const announced = new Announced();
  for (const edit of edits) announced.apply(nativeEdit(edit));
  return announced;
}

/** As `1 (90 bytes of its log), 2`; a memtable without a log has a minus. */
const live = (announced: Announced): string =>
  announced.liveMemtables
    .map(({ id, hasLog, syncedBytes }) => `${id}${hasLog ? "" : " -"}${syncedBytes > 0 ? ` (${syncedBytes})` : ""}`)
    .join(", ");

describe("a memtable", () => {
  test("lives from its announcement to its flush, alone or with younger ones", () => {
    expect(live(told("memtable 0", "memtable 1 -", "memtable 3"))).toBe("0, 1 -, 3");
    expect(live(told("memtable 0", "memtable 1", "flush 0"))).toBe("1");
    expect(live(told("memtable 0", "memtable 1", "memtable 2", "memtable 4", "flush 2 1 0"))).toBe("4");
  });

  test("has a log of which the newest record says how much is durable, be it less", () => {
    expect(live(told("memtable 0", "synced 0 90", "memtable 1", "synced 0 50"))).toBe("0 (50), 1");
  });

  test.each([
    ["announced twice", "memtable 0", "memtable 0"],
    ["flushed but never announced", "memtable 0", "flush 1"],
    ["flushed twice", "memtable 0", "memtable 1", "flush 0", "flush 1 0"],
    ["flushed twice at once", "memtable 0", "memtable 1", "flush 1 1"],
    ["said to have a durable log without one", "memtable 0 -", "synced 0 90"],
    ["said to have a durable log when it is gone", "memtable 0", "flush 0", "synced 0 90"],
  ])("that is %s is damage, and changes nothing", (_, ...edits) => {
    const announced = told(...edits.slice(0, -1));
    const before = live(announced);
    expect(() => announced.apply(nativeEdit(edits.at(-1) as string))).toThrow(
      expect.objectContaining({ code: "CORRUPTION" }),
    );
    expect(live(announced)).toBe(before);
  });

  test("may be forgotten", () => {
    const announced = told("memtable 0", "memtable 1", "memtable 2");
    announced.keepOnly(new Set([1, 7]));
    expect(live(announced)).toBe("1");
    expect(announced.nextId).toBe(3);
  });
});

describe("the next id and the last timestamp", () => {
  test("are above those of every edit, whatever became of it", () => {
    const announced = told("memtable 0", "memtable 4", "flush 0");
    expect(announced).toMatchObject({ nextId: 5, lastTimestamp: 100 });
    const tables = [describedTable(9, "a-c", { maxTimestamp: 7 }), describedTable(8, "d-f", { maxTimestamp: 300 })];
    announced.apply({
      kind: "compaction",
      task: { strategy: "full", level0: [0], level1: [] },
      outputs: [9, 8],
      tables,
    });
    announced.apply({
      kind: "compaction",
      task: { strategy: "full", level0: [], level1: [9, 8] },
      outputs: [],
      tables: [],
    });
    expect(announced).toMatchObject({ nextId: 10, lastTimestamp: 300 });
  });

  test("begin where a state says, or above what it names", () => {
    const announced = new Announced();
    const liveMemtables = [{ id: 6, hasLog: true, syncedBytes: 20 }];
    announced.begin({ ...EMPTY_STATE, nextId: 9, lastTimestamp: 50, tables: [describedTable(3)], liveMemtables });
    expect(announced).toMatchObject({ nextId: 9, lastTimestamp: 103, liveMemtables });
  });

  test.each([
    ["a table", { tables: [describedTable(9)], liveMemtables: [] }],
    ["a memtable", { tables: [], liveMemtables: [{ id: 9, hasLog: false, syncedBytes: 0 }] }],
  ])("that a state gives %s already are damage", (_, named) => {
    expect(() => new Announced().begin({ nextId: 9, lastTimestamp: 0, ...named })).toThrow("id 9 is not below");
  });
});
