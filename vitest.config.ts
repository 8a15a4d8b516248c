import { defineConfig } from "vitest/config";

/** `unit` is what `npm run check` runs in seconds; `whole` starts programs and takes minutes. */
export default defineConfig({
  test: {
    projects: [
      { test: { name: "unit", include: ["test/**/*.test.ts"], exclude: ["test/whole/**"] } },
      { test: { name: "whole", include: ["test/whole/**/*.test.ts"], testTimeout: 300_000, hookTimeout: 300_000 } },
    ],
  },
});
