import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { PROGRAM, RunningProgram, startShell, WorkingDirectory } from "./shell-program.ts";

let directory: WorkingDirectory;
beforeEach(async () => {
  directory = new WorkingDirectory();
  await startShell(directory.path, "--path", "a", "--enable-wal", "-c", "fill 1 3000; flush; put x y").finish();
});
afterEach(() => directory.dispose());

const inspect = (...argv: string[]) => startShell(directory.path, "inspect", ...argv).finish();

describe("inspect", () => {
  test("shows each kind of file, and the database", async () => {
    const sst = await inspect("sst", "a/00000.sst", "--entries");
    expect(sst.stdout).toMatch(/^ +0 {2}block 0: \d+ entries, .+\n +0 {4}put "1" = "value1@0"\n/);
    const wal = await inspect("wal", "a/00001.wal", "--json");
    expect(JSON.parse(wal.stdout).spans).toMatchObject([{ what: "put", key: "x", value: "y", offset: 0 }]);
    const manifest = await inspect("manifest", "a/MANIFEST");
    expect(manifest.stdout).toContain("flush: memtables [0] become table [0]\n");
    const db = await inspect("db", "a");
    expect(db.stdout).toMatch(/^a: plain, 1 table of \d+ bytes\n/);
    for (const { stderr, exitCode } of [sst, wal, manifest, db])
      expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
  });

  test("ends well when its reader has seen enough", async () => {
    const line = `"$0" "$1" inspect sst a/00000.sst --bytes | head -n 1; echo "status \${PIPESTATUS[0]}"`;
    const { stdout } = await new RunningProgram(
      "bash",
      ["-c", line, process.execPath, PROGRAM],
      directory.path,
    ).finish();
    expect(stdout).toMatch(/^ +0 {2}block 0: .+\nstatus 0\n$/);
  });
});
