import { describe, expect, test } from "vitest";
import { pickRange, RANGE_BEGIN, type RangeCompaction, type RangeProgress } from "../../src/compaction/pick-range.ts";
import { applyEdit } from "../../src/state/apply-edit.ts";
import { checkTree } from "../../src/state/check-tree.ts";
import type { TableInfo } from "../../src/state/tree.ts";
import { parseTree, showTask, showTree } from "../support/tree-notation.ts";

const MIB = 1024 * 1024;

type Given = Partial<Omit<RangeCompaction, "range" | "holdsDeletes">> & { readonly deletes?: readonly number[] };

/** The steps of a compaction of [from, to], each merging into one table from id 90 on, and the tree at the end. */
function chain(range: string, text: string, given: Given = {}): { readonly steps: string[]; readonly end: string } {
  const [gte = "", lte = ""] = range.split("-");
  const { deletes = [], ...others } = given;
  const compaction: RangeCompaction = {
    range: { gte: Buffer.from(gte), lte: Buffer.from(lte) },
    strategy: "leveled",
    format: "plain",
    stepSizeBytes: 4 * MIB,
    holdsDeletes: (id) => deletes.includes(id),
    ...others,
  };
  const noted = parseTree(text);
  const made = new Map<number, TableInfo>();
  const table = (id: number): TableInfo => made.get(id) ?? noted.table(id);
  let { tree } = noted;
  let at: RangeProgress = RANGE_BEGIN;
  const steps: string[] = [];
  for (let id = 90; id < 99; id++) {
    const step = pickRange(tree, table, compaction, at);
    if (step === undefined) return { steps, end: showTree(tree) };
    steps.push(showTask(step.task));
    made.set(id, mergedTable(id, step.task, table));
    tree = applyEdit(tree, { kind: "compaction", task: step.task, outputs: [id] });
    expect(checkTree(tree, table).filter((fault) => !fault.includes("does not start behind"))).toEqual([]);
    at = step.next;
  }
  throw new Error("the chain does not end");
}

function mergedTable(id: number, task: Parameters<typeof showTask>[0], table: (id: number) => TableInfo): TableInfo {
  const inputs =
    showTask(task)
      .split("->")[0]
      ?.match(/(?<= )\d+/g) ?? [];
  const tables = inputs.map((input) => table(Number(input)));
  const keys = tables.flatMap(({ firstKey, lastKey }) => [firstKey, lastKey]).sort(Buffer.compare);
  const sizeBytes = tables.reduce((sum, each) => sum + each.sizeBytes, 0);
  return { id, sizeBytes, firstKey: keys[0] as Uint8Array, lastKey: keys.at(-1) as Uint8Array };
}

