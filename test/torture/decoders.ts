import { setImmediate as turn } from "node:timers/promises";
import { FUZZ_TARGETS } from "./fuzz/all-targets.ts";
import { fuzz } from "./fuzz/fuzz-target.ts";
import type { Counts, TortureProgram } from "./program.ts";

/** Of each decoder, and of those that open whole databases, build a parser or touch files. */
const RUNS = 5000;
const RUNS_OF_SLOW = 100;
const SLOW = /^database|^arguments|^history/;

async function run(seed: number): Promise<Counts> {
  let changed = 0;
  let refused = 0;
  for (const target of FUZZ_TARGETS) {
    const counts = fuzz(target, seed, SLOW.test(target.name) ? RUNS_OF_SLOW : RUNS);
    changed += counts.runs;
    refused += counts.refused;
    // What the runs opened is garbage only once they have returned.
    await turn();
  }
  return { "changed inputs": changed, refused };
}

export const DECODERS: TortureProgram = {
  name: "decoders",
  about: "valid bytes with changes in them, for every decoder",
  run,
};
