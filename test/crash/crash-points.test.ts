import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { CrashSignal } from "../../src/fs/memory-calls.ts";
import { MemoryFileSystem } from "../../src/fs/memory-file-system.ts";
import { prefixThatMakes } from "../support/crash-ledger.ts";
import { CHANGES, crashPointsOf } from "../support/crash-points.ts";
import { SHORT_SCRIPT, tinyOptions } from "../support/crash-scripts.ts";
import { CrashSession, stopBackgroundTimer } from "../support/crash-session.ts";
import { sweep } from "../support/crash-sweep.ts";

beforeEach(stopBackgroundTimer);
afterEach(() => {
  vi.useRealTimers();
});

/**
 * What a database must hold after a crash, whatever the crash: the effect of the first n writes, for some n from what
 * was acknowledged to what was asked for. Acknowledged for a kill is what `process` and `power` have answered; for a
 * power cut what `power` has answered, what was before an answered `sync`, a durable batch or a `close`, and what a
 * reported flush held; with `none` only these last two, for a kill as well.
 */
describe("whatever the effect it stops after, a database holds what it acknowledged and nothing else", () => {
  test.each([
    ["none", "tiered"],
    ["process", "simple"],
    ["power", "leveled"],
  ] as const)("durability %s, strategy %s", async (durability, strategy) => {
    const options = tinyOptions(durability, strategy);
    const points = await crashPointsOf(SHORT_SCRIPT, options);
    const { faults, ...counts } = await sweep(points, { options, seeds: [1], secondCrashEvery: 40 });
    console.log(`${durability}, ${strategy}: ${counts.points} crash points, ${counts.states} states`);
    expect(faults.slice(0, 5)).toEqual([]);
    expect(points.length).toBeGreaterThan(40);
  });
});

test("a program that is stopped after n effects leaves what the sweep looks at", async () => {
  const options = tinyOptions("power", "simple");
  const points = await crashPointsOf(SHORT_SCRIPT, options);
  for (let stop = 0; stop < points.length - 1; stop += 11) {
    // An error thrown into the background's own deletions would be an uncaught one.
    if (points[stop]?.next?.operation === "remove") continue;
    let effects = 0;
    let tellStopped = () => {};
    const stopped = new Promise<void>((resolve) => {
      tellStopped = resolve;
    });
    const session = new CrashSession(options, new MemoryFileSystem(), (call, running) => {
      if (!CHANGES.has(call.operation) || effects++ < stop) return undefined;
      running.stop();
      tellStopped();
      throw new CrashSignal();
    });
    void session.run(SHORT_SCRIPT).catch(() => {});
    await stopped;
    expect(contentOf(session.fs.killed()), `stopped after ${stop} effects`).toEqual(
      contentOf(points[stop]?.fs.killed() ?? new MemoryFileSystem()),
    );
  }
});

/** Every file with its bytes. */
function contentOf(fs: MemoryFileSystem): Record<string, string> {
  if (fs.stat("/db") === undefined) return {};
  return Object.fromEntries(
    fs.list("/db").map((name) => {
      const file = fs.open(`/db/${name}`, "read");
      const bytes = new Uint8Array(file.sizeBytes);
      file.read(bytes, 0, bytes.length, 0);
      file.close();
      return [name, Buffer.from(bytes).toString("latin1")];
    }),
  );
}

describe("the sweep finds what it is there to find", () => {
  test("a disk that lies about syncs", async () => {
    const options = tinyOptions("power", "simple");
    const fs = new MemoryFileSystem();
    fs.lyingSync = true;
    const points = await crashPointsOf(SHORT_SCRIPT.replace("kill; ", ""), options, fs);
    const { faults } = await sweep(points, { options, seeds: [1], secondCrashEvery: 1000 });
    const lost = faults.filter((fault) => fault.includes("no prefix"));
    expect(lost.filter((fault) => fault.includes("power cut")).length).toBeGreaterThan(points.length / 2);
    expect(lost.filter((fault) => fault.includes("killed"))).toEqual([]);
  });

  const writes = [
    { key: "a", value: "1" },
    { key: "a", value: "2" },
    { key: "b", value: "3" },
    { key: "a", value: undefined },
  ];
  test.each<[string, Record<string, string>, number, number | undefined]>([
    ["nothing, when nothing was acknowledged", {}, 0, 0],
    ["the last acknowledged value", { a: "2" }, 2, 2],
    ["an older value than the acknowledged one", { a: "1" }, 2, undefined],
    ["an unacknowledged write", { a: "2", b: "3" }, 2, 3],
    ["an unacknowledged write without the one before it", { a: "1", b: "3" }, 1, undefined],
    ["a deleted key that came back", { a: "2", b: "3" }, 4, undefined],
    ["what was never written", { c: "1" }, 0, undefined],
  ])("%s", (_, content, lengthMin, expected) => {
    expect(prefixThatMakes(new Map(Object.entries(content)), writes, lengthMin)).toBe(expected);
  });
});
