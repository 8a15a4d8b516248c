import { describe, expect, test } from "vitest";
import { crashPointsOf } from "../../support/crash-points.ts";
import { randomScript } from "../../support/crash-random.ts";
import { lyingDisk } from "../../torture/lying-disk.ts";
import { powerCuts } from "../../torture/power-cuts.ts";
import { formatOf, simulated } from "../../torture/simulation.ts";

/** What `npm run torture` does for hours, with fixed seeds: one of each format. */
describe.each([1, 2, 3])("in the world of seed %i", (seed) => {
  test("no power cut at any effect loses what was promised, nor crashes in the recovery, three deep", async () => {
    const counts = await powerCuts(seed, 14);
    console.log(JSON.stringify(counts));
    expect(counts["power cuts"]).toBeGreaterThan(100);
    expect(counts["in the recovery from that"]).toBeGreaterThan(20);
  });

  test("a disk that lies about syncs is found out at every effect where it loses something", async () => {
    const counts = await lyingDisk(seed, 12);
    expect(counts["losses that were noticed"]).toBeGreaterThan(10);
  });

  test("everything happens again in the same order", async () => {
    const trace = () =>
      simulated(seed, async (fs) => {
        const { script, options } = randomScript(seed, formatOf(seed), 25);
        const points = await crashPointsOf(script, options, fs);
        return points.map(({ next, promised }) => `${next?.operation} ${next?.path} ${promised.afterKill}`);
      });
    expect(await trace()).toEqual(await trace());
  });
});
