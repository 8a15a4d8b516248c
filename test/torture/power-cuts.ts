import { crashPointsOf } from "../support/crash-points.ts";
import { randomScript } from "../support/crash-random.ts";
import { sweep } from "../support/crash-sweep.ts";
import { type Counts, expectNoFaults, type TortureProgram } from "./program.ts";
import { formatOf, simulated } from "./simulation.ts";

/**
 * A random script under random options, in a simulated world. At each call that changes what is on the disk the power
 * fails, in several ways, or the process is killed; what is left is opened, perhaps with other options, and must hold
 * what was promised, whole, take writes, and survive the next power cut. At some the recovery is crashed at each of its
 * own effects, and the recovery from that again.
 */
export async function powerCuts(seed: number, steps: number): Promise<Counts> {
  return await simulated(seed, async (fs) => {
    const { script, options, laterOptions } = randomScript(seed, formatOf(seed), steps);
    const points = await crashPointsOf(script, options, fs);
    const result = await sweep(points, {
      options: laterOptions,
      seeds: [seed, seed + 1, seed + 2],
      secondCrashEvery: 9,
      depthMax: 4,
    });
    expectNoFaults(result.faults);
    const [, second = 0, third = 0, fourth = 0] = result.statesByDepth;
    return {
      "crash points": result.points,
      recoveries: result.states,
      "power cuts": result.powerCuts,
      "crashes in a recovery": second,
      "in the recovery from that": third,
      "and once more": fourth,
    };
  });
}

export const POWER_CUTS: TortureProgram = {
  name: "power-cuts",
  about: "power cuts and kills at every effect of a random script, and in recoveries",
  run: (seed) => powerCuts(seed, 50),
};
