import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { runSimulation } from "../../../src/tools/simulator/run-simulation.ts";
import { MIB, SIMULATION_DEFAULTS, type SimulationOptions } from "../../../src/tools/simulator/simulation-options.ts";

const { simple, tiered, leveled } = SIMULATION_DEFAULTS;

function output(options: SimulationOptions): string {
  const lines: string[] = [];
  runSimulation(options, (line) => lines.push(`${line}\n`));
  return lines.join("");
}

const iterationOf = (text: string, iteration: number): string =>
  text.split("=== Iteration ")[iteration + 1]?.trimEnd() ?? "";

describe("the simulator's whole output is the reference's", () => {
  test.each<[string, SimulationOptions, number, string]>([
    ["simple", simple, 32147, "55bb6aa7359b4eb7e5cace50ff3a006ce9d892e517fb842eefbfbf8bd5df638b"],
    [
      "simple --dump-real-id",
      { ...simple, dump: "ids" },
      32757,
      "bb204fc6f2a96a268c93f491a11711c8d52a9163708f0b982211e048681fab8d",
    ],
    [
      "simple --size-only",
      { ...simple, dump: "sizes" },
      17654,
      "5427e4c402bed80728249de568dd8b79be089164b0ae49601aab530e4beca805",
    ],
    ["tiered", tiered, 21804, "01a54964dc171fea57ae2cec946d507e873d491f6bb6180e44d72c020bff1fb5"],
    [
      "tiered --num-tiers 3 --iterations 20",
      { ...tiered, iterations: 20, compaction: { ...tiered.compaction, tiersTrigger: 3 } },
      9236,
      "c74543280a84cf8f7922edaff4cceef4763ce61f786cf2f381094420295a24dd",
    ],
    [
      "tiered --num-tiers 5",
      { ...tiered, compaction: { ...tiered.compaction, tiersTrigger: 5 } },
      25801,
      "829fa1b8c776e09d65421e0967b71dabe851ca7efb6baf8a1b6451e48652a838",
    ],
    ["leveled", leveled, 76076, "3f5323d5178397597837baab04ef8698722d039e1170bcf75893214198a8d1b7"],
    [
      "leveled --size-only",
      { ...leveled, dump: "sizes" },
      49123,
      "f862b233c7d95f93797b2fd48e6ee153b5673d0bd0d3a8227a6274237fe82ce3",
    ],
    [
      "leveled --seed 7 --iterations 200",
      { ...leveled, seed: 7n, iterations: 200 },
      738144,
      "4c7773d4b3e6362b96e5d806f59e215dba79e5a96314da4d8022a427a1e13443",
    ],
  ])("%s", (_, options, length, sha256) => {
    const text = output(options);
    expect(text.length).toBe(length);
    expect(createHash("sha256").update(text).digest("hex")).toBe(sha256);
  });
});

describe("the simulator", () => {
  test("shows an iteration", () => {
    const options = { ...tiered, compaction: { ...tiered.compaction, tiersTrigger: 3 } };
    expect(iterationOf(output(options), 2)).toBe(
      `2 ===
--- After Flush ---
L3 (1): [3]
L2 (1): [2]
L1 (1): [1]
--- Compaction Task ---
--- Compaction Task ---
compaction triggered by space amplification ratio: 200
L3 [3] L2 [2] L1 [1] -> [4, 5, 6]
--- After Compaction ---
L4 (3): [3, 2, 1]
--- Compaction Task ---
1 compaction triggered in this iteration
--- Statistics ---
Write Amplification: 6/3=2.000x
Maximum Space Usage: 6/3=2.000x
Read Amplification: 1x`,
    );
  });

  test("shows the key ranges of leveled tables, and where its simple twin shows none", () => {
    const line = (text: string): string | undefined =>
      text.split("\n").find((candidate) => candidate.startsWith("Upper"));
    expect(line(output(leveled))).toBe(
      "Upper L0 [1.sst 43663bb1..=88de428e, 2.sst 5177b038..=856c4954] Lower L4 [] -> [3.sst 43663bb1..=66223f1f, 4.sst 66223f20..=88de428e]",
    );
    expect(line(output(simple))).toBe("Upper L0 [1, 2] Lower L1 [] -> [3, 4]");
  });

  test("heeds the size of tables", () => {
    expect(output({ ...leveled, iterations: 5, tableSizeBytes: 100 * MIB })).toContain('real level sizes: ["');
    expect(output({ ...leveled, iterations: 5 })).not.toContain("real level sizes");
  });

  test("counts a tree without names", () => {
    expect(
      iterationOf(output({ ...tiered, dump: "sizes" }), 1)
        .split("\n")
        .slice(1, 3),
    ).toEqual(["--- After Flush ---", "Levels: 0 1 1"]);
  });

  test.each<[string, SimulationOptions]>([
    ["tiered with one tier", { ...tiered, compaction: { ...tiered.compaction, tiersTrigger: 1 } }],
    ["simple with no tables in L0", { ...simple, compaction: { ...simple.compaction, level0FilesTrigger: 0 } }],
  ])("gives up on %s, which never comes to rest", (_, options) => {
    expect(() => output(options)).toThrow(expect.objectContaining({ code: "INVALID_OPTION" }));
    expect(() => output(options)).toThrow("compaction does not converge?");
  });

  test("of no iterations writes no more than its seed", () => {
    expect(output({ ...simple, iterations: 0 })).toBe("");
    expect(output({ ...leveled, iterations: 0, seed: 7n })).toBe("Seed: 7\n");
  });
});
