import type { Options } from "../../src/options.ts";
import { faultsAfterCrash } from "./crash-check.ts";
import { type CrashPoint, type CrashState, crashStatesOf, pointsOfOpening } from "./crash-points.ts";
import { SimulatedTime } from "./simulated-time.ts";

/** What a sweep did and found: a sweep that did nothing proves nothing. */
export type SweepResult = {
  points: number;
  states: number;
  /** Of the states, those that a power cut left. */
  powerCuts: number;
  /** How many states were left by a first crash, by one in the recovery from it, by one in the recovery from that. */
  readonly statesByDepth: number[];
  readonly faults: string[];
};

export type SweepOptions = {
  readonly options: Partial<Options>;
  /** One random power cut per seed at each point. */
  readonly seeds: readonly number[];
  /** At every so many points the opening after the crash is crashed at each of its effects as well. */
  readonly secondCrashEvery: number;
  /** How many crashes may follow each other without an opening that comes to its end; 2 unless it is given. */
  readonly depthMax?: number;
};

/** Tries every crash at every point, and now and then further ones in the recovery from the first. */
export async function sweep(points: readonly CrashPoint[], sweeping: SweepOptions): Promise<SweepResult> {
  const { seeds, secondCrashEvery, depthMax = 2 } = sweeping;
  const result: SweepResult = { points: 0, states: 0, powerCuts: 0, statesByDepth: [], faults: [] };
  for (const [index, point] of points.entries()) {
    await tryStates(point, crashStatesOf(point, points[index + 1], seeds), 1, sweeping, result);
    if (index % secondCrashEvery !== 0) continue;
    const turn = index / secondCrashEvery;
    await crashOpening(point, points[index + 1], { depth: 2, depthMax, turn }, sweeping, result);
  }
  return result;
}

type Depth = { readonly depth: number; readonly depthMax: number; readonly turn: number };

/** Crashes the opening after one crash at this point at each of its effects, and further openings at one of them. */
async function crashOpening(
  point: CrashPoint,
  following: CrashPoint | undefined,
  { depth, depthMax, turn }: Depth,
  sweeping: SweepOptions,
  result: SweepResult,
): Promise<void> {
  if (depth > depthMax) return;
  // Each kind of first crash has its turn.
  const firsts = crashStatesOf(point, following, [...sweeping.seeds, point.number]);
  const first = firsts[turn % firsts.length] as CrashState;
  const seconds = pointsOfOpening(point, first, sweeping.options);
  for (const second of seconds) {
    await tryStates(second, crashStatesOf(second, undefined, [point.number]), depth, sweeping, result);
  }
  const next = seconds[turn % Math.max(seconds.length, 1)];
  if (next === undefined) return;
  await crashOpening(next, undefined, { depth: depth + 1, depthMax, turn: turn + 1 }, sweeping, result);
}

async function tryStates(
  point: CrashPoint,
  states: readonly CrashState[],
  depth: number,
  { options }: SweepOptions,
  result: SweepResult,
): Promise<void> {
  result.points++;
  result.statesByDepth[depth - 1] = (result.statesByDepth[depth - 1] ?? 0) + states.length;
  for (const state of states) {
    result.states++;
    if (state.name.startsWith("power cut")) result.powerCuts++;
    result.faults.push(...(await faultsAfterCrash(point, state, options)));
  }
  SimulatedTime.current.forget();
}
