import { describe, expect, test } from "vitest";
import { TIMESTAMP_MAX } from "../../src/key.ts";
import { explainScan, type ScanStep } from "../../src/read/explain-scan.ts";
import { rangeOf } from "../support/engine-range.ts";
import { EngineState } from "../support/engine-state.ts";

/** A step in a few words: where, which tables were left out, and of the others which blocks. */
function show(step: ScanStep): string {
  if (step.place === "memtable")
    return `${step.isFrozen ? "imm" : "mem"} ${step.isInRange ? "in range" : "out of range"}`;
  const scanned = step.scanned.map(({ id, firstBlock, lastBlock, blocks, blocksCached, isHidden }) => {
    const span = firstBlock === undefined ? "none" : `${firstBlock}-${lastBlock}`;
    return `table ${id} blocks ${span} of ${blocks}, ${blocksCached} cached${isHidden ? ", hidden" : ""}`;
  });
  return [`L${step.level} skips ${step.tablesSkipped} of ${step.tables}`, ...scanned].join("; ");
}

function told(state: EngineState, range: string, readTimestamp = TIMESTAMP_MAX): string[] {
  return explainScan(state.state, rangeOf(range), readTimestamp, () => 0).map(show);
}

describe("an explained scan", () => {
  test("tells memtables with and without entries in range, and tables that the key range leaves out", () => {
    const state = new EngineState("mem: a=1 x=1 | imm: m=1 | L0: b=1 c=1 | L0: y=1 | L1: a=0 b=0 / d=0 e=0 / x=0");
    expect(told(state, "[b,d]")).toEqual([
      "mem out of range",
      "imm out of range",
      "L0 skips 1 of 2; table 1 blocks 0-0 of 1, 0 cached",
      "L1 skips 1 of 3; table 3 blocks 0-0 of 1, 0 cached; table 4 blocks 0-0 of 1, 0 cached",
    ]);
    expect(told(state, "(,)").slice(0, 2)).toEqual(["mem in range", "imm in range"]);
  });

  test("tells which blocks reach into the range, and reads none", () => {
    const rows = Array.from({ length: 20 }, (_, row) => `k${String(row).padStart(2, "0")}=${"v".repeat(30)}`);
    const state = new EngineState(`L0: ${rows.join(" ")}`, 128, 1 << 20);
    const { reads } = state.fixture.fs;
    expect(told(state, "[k05,k09]")).toEqual([
      "mem out of range",
      "L0 skips 0 of 1; table 1 blocks 1-3 of 7, 0 cached",
    ]);
    expect(state.fixture.fs.reads).toBe(reads);
    state.get("k06");
    expect(told(state, "[k05,k09]")[1]).toContain("1 cached");
  });

  test("tells what finding the range took, by a clock of the caller", () => {
    const state = new EngineState("mem: a=1 | imm: b=1 | L0: a=1 | L1: a=0 / d=0");
    let readings = 0;
    // Between the readings n and n + 1 of this clock n + 1 milliseconds pass.
    const now = (): number => {
      readings++;
      return (readings * (readings + 1)) / 2;
    };
    const steps = explainScan(state.state, rangeOf("[a,b]"), TIMESTAMP_MAX, now);
    expect(steps.map(({ elapsedMs }) => elapsedMs)).toEqual([2, 4, 6, 8]);
  });

  test("tells tables of which a range delete hides all", () => {
    const state = new EngineState("mem: [a,d)@9 | L1: a@1=0 b@2=0 / c@1=0 e@3=0");
    expect(told(state, "(,)")[1]).toContain(
      "table 1 blocks 0-0 of 1, 0 cached, hidden; table 2 blocks 0-0 of 1, 0 cached",
    );
    expect(told(state, "(,)", 8)[1]).not.toContain("hidden");
  });
});
