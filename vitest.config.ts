import { join } from "node:path";
import { defineConfig } from "vitest/config";

/** Set by `.ci/run`, which sums the runs: each leaves its counts there as a file of its own. */
const results = process.env.TEST_RESULTS_DIRECTORY;

/** `unit` is what `npm run check` runs in seconds; `whole` starts programs and takes minutes. */
export default defineConfig({
  test: {
    reporters:
      results === undefined ? ["default"] : ["default", ["json", { outputFile: join(results, `${process.pid}.json`) }]],
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: ["test/whole/**"],
          // Ends what hangs, and no more: a busy machine takes ten times as long as an idle one.
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      { test: { name: "whole", include: ["test/whole/**/*.test.ts"], testTimeout: 300_000, hookTimeout: 300_000 } },
    ],
  },
});
