import { vi } from "vitest";
import type { Options } from "../../src/options.ts";
import { faultsAfterCrash } from "./crash-check.ts";
import { type CrashPoint, type CrashState, crashStatesOf, pointsOfOpening } from "./crash-points.ts";

/** What a sweep did and found: a sweep that did nothing proves nothing. */
export type SweepResult = { points: number; states: number; readonly faults: string[] };

export type SweepOptions = {
  readonly options: Partial<Options>;
  /** One random power cut per seed at each point. */
  readonly seeds: readonly number[];
  /** At every so many points the opening after the crash is crashed at each of its effects as well. */
  readonly secondCrashEvery: number;
};

/** Tries every crash at every point, and now and then a second one in the recovery from the first. */
export async function sweep(points: readonly CrashPoint[], sweeping: SweepOptions): Promise<SweepResult> {
  const { options, seeds, secondCrashEvery } = sweeping;
  const result: SweepResult = { points: 0, states: 0, faults: [] };
  for (const [index, point] of points.entries()) {
    await tryStates(point, crashStatesOf(point, points[index + 1], seeds), options, result);
    if (index % secondCrashEvery !== 0) continue;
    // Each kind of first crash has its turn.
    const firsts = crashStatesOf(point, points[index + 1], [...seeds, index]);
    const first = firsts[(index / secondCrashEvery) % firsts.length] as CrashState;
    const seconds = pointsOfOpening(point, first, options);
    for (const second of seconds) await tryStates(second, crashStatesOf(second, undefined, [index]), options, result);
  }
  return result;
}

async function tryStates(
  point: CrashPoint,
  states: readonly CrashState[],
  options: Partial<Options>,
  result: SweepResult,
): Promise<void> {
  result.points++;
  for (const state of states) {
    result.states++;
    result.faults.push(...(await faultsAfterCrash(point, state, options)));
  }
  vi.clearAllTimers();
}
