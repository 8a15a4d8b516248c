import { describe, expect, test } from "vitest";
import { EngineModel, MODEL_OPTIONS, modelSeeds } from "../support/engine-model.ts";

const STEPS = 6_000;
/** Known to do every kind of step; a seed that is new each time may miss a rare one. */
const SEED = 1;

describe("a database agrees with a sorted map", () => {
  const cases = Object.entries(MODEL_OPTIONS).flatMap(([name, options]) =>
    modelSeeds([SEED]).map((seed) => [name, seed, options] as const),
  );
  test.each(cases)("with %s (ENGINE_MODEL_SEED=%i)", { timeout: 60_000 }, async (_, seed, options) => {
    const model = new EngineModel({ seed, steps: STEPS, options });
    await model.run();
    if (seed !== SEED) return;
    for (const kind of [
      "put",
      "batch",
      "group",
      "sync",
      "delete",
      "get",
      "move",
      "seek",
      "scan",
      "cursor",
      "abandon",
      "flush",
      "compact",
      "reopen",
      "checked files",
    ]) {
      expect(model.done[kind] ?? 0).toBeGreaterThan(0);
    }
  });
});
