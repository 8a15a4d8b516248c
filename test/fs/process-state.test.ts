import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { processState, startFromPs } from "../../src/fs/process-state.ts";

test("this process runs, and its start stays the same", () => {
  const state = processState(process.pid);
  expect(state.running).toBe(true);
  expect(processState(process.pid)).toEqual(state);
});

test.skipIf(process.platform !== "linux")("Linux tells two processes apart by their start", () => {
  const [own, parent] = [processState(process.pid), processState(process.ppid)];
  expect(own).toEqual({ running: true, start: expect.stringMatching(/^\d+$/) });
  expect(parent).not.toEqual(own);
});

test("a process that ended does not run", () => {
  const { pid } = spawnSync(process.execPath, ["--version"]);
  expect(pid).toBeGreaterThan(0);
  expect(processState(pid)).toEqual({ running: false });
});

const hasPs = spawnSync("ps", ["-o", "pid="]).status === 0;

test.skipIf(!hasPs || process.platform === "win32")(
  "ps tells a start that does not depend on zone and language",
  () => {
    const zone = process.env.TZ;
    const start = startFromPs(process.pid);
    try {
      process.env.TZ = "Asia/Tokyo";
      expect(start).toMatch(/\d\d:\d\d:\d\d/);
      expect(startFromPs(process.pid)).toBe(start);
    } finally {
      if (zone === undefined) delete process.env.TZ;
      else process.env.TZ = zone;
    }
    expect(startFromPs(2 ** 22 + 1)).toBeNull();
  },
);
