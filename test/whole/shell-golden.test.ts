import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Ended, startShell, WorkingDirectory } from "./shell-program.ts";

const transcripts = new URL("../../../shared/golden/transcripts/", import.meta.url);
const isPresent = existsSync(transcripts);

let directory: WorkingDirectory;
beforeEach(() => {
  directory = new WorkingDirectory();
});
afterEach(() => directory.dispose());

function read(name: string, file: string): string {
  return readFileSync(new URL(`${name}/${file}`, transcripts), "utf8");
}

/** Runs the session of a transcript on the files that the one before it left. */
function run(name: string): Promise<Ended> {
  const argv = read(name, "args").split("\n").filter(Boolean);
  return startShell(directory.path, ...argv).finish(readFileSync(new URL(`${name}/stdin`, transcripts)));
}

/** Names and sizes as `files_after` has them. */
function filesNow(folder: string): string {
  const names = readdirSync(join(directory.path, folder)).sort();
  return names.map((name) => `${folder}/${name} ${statSync(join(directory.path, folder, name)).size}\n`).join("");
}

describe.skipIf(!isPresent)("sessions of the reference", () => {
  test.each([
    "big-fill-none-quit",
    "blank-lines",
    "case-insensitive",
    "close",
    "crlf",
    "delete-flow",
    "dump-empty-none",
    "fill-max",
    "fill-single",
    "full-compaction-all-deleted",
    "full-compaction-none",
    "quit-flushes-memtable",
    "scan-empty-db",
    "scan-lexicographic",
    "scan-outside",
    "scan-reversed",
    "seed-none",
  ])("%s: the answers and the files are the same", async (name) => {
    expect(await run(name)).toEqual({ stdout: read(name, "stdout"), stderr: "", exitCode: 0, signal: null });
    expect(filesNow("db")).toBe(read(name, "files_after"));
  });

  test.each([
    ["quit-flushes-memtable", "quit-flushes-memtable-reopen"],
    ["big-fill-none-quit", "big-fill-none-reopen"],
  ])("%s, %s: the data is there again", async (first, second) => {
    await run(first);
    expect(await run(second)).toMatchObject({ stdout: read(second, "stdout"), stderr: "", exitCode: 0 });
  });

  test("eof-loses-memtable-reopen: nothing was lost at the end of input", async () => {
    await run("eof-loses-memtable");
    const { stdout } = await run("eof-loses-memtable-reopen");
    expect(stdout).toContain("1 SSTs opened\n");
    expect(stdout).toContain('b"1"=b"value1@0"\nb"2"=b"value2@0"\nb"3"=b"value3@0"\n\n3 keys scanned\n');
  });

  test("full-compaction-reopen: a compacted database opens again", async () => {
    await run("full-compaction-none");
    const { stdout, stderr, exitCode } = await run("full-compaction-reopen");
    expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
    expect(stdout).toContain("1 SSTs opened\n");
    expect(stdout).toContain('60 not exist\n61=b"value61@2"\n');
    expect(stdout).toContain("\n148 keys scanned\n");
  });

  test("full-compaction-all-deleted-reopen: an empty database opens again", async () => {
    await run("full-compaction-all-deleted");
    const { stdout, exitCode } = await run("full-compaction-all-deleted-reopen");
    expect(stdout).toContain("0 SSTs opened\n");
    expect(stdout).toContain("\n0 keys scanned\n");
    expect(exitCode).toBe(0);
  });

  test("path-nested: directories on the way are made", async () => {
    expect(await run("path-nested")).toMatchObject({ stdout: read("path-nested", "stdout"), exitCode: 0 });
  });

  test("path-is-file: one line names the path, and the file is left alone", async () => {
    const { stdout, stderr, exitCode } = await run("path-is-file");
    expect(stdout).toBe("");
    expect(stderr).toMatch(/^error: cannot open \/etc\/hostname: .+\n$/);
    expect(exitCode).toBe(3);
  });
});