describe("a compaction of a range, by tables", () => {
  test("takes what overlaps the range down to the last level, and leaves the rest alone", () => {
    expect(chain("c-d", "L0: 9[a-b] 8[c-e] | L2: 5[a-b] 6[d-f] 7[g-h] | L3: 1[a-c] 2[d-f] 3[g-z]")).toEqual({
      steps: ["L0: 8 + L2: 6 -> L2", "L2: 90 + L3: 1 2 -> L3 bottom"],
      end: "L0: 9 | L1: | L2: 5 7 | L3: 3 91",
    });
  });

  test("takes the tables of L0 that share keys with those in the range, newer and older ones", () => {
    expect(chain("c-c", "L0: 9[d-e] 8[c-d] 7[e-f] 6[x-y] | L3: 1[a-z]").steps).toEqual([
      "L0: 9 8 7 + L3: 1 -> L3 bottom",
    ]);
  });

  test("passes a level only where it holds nothing between the keys of what goes down", () => {
    expect(chain("c-c", "L0: 9[a-z] | L1: 5[m-n] | L2: | L3: 1[c-d]").steps).toEqual([
      "L0: 9 + L1: 5 -> L1",
      "L1: 90 + L3: 1 -> L3 bottom",
    ]);
    expect(chain("c-c", "L0: 9[b-d] | L1: 5[m-n] | L2: 4[a-a] | L3:").steps).toEqual(["L0: 9 + L3: -> L3 bottom"]);
  });

  test("takes a few tables of a level at a time, from left to right", () => {
    const { steps, end } = chain("a-z", "L1: 1[a-b] 2[c-d] 3[e-f] 4[g-h] | L2: 5[a-c] 6[f-g]", {
      stepSizeBytes: 2 * MIB,
    });
    expect(steps).toEqual(["L1: 1 2 + L2: 5 -> L2 bottom", "L1: 3 4 + L2: 6 -> L2 bottom"]);
    expect(end).toBe("L1: | L2: 90 91");
  });

  test("passes no place twice, whatever appears there meanwhile", () => {
    const { tree, table } = parseTree("L0: 9[a-z] | L1: 5[a-c] 6[m-n] | L2: 1[a-z]");
    const compaction: RangeCompaction = {
      range: {},
      strategy: "leveled",
      format: "plain",
      stepSizeBytes: MIB,
      holdsDeletes: () => false,
    };
    const task = (at: RangeProgress) => {
      const step = pickRange(tree, table, compaction, at);
      return step && showTask(step.task);
    };
    expect(task({ place: 1 })).toBe("L1: 5 + L2: 1 -> L2 bottom");
    expect(task({ place: 1, lastKey: Buffer.from("c") })).toBe("L1: 6 + L2: 1 -> L2 bottom");
    expect(task({ place: 1, lastKey: Buffer.from("n") })).toBeUndefined();
  });

  test("moves the tables together over which the reference spread one key's versions", () => {
    expect(chain("a-b", "L1: 1[a-c] 2[c-d] 3[e-f] | L2: 5[d-d]", { format: "mvcc" }).steps).toEqual([
      "L1: 1 2 + L2: 5 -> L2 bottom",
    ]);
  });

  test("writes tables of the last level anew only for the deletes in them", () => {
    const text = "L1: | L2: 1[a-b] 2[c-d] 3[e-f]";
    expect(chain("a-f", text).steps).toEqual([]);
    expect(chain("a-f", text, { deletes: [2] }).steps).toEqual(["L0: + L2: 2 -> L2 bottom"]);
    expect(chain("e-f", text, { deletes: [2] }).steps).toEqual([]);
  });

  test("of a range without tables does nothing", () => {
    expect(chain("m-n", "L0: 9[a-b] | L1: 1[x-y] | L2:").steps).toEqual([]);
    expect(chain("m-n", "").steps).toEqual([]);
  });
});

describe("a compaction of a range under another strategy", () => {
  test("takes whole levels under simple, from the first that overlaps", () => {
    expect(chain("c-c", "L0: 9[x-z] 8[c-d] | L1: 5[a-b] | L2: | L3: 1[a-z]", { strategy: "simple" }).steps).toEqual([
      "L0: 9 8 + L1: 5 -> L1",
      "L1: 90 + L2: -> L2",
      "L2: 91 + L3: 1 -> L3 bottom",
    ]);
    expect(chain("c-c", "L0: 9[x-z] | L1: 5[a-d] | L2: 1[a-z]", { strategy: "simple" })).toEqual({
      steps: ["L1: 5 + L2: 1 -> L2 bottom"],
      end: "L0: 9 | L1: | L2: 90",
    });
    expect(chain("c-c", "L0: 9[x-z] | L1: 5[x-y] | L2: 1[a-z]", { strategy: "simple" }).steps).toEqual([]);
  });

  test("takes neighbouring tiers under tiered, the bottom only when it is among them", () => {
    const tiers = "T9: 9[a-b] | T8: 8[c-d] | T7: 7[x-y] | T6: 6[c-e] | T5: 5[m-n]";
    expect(chain("c-d", tiers, { strategy: "tiered" })).toEqual({
      steps: ["T8: 8 + T7: 7 + T6: 6 -> tier"],
      end: "T9: 9 | T90: 90 | T5: 5",
    });
    expect(chain("c-n", tiers, { strategy: "tiered" }).steps[0]).toMatch(/-> tier bottom$/);
    expect(chain("m-n", tiers, { strategy: "tiered" }).steps).toEqual([]);
    expect(chain("m-n", tiers, { strategy: "tiered", deletes: [5] }).steps).toEqual(["T5: 5 -> tier bottom"]);
  });

  test("is the one task of everything without a strategy", () => {
    expect(chain("c-d", "L0: 9[x-z] 8[c-d] | L1: 5[a-b]", { strategy: "none" }).steps).toEqual([
      "L0: 9 8 + L1: 5 -> L1",
    ]);
    expect(chain("c-d", "L0: 9[x-z] | L1: 5[a-d]", { strategy: "none" }).steps).toEqual([]);
  });

  test.each(["none", "simple"] as const)("goes by tables in native under %s", (strategy) => {
    const text = "L0: 9[x-z] 8[c-d] | L1: 5[a-b] 6[d-e]";
    expect(chain("c-d", text, { strategy, format: "native" }).steps).toEqual(["L0: 8 + L1: 6 -> L1 bottom"]);
  });
});
