import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const PROGRAM = fileURLToPath(new URL("level-suite-program.cjs", import.meta.url));
/** So many are run for classic-level 3.0.0, with the same flags in its manifest. */
const ASSERTIONS_OF_CLASSIC_LEVEL = 5168;

describe("abstract-level's test suite", () => {
  const directory = mkdtempSync(join(tmpdir(), "mini-lsm-level-suite-"));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  let tap = "";
  let code: unknown = 0;
  beforeAll(async () => {
    const run = promisify(execFile)(process.execPath, [PROGRAM, directory], { maxBuffer: 100 * 1024 * 1024 });
    ({ stdout: tap } = await run.catch((error) => {
      code = error.code;
      return error;
    }));
  });

  const counted = (what: string): number => Number(new RegExp(`^# ${what} +(\\d+)$`, "m").exec(tap)?.[1] ?? 0);

  test("finds nothing wrong", () => {
    expect(tap.match(/^not ok .*$/gm) ?? []).toEqual([]);
    expect(counted("fail")).toBe(0);
    expect(code).toBe(0);
  });

  test("runs all that it runs for classic-level, and skips nothing", () => {
    expect(counted("tests")).toBeGreaterThanOrEqual(ASSERTIONS_OF_CLASSIC_LEVEL);
    expect(counted("pass")).toBe(counted("tests"));
    expect(tap.match(/# SKIP/gi) ?? []).toEqual([]);
  });
});
