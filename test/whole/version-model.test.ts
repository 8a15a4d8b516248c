import { describe, test } from "vitest";
import { modelSeeds } from "../support/model-options.ts";
import { VERSION_MODEL_OPTIONS, VersionModel } from "../support/version-model.ts";

const STEPS = 12_000;

describe("snapshots of long histories agree with maps", () => {
  const cases = Object.entries(VERSION_MODEL_OPTIONS).flatMap(([name, options]) =>
    modelSeeds([2, 3]).map((seed) => [name, seed, options] as const),
  );
  test.each(cases)("with %s (ENGINE_MODEL_SEED=%i)", async (_, seed, options) => {
    await new VersionModel(seed, options).run(STEPS);
  });
});
