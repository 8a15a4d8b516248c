import { CorruptionError, LsmError } from "../../../src/errors.ts";
import { randomOf } from "../../support/random.ts";
import type { Random } from "./mutate.ts";

export type FuzzCounts = {
  readonly runs: number;
  /** Inputs that were refused in words. */
  readonly refused: number;
  /** Of the slowest run. */
  readonly slowestMs: number;
};

/** A decoder and inputs for it that were valid before they were changed. */
export type FuzzTarget = {
  readonly name: string;
  /** Makes an input and decodes it, all of it by the random numbers. What it throws is judged. */
  readonly attempt: (random: Random) => void;
};

/** A multiplier that spreads the numbers of runs over all seeds (golden ratio, Knuth 1973, §6.4). */
const SPREAD = 0x9e37_79b1;

/**
 * Makes `runs` attempts. An error is a refusal when it is one of the library's, and one of corruption names its file and
 * offset. Anything else is thrown, with the seed to call this with again for one run.
 */
export function fuzz(target: FuzzTarget, seed: number, runs: number): FuzzCounts {
  let refused = 0;
  let slowestMs = 0;
  for (let run = 0; run < runs; run++) {
    const runSeed = run === 0 ? seed : (seed + Math.imul(run, SPREAD)) | 0;
    const startMs = performance.now();
    try {
      target.attempt(randomOf(runSeed));
    } catch (error) {
      const fault = faultOfRefusal(error);
      if (fault !== undefined) throw new Error(`${target.name}, seed ${runSeed}: ${fault}`, { cause: error });
      refused++;
    }
    slowestMs = Math.max(slowestMs, performance.now() - startMs);
  }
  return { runs, refused, slowestMs };
}

/** What is wrong with an error as the answer to a damaged file; undefined when nothing is. */
export function faultOfRefusal(error: unknown): string | undefined {
  if (!(error instanceof LsmError)) return `an uncaught ${String(error)}`;
  if (error.message.includes("\n")) return `a refusal of several lines: ${error.message}`;
  if (error.code !== "CORRUPTION") return undefined;
  if (!(error instanceof CorruptionError)) return `a refusal without file and offset: ${error.message}`;
  const isPlaced = error.file !== "" && Number.isSafeInteger(error.offset) && error.offset >= 0;
  return isPlaced ? undefined : `a refusal at byte ${error.offset} of ${JSON.stringify(error.file)}`;
}
