import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { blocksOf, matches, Walk } from "../support/tour.ts";

const blocks = blocksOf(readFileSync(new URL("../../docs/tour.md", import.meta.url), "utf8"));
const hasScript = spawnSync("script", ["-qfec", "true", "/dev/null"]).status === 0;
if (!hasScript) console.warn("without util-linux's script the tour is not walked");

describe.skipIf(!hasScript)("the tour", () => {
  let walk: Walk;
  beforeAll(() => {
    walk = new Walk();
  });
  afterAll(() => walk.end());

  test("has steps", () => {
    expect(blocks.length).toBeGreaterThan(20);
  });

  // In their order, each on what the ones before left: none can be left out.
  test.each(blocks)("shows at line $line what is seen", async (block) => {
    const seen = await walk.take(block);
    if (!matches(seen, block.text)) expect(seen).toBe(block.text.trimEnd());
  });
});
