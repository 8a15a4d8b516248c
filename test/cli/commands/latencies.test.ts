import { describe, expect, test } from "vitest";
import { counted, millisecondsText, percentText, sizeText } from "../../../src/cli/answers/quantity.ts";
import { boundedColumns, showsUnicode } from "../../../src/cli/answers/screen.ts";
import { Latencies } from "../../../src/cli/commands/latencies.ts";

describe("latencies", () => {
  test("are counted by command, in the order in which these came", () => {
    const latencies = new Latencies();
    latencies.record("put", 1);
    latencies.record("get", 1);
    latencies.record("put", 1);
    expect(latencies.summaries().map(({ command, count }) => `${command} ${count}`)).toEqual(["put 2", "get 1"]);
  });

  test("have percentiles that are at most a tenth too large, never beyond the largest", () => {
    const latencies = new Latencies();
    for (let milliseconds = 1; milliseconds <= 1000; milliseconds++) latencies.record("get", milliseconds);
    const [summary] = latencies.summaries();
    for (const [told, exact] of [
      [summary?.p50Ms, 500],
      [summary?.p90Ms, 900],
      [summary?.p99Ms, 990],
    ] as const) {
      expect(told).toBeGreaterThanOrEqual(exact);
      expect(told).toBeLessThanOrEqual(exact * 1.1);
    }
    expect(summary?.maxMs).toBe(1000);
  });

  test.each([0, 0.000_001, 0.3, 86_400_000])("of %s ms are taken as they are", (milliseconds) => {
    const latencies = new Latencies();
    latencies.record("get", milliseconds);
    expect(latencies.summaries()).toEqual([
      { command: "get", count: 1, p50Ms: milliseconds, p90Ms: milliseconds, p99Ms: milliseconds, maxMs: milliseconds },
    ]);
  });
});

describe("quantities", () => {
  test.each([
    [0, "0 B"],
    [1023, "1023 B"],
    [1024, "1.00 KiB"],
    [1536, "1.50 KiB"],
    [10_229, "9.99 KiB"],
    [10_240, "10.0 KiB"],
    [102_400, "100 KiB"],
    [1024 * 1024 - 1, "1.00 MiB"],
    [5 * 1024 ** 3, "5.00 GiB"],
    [5 * 1024 ** 5, "5120 TiB"],
  ])("%s bytes are %s", (bytes, text) => {
    expect(sizeText(bytes)).toBe(text);
  });

  test.each([
    [0.0004, "0.000"],
    [9.9994, "9.999"],
    [12.34, "12.3"],
    [12_345, "12345"],
  ])("%s ms are %s", (milliseconds, text) => {
    expect(millisecondsText(milliseconds)).toBe(text);
  });

  test("of things are counted, and shares of nothing are none", () => {
    expect([counted(0, "entry"), counted(1, "entry"), counted(2, "key")]).toEqual(["0 entries", "1 entry", "2 keys"]);
    expect([percentText(1, 3), percentText(0, 0)]).toEqual(["33.3%", "-"]);
  });
});

describe("a screen", () => {
  test.each([
    [undefined, 80],
    [Number.NaN, 80],
    [0, 80],
    [5, 20],
    [120, 120],
    [100_000, 400],
  ])("of %s columns has %s", (columns, bounded) => {
    expect(boundedColumns(columns)).toBe(bounded);
  });

  test.each<[NodeJS.ProcessEnv, boolean]>([
    [{}, true],
    [{ LANG: "" }, true],
    [{ LANG: "en_GB.UTF-8" }, true],
    [{ LANG: "C.utf8" }, true],
    [{ LANG: "C" }, false],
    [{ LANG: "en_GB.UTF-8", LC_ALL: "POSIX" }, false],
    [{ LANG: "C", LC_CTYPE: "C.UTF-8" }, true],
  ])("in the locale %j shows more than ASCII: %s", (variables, hasUnicode) => {
    expect(showsUnicode(variables)).toBe(hasUnicode);
  });
});
