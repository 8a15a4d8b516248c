import { describe, test } from "vitest";
import { EngineModel } from "../support/engine-model.ts";
import { MODEL_OPTIONS, modelSeeds } from "../support/model-options.ts";

const STEPS = 30_000;

describe("a database agrees with a sorted map over long histories", () => {
  const cases = Object.entries(MODEL_OPTIONS).flatMap(([name, options]) =>
    modelSeeds([3]).map((seed) => [name, seed, options] as const),
  );
  test.each(cases)("with %s (ENGINE_MODEL_SEED=%i)", async (_, seed, options) => {
    await new EngineModel({ seed, steps: STEPS, options }).run();
  });
});
