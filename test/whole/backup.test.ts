import { cpSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { goldenNames, hasGolden } from "../support/engine-golden.ts";
import { startShell, WorkingDirectory } from "./shell-program.ts";

let directory: WorkingDirectory;
beforeEach(() => {
  directory = new WorkingDirectory();
});
afterEach(() => directory.dispose());

const run = (...argv: string[]) => startShell(directory.path, ...argv).finish();

const FORMATS = ["plain", "mvcc", "native"] as const;

/** Names, sizes and times of the files of a directory. */
function printOf(name: string): unknown {
  const path = join(directory.path, name);
  return readdirSync(path).map((file) => {
    const { size, mtimeMs } = statSync(join(path, file));
    return [file, size, mtimeMs];
  });
}

describe("backup", () => {
  test.each(FORMATS)("of %s, while another process writes, holds a prefix of what it wrote", async (format) => {
    const writer = startShell(
      directory.path,
      "--path",
      "a",
      "--format",
      format,
      "--enable-wal",
      "--target-sst-size",
      "64k",
    );
    writer.send("fill 1000000 1040000\nfill 1040001 1160000\n");
    await writer.until("values filled");
    const backup = await run("backup", "a", "--into", "b");
    const writerEnd = await writer.finish();
    expect(backup).toMatchObject({ stderr: "", exitCode: 0, stdout: expect.stringMatching(/nothing is wrong\n$/) });
    expect(writerEnd).toMatchObject({ stderr: "", exitCode: 0 });
    expect(await run("verify", "b")).toMatchObject({ exitCode: 0, stdout: expect.not.stringContaining("note:") });
    const { stdout } = await run("--path", "b", "--json", "-c", "scan --keys");
    const keys: { key: string }[] = JSON.parse(stdout).entries;
    expect(keys.length).toBeGreaterThanOrEqual(40_001);
    expect(keys.map(({ key }) => key)).toEqual(keys.map((_, index) => String(1_000_000 + index)));
  });

  test.each(FORMATS)("of %s in the shell holds what is only in memory, too", async (format) => {
    const { stdout, stderr, exitCode } = await run(
      "--path",
      "a",
      "--format",
      format,
      "-c",
      "put a 1; flush; put b 2; backup b; put c 3; backup b",
    );
    expect(stdout).toMatch(/\nbacked up to b: 2 tables, 2 entries, \d.* KiB|B, nothing is wrong\n/);
    expect(stderr).toMatch(
      /^error: line 1, column \d+: b is not empty, it holds .+: a backup replaces nothing\n$|^error: .*b is not empty/,
    );
    expect(exitCode).toBe(1);
    expect((await run("verify", "b")).exitCode).toBe(0);
    expect((await run("--path", "b", "-c", "scan --keys")).stdout).toMatch(/\nb"a"\nb"b"\n\n2 keys scanned\n$/);
    expect(readdirSync(directory.path).sort()).toEqual(["a", "b"]);
  });

  test.skipIf(!hasGolden)("of what the reference wrote is sound, but where that was damaged on purpose", async () => {
    const golden = fileURLToPath(new URL("../../../shared/golden/db/", import.meta.url));
    const refused: string[] = [];
    for (const name of goldenNames("")) {
      cpSync(join(golden, name, "db"), join(directory.path, name), { recursive: true, preserveTimestamps: true });
      const before = printOf(name);
      const { exitCode } = await run("backup", name, "--into", `${name}.copy`);
      if (exitCode !== 0) refused.push(`${name}: ${exitCode}`);
      expect(printOf(name)).toEqual(before);
    }
    expect(refused).toEqual(["mvcc-none-wal-corrupt: 4", "plain-none-wal-corrupt: 4"]);
  });
});
