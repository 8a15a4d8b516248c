import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { DATABASE_FORMATS } from "../../../src/options.ts";
import { callsOf, faultsAt, runWithFault } from "../../support/crash-faults.ts";
import { crashPointsOf } from "../../support/crash-points.ts";
import { randomScript } from "../../support/crash-random.ts";
import { sweep } from "../../support/crash-sweep.ts";
import { modelSeeds } from "../../support/model-options.ts";
import { randomOf } from "../../support/random.ts";
import { startBackgroundTimer, stopBackgroundTimer } from "../../support/simulated-time.ts";

const STEPS = 30;
/** Of the thousands that a script has. */
const FAULTS = 100;

beforeEach(stopBackgroundTimer);
afterEach(startBackgroundTimer);

/** Scripts and options that nobody has thought of; a database is also opened with other options after the crash. */
describe.each(DATABASE_FORMATS)("random scripts on %s", (format) => {
  test.each(modelSeeds([1, 2]))("are crashed at every effect (ENGINE_MODEL_SEED=%i)", async (seed) => {
    const { script, options, laterOptions } = randomScript(seed, format, STEPS);
    const points = await crashPointsOf(script, options);
    const { faults } = await sweep(points, { options: laterOptions, seeds: [seed], secondCrashEvery: 13 });
    expect(faults.slice(0, 5)).toEqual([]);
  });

  test.each(modelSeeds([1, 2]))("meet errors at some calls (ENGINE_MODEL_SEED=%i)", async (seed) => {
    const { script, options } = randomScript(seed, format, STEPS);
    const random = randomOf(seed);
    const possible = (await callsOf(script, options)).flatMap(faultsAt);
    const faults: string[] = [];
    for (let tried = 0; tried < FAULTS; tried++) {
      const fault = possible[random(possible.length)];
      if (fault !== undefined) faults.push(...(await runWithFault(script, options, fault)).faults);
    }
    expect(faults.slice(0, 5)).toEqual([]);
  });
});
