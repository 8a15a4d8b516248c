import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CrashSignal } from "../../src/fs/memory-calls.ts";
import { MemoryFileSystem } from "../../src/fs/memory-file-system.ts";
import { ENTRY_KIND } from "../../src/key.ts";
import { areBeginningsOfLogs, type LedgerUnit, prefixThatMakes } from "../support/crash-ledger.ts";
import { CHANGES, crashPointsOf } from "../support/crash-points.ts";
import { scriptFor, tinyOptions } from "../support/crash-scripts.ts";
import { CrashSession } from "../support/crash-session.ts";
import { sweep } from "../support/crash-sweep.ts";
import { startBackgroundTimer, stopBackgroundTimer } from "../support/simulated-time.ts";

beforeEach(stopBackgroundTimer);
afterEach(startBackgroundTimer);

/**
 * What a database must hold after a crash, whatever the crash: the effect of the first n units, for some n from what
 * was acknowledged to what was asked for. A unit is a write, and where files have timestamps a whole batch or
 * transaction. Acknowledged for a kill is what `process` and `power` have answered; for a power cut what `power` has
 * answered, what was before an answered `sync`, a durable batch or a `close`, and what a reported flush held; with
 * `none` only these last two, for a kill as well. Until the crash, snapshots and transactions see what they saw.
 */
describe("whatever the effect it stops after, a database holds what it acknowledged and nothing else", () => {
  test.each([
    ["plain", "none", "tiered"],
    ["plain", "process", "simple"],
    ["plain", "power", "leveled"],
    ["mvcc", "none", "leveled"],
    ["mvcc", "process", "tiered"],
    ["mvcc", "power", "simple"],
    ["native", "none", "simple"],
    ["native", "process", "leveled"],
    ["native", "power", "tiered"],
  ] as const)("%s, durability %s, strategy %s", { timeout: 60_000 }, async (format, durability, strategy) => {
    const options = tinyOptions(format, durability, strategy);
    const points = await crashPointsOf(scriptFor(format, "short"), options);
    const { faults, ...counts } = await sweep(points, { options, seeds: [1], secondCrashEvery: 40 });
    console.log(`${format}, ${durability}, ${strategy}: ${counts.points} crash points, ${counts.states} states`);
    expect(faults.slice(0, 5)).toEqual([]);
    expect(points.length).toBeGreaterThan(40);
  });
});

test("a program that is stopped after n effects leaves what the sweep looks at", async () => {
  const options = tinyOptions("mvcc", "power", "simple");
  const script = scriptFor("mvcc", "short");
  const points = await crashPointsOf(script, options);
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
    void session.run(script).catch(() => {});
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
  test("a disk that lies about syncs", { timeout: 60_000 }, async () => {
    const options = tinyOptions("plain", "power", "simple");
    const fs = new MemoryFileSystem();
    fs.lyingSync = true;
    const points = await crashPointsOf(scriptFor("plain", "short").replace("kill; ", ""), options, fs);
    const { faults } = await sweep(points, { options, seeds: [1], secondCrashEvery: 1000 });
    const lost = faults.filter((fault) => fault.includes("no prefix"));
    expect(lost.filter((fault) => fault.includes("power cut")).length).toBeGreaterThan(points.length / 2);
    expect(lost.filter((fault) => fault.includes("killed"))).toEqual([]);
  });

  const units: LedgerUnit[] = [
    [{ key: "a", value: "1" }],
    [{ key: "a", value: "2" }],
    [{ key: "b", value: "3" }],
    [{ key: "a", value: undefined }],
    [
      { from: "b", to: "c" },
      { key: "c", value: "4" },
      { key: "d", value: "5" },
    ],
  ];
  test.each<[string, Record<string, string>, number, number | undefined]>([
    ["nothing, when nothing was acknowledged", {}, 0, 0],
    ["the last acknowledged value", { a: "2" }, 2, 2],
    ["an older value than the acknowledged one", { a: "1" }, 2, undefined],
    ["an unacknowledged write", { a: "2", b: "3" }, 2, 3],
    ["an unacknowledged write without the one before it", { a: "1", b: "3" }, 1, undefined],
    ["a deleted key that came back", { a: "2", b: "3" }, 4, undefined],
    ["what was never written", { x: "1" }, 0, undefined],
    ["a whole unit", { c: "4", d: "5" }, 4, 5],
    ["half of a unit", { c: "4" }, 4, undefined],
    ["a key of a deleted range", { b: "3", c: "4", d: "5" }, 0, undefined],
  ])("%s", (_, content, lengthMin, expected) => {
    expect(prefixThatMakes(new Map(Object.entries(content)), units, lengthMin)).toBe(expected);
  });

  test.each<[string, Record<string, string>, number, boolean]>([
    ["a beginning of each log", { a: "1", b: "3" }, 0, true],
    ["a beginning of each log, but not of what was promised", { a: "1", b: "3" }, 2, false],
    ["a write without the one before it in its log", { a: "2", c: "4", d: "5" }, 0, false],
    ["a whole prefix", { a: "2", b: "3" }, 0, true],
  ])("%s", (_, content, lengthMin, expected) => {
    const promised = { units, logEnds: [2] };
    expect(areBeginningsOfLogs(new Map(Object.entries(content)), promised, lengthMin)).toBe(expected);
  });

  test("a snapshot that sees what was written after it", async () => {
    const session = new CrashSession(tinyOptions("mvcc", "none", "none"), new MemoryFileSystem(), () => undefined);
    await session.run("put a; snapshot s; begin t; in t b ?a");
    expect(session.faults()).toEqual([]);
    const { writer } = session.db.engine;
    const write = { kind: ENTRY_KIND.put, key: Buffer.from("a"), value: Buffer.from("2") };
    writer.lastTimestamp = 0;
    writer.writeBatch([write], false);
    await session.run("put d");
    expect(session.wrongReads).toEqual([
      expect.stringMatching(/^s: a scan finds a=2 instead of a-0/),
      expect.stringMatching(/^s: get finds a=2/),
      expect.stringMatching(/^t: a scan finds a=2/),
      expect.stringMatching(/^t: get finds a=2/),
    ]);
  });
});
