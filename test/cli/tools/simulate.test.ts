import { expect, test } from "vitest";
import { simulate } from "../../../src/cli/tools/simulate.ts";
import { SIMULATION_DEFAULTS } from "../../../src/tools/simulator/simulation-options.ts";

const { simple, tiered, leveled } = SIMULATION_DEFAULTS;

/** Runs a simulation for a reader that leaves after `piecesMax` pieces. */
function run(options: Parameters<typeof simulate>[0], piecesMax: number) {
  const pieces: string[] = [];
  let stderr = "";
  const exitCode = simulate(options, {
    out: (text) => {
      pieces.push(text);
      return pieces.length < piecesMax;
    },
    err: (text) => {
      stderr += text;
    },
  });
  return { pieces, stderr, exitCode };
}

test("a simulation is written in few pieces", () => {
  const { pieces, ...rest } = run(leveled, 100);
  expect(pieces).toHaveLength(2);
  expect(pieces.join("")).toHaveLength(76_076);
  expect(rest).toEqual({ stderr: "", exitCode: 0 });
});

test("a simulation ends, and all is well, when its reader leaves", () => {
  const { pieces, ...rest } = run({ ...leveled, iterations: 4_000_000_000 }, 2);
  expect(pieces).toHaveLength(2);
  expect(rest).toEqual({ stderr: "", exitCode: 0 });
});

test("a simulation that comes to no rest says so after what it showed, and ends as a mistyped option does", () => {
  const { pieces, ...rest } = run({ ...tiered, compaction: { ...tiered.compaction, tiersTrigger: 1 } }, 100);
  expect(pieces.join("")).toMatch(/^=== Iteration 0 ===\n/);
  expect(rest).toEqual({ stderr: "error: compaction does not converge? 3 of one flush\n", exitCode: 2 });
});

test("a simulation of nothing writes nothing", () => {
  expect(run({ ...simple, iterations: 0 }, 100)).toEqual({ pieces: [], stderr: "", exitCode: 0 });
});
