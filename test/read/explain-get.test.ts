import { describe, expect, test } from "vitest";
import { TIMESTAMP_MAX } from "../../src/key.ts";
import { explainGet, type GetExplanation, type GetStep } from "../../src/read/explain-get.ts";
import { EngineState } from "../support/engine-state.ts";
import { bytes } from "../support/entries.ts";
import { randomOf } from "../support/random.ts";

/** Every call takes a millisecond. */
function explain(state: EngineState, key: string, readTimestamp = TIMESTAMP_MAX): GetExplanation {
  let nowMs = 0;
  const meter = { now: () => nowMs++, cache: state.fixture.blocks };
  return explainGet(state.state, bytes(key), readTimestamp, meter);
}

/** A step in a few words: where, what was looked at there, what it said. */
function show(step: GetStep): string {
  const said = [
    step.found === undefined ? "" : `${step.found.kind}@${step.found.timestamp}`,
    step.rangeDeletedAt === 0 ? "" : `range@${step.rangeDeletedAt}`,
  ].join("");
  if (step.place === "memtable") return `${step.isFrozen ? "imm" : "mem"} ${said}`.trim();
  const { look } = step;
  if (look === undefined) return `L${step.level} of ${step.tables}: out of range`;
  const how = look.isRuledOut ? "filter" : `block ${look.block} of ${look.blocks}`;
  const read = `${look.blocksFromCache} cached ${look.blocksFromFile} read`;
  return `L${step.level} of ${step.tables}: table ${look.id} ${how}, ${read} ${said}`.trim();
}

function told(state: EngineState, key: string, readTimestamp?: number): string[] {
  const { steps, placesLeft, outcome } = explain(state, key, readTimestamp);
  return [...steps.map(show), `${outcome}, ${placesLeft} left`];
}

describe("an explained look-up", () => {
  const state = new EngineState("mem: a=1 | imm: b=1 | L0: c=1 e=1 | L0: d=1 e=0 | L1: a=0 b=0 / f=0 z=0 | L2: g=0");
  test.each([
    ["a", ["mem put@2", "value, 5 left"]],
    [
      "f",
      [
        "mem",
        "imm",
        "L0 of 1: out of range",
        "L0 of 1: out of range",
        "L1 of 2: table 4 block 0 of 1, 0 cached 1 read put@0",
        "value, 1 left",
      ],
    ],
    [
      "d",
      [
        "mem",
        "imm",
        "L0 of 1: table 1 filter, 0 cached 0 read",
        "L0 of 1: table 2 block 0 of 1, 0 cached 1 read put@0",
        "value, 2 left",
      ],
    ],
    [
      "h",
      [
        "mem",
        "imm",
        "L0 of 1: out of range",
        "L0 of 1: out of range",
        "L1 of 2: table 4 filter, 0 cached 0 read",
        "L2 of 1: out of range",
        "missing, 0 left",
      ],
    ],
  ])("of %s tells each place up to the one that decides", (key, expected) => {
    expect(told(state, key)).toEqual(expected);
  });

  test("finds a block in the cache once it was read", () => {
    const warm = new EngineState("L0: a=1", 128, 1 << 20);
    expect(told(warm, "a")[1]).toContain("0 cached 1 read");
    expect(told(warm, "a")[1]).toContain("1 cached 0 read");
  });

  test("ends at a delete", () => {
    expect(told(new EngineState("mem: -a | L0: a=1"), "a")).toEqual(["mem delete@1", "deleted, 1 left"]);
  });

  test("ends at a range delete, unless the same place has a newer version", () => {
    const deleted = new EngineState("mem: [a,c)@9 | L0: a@3=1 b@3=1");
    expect(told(deleted, "a")).toEqual(["mem range@9", "rangeDeleted, 1 left"]);
    expect(told(deleted, "a", 8).at(-1)).toBe("value, 0 left");
    const rewritten = new EngineState("mem: | L0: [a,c)@5 a@7=1 b@3=1");
    expect(told(rewritten, "a").at(-1)).toBe("value, 0 left");
    expect(told(rewritten, "b").at(-1)).toBe("rangeDeleted, 0 left");
  });

  test("times each look on its own", () => {
    const { steps } = explain(state, "a");
    expect(steps.map(({ elapsedMs }) => elapsedMs)).toEqual([1]);
  });

  test("comes to the same end as the look-up itself", () => {
    const states = [
      new EngineState("mem: [a,b)@8 c@9=1 | imm: e@6=2 -d@7 | L0: a@5=1 [c,e)@4 | L1: a@1=0 b@2=0 / c@1=0 d@2=0 e@3=0"),
      new EngineState("mem: b=1 -c | L0: a=1 -d | L0: d=1 e=2 | L1: a=0 b=0 / c=0 d=0 e=0 | L2: f=0"),
    ];
    const next = randomOf(7);
    for (let round = 0; round < 300; round++) {
      const either = states[next(2)] as EngineState;
      const key = "abcdefg"[next(7)] ?? "";
      const readTimestamp = next(4) === 0 ? TIMESTAMP_MAX : next(12);
      const found = either.get(key, readTimestamp);
      const { outcome } = explain(either, key, readTimestamp);
      const isSame = found === undefined ? ["missing", "rangeDeleted"] : found === "deleted" ? ["deleted"] : ["value"];
      expect(isSame, `${key}@${readTimestamp}: ${found}`).toContain(outcome);
    }
  });
});
