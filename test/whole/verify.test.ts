import { cpSync, readFileSync, writeFileSync } from "node:fs";
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

const verify = (...argv: string[]) => startShell(directory.path, "verify", ...argv).finish();
const shell = (...argv: string[]) => startShell(directory.path, ...argv).finish();

function flip(name: string, at: number): void {
  const path = join(directory.path, name);
  const bytes = readFileSync(path);
  bytes[at] = (bytes[at] ?? 0) ^ 0x10;
  writeFileSync(path, bytes);
}

describe("verify", () => {
  test.each(["plain", "mvcc", "native"])(
    "finds nothing wrong in a database of %s, and then what was made wrong",
    async (format) => {
      await shell(
        "--path",
        "a",
        "--format",
        format,
        "--enable-wal",
        "-c",
        "fill 1 3000; flush; fill 500 600; del 7; put x y",
      );
      expect(await verify("a")).toMatchObject({
        stdout: expect.stringMatching(
          new RegExp(`^a \\(${format}\\): 1 table, \\d+ blocks, 3000 entries, .+: nothing is wrong\\n$`),
        ),
        stderr: "",
        exitCode: 0,
      });
      flip("a/00000.sst", 5000);
      const { stdout, stderr, exitCode } = await verify("a", "--json");
      expect(JSON.parse(stdout)).toMatchObject({
        format,
        faultCount: 1,
        faults: [{ file: "00000.sst", part: "block", problem: "the checksum of block 1 does not match" }],
      });
      expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 4 });
    },
  );

  test("refuses a database that another process has open", async () => {
    await shell("--path", "a", "-c", "fill 1 3");
    const other = startShell(directory.path, "--path", "a");
    other.send("get 1\n");
    await other.until('b"value1@0"');
    const { stdout, stderr, exitCode } = await verify("a");
    await other.finish("quit\n");
    expect(stderr).toMatch(/^error: a is in use by process \d+.*\n$/);
    expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 3 });
  });

  test.skipIf(!hasGolden)(
    "finds nothing wrong in what the reference wrote, but for what was damaged on purpose",
    async () => {
      const golden = fileURLToPath(new URL("../../../shared/golden/db/", import.meta.url));
      const damaged: string[] = [];
      for (const name of goldenNames("")) {
        cpSync(join(golden, name, "db"), join(directory.path, name), { recursive: true });
        const { exitCode } = await verify(name);
        if (exitCode !== 0) damaged.push(`${name}: ${exitCode}`);
      }
      expect(damaged).toEqual(["mvcc-none-wal-corrupt: 4", "plain-none-wal-corrupt: 4"]);
    },
  );
});
