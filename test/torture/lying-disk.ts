import { prefixThatMakes } from "../support/crash-ledger.ts";
import { type CrashPoint, crashPointsOf } from "../support/crash-points.ts";
import { randomScript } from "../support/crash-random.ts";
import { sweep } from "../support/crash-sweep.ts";
import type { Counts, TortureProgram } from "./program.ts";
import { formatOf, simulated } from "./simulation.ts";

/**
 * `powerCuts` on a disk whose syncs do nothing: it must find that writes are lost, whenever a power cut takes all that
 * was promised to survive one. A test of the tests.
 */
export async function lyingDisk(seed: number, steps: number): Promise<Counts> {
  return await simulated(seed, async (fs) => {
    fs.lyingSync = true;
    const { script, options } = randomScript(seed, formatOf(seed), steps);
    // A killed process would hand the lie to a disk that tells the truth.
    const durable = { ...options, durability: "power" } as const;
    const points = await crashPointsOf(script.replaceAll(/\bkill\b/g, "idle"), durable, fs);
    const losing = points.filter(isLossOfAll);
    const { faults, powerCuts } = await sweep(losing, {
      options: durable,
      seeds: [],
      secondCrashEvery: losing.length + 1,
    });
    const found = new Set(faults.map((fault) => /^effect (\d+), .* power cut/.exec(fault)?.[1]));
    const unnoticed = losing.filter(({ number }) => !found.has(String(number)));
    if (unnoticed.length > 0) {
      throw new Error(`${unnoticed.length} losses go unnoticed, the first at effect ${unnoticed[0]?.number}`);
    }
    return { "power cuts": powerCuts, "losses that were noticed": losing.length };
  });
}

/** Whether an empty database, which is what such a disk holds, breaks what was promised. */
function isLossOfAll({ promised }: CrashPoint): boolean {
  return prefixThatMakes(new Map(), promised.units, promised.afterPowerCut) === undefined;
}

export const LYING_DISK: TortureProgram = {
  name: "lying-disk",
  about: "the same with syncs that do nothing, whose losses must be noticed",
  run: (seed) => lyingDisk(seed, 25),
};
