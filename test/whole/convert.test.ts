import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, symlinkSync, watch } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  PROGRAM,
  RunningProgram as Program,
  type RunningProgram,
  startShell,
  WorkingDirectory,
} from "./shell-program.ts";

const FORMATS = ["plain", "mvcc", "native"] as const;

let directory: WorkingDirectory;
beforeEach(() => {
  directory = new WorkingDirectory();
});
afterEach(() => directory.dispose());

const names = (of = "."): string[] => readdirSync(join(directory.path, of)).sort();
const convert = (...argv: string[]): RunningProgram => startShell(directory.path, "convert", ...argv);
const shell = (...argv: string[]) => startShell(directory.path, ...argv).finish();

/** What `scan` of a database answers. */
async function scan(path: string): Promise<string> {
  const { stdout } = await shell("--path", path, "--read-only", "-c", "scan");
  return stdout.replace(/^\d+ SSTs opened\n(\d+ WALs recovered\n)?/, "");
}

describe("convert", () => {
  test("copies tables and logs, and what it made goes on as a database", async () => {
    await shell("--path", "a", "--enable-wal", "-c", "fill 1 2000; flush; fill 500 600; del 7; put x y");
    expect(await convert("a", "b", "--format", "mvcc").finish()).toMatchObject({
      stdout: expect.stringMatching(
        /^converted a \(plain, \d+ bytes on disk\) to b \(mvcc, \d+ bytes on disk\): 2000 entries, .+\n$/,
      ),
      stderr: "",
      exitCode: 0,
      signal: null,
    });
    expect(await scan("b")).toBe(await scan("a"));
    expect(names()).toEqual(["a", "b"]);
    const { stdout, stderr, exitCode } = await shell("--path", "b", "--enable-wal", "-c", "put 7 back; get 7; get 500");
    expect(stdout).toContain('7 put\n7=b"back"\n500=b"value500@2"\n');
    expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
  });

  test("answers one JSON object with --json, and an error on stderr alone", async () => {
    await shell("--path", "a", "-c", "fill 1 3");
    const { stdout, stderr, exitCode } = await convert("a", "b", "--format", "plain", "--json").finish();
    expect(JSON.parse(stdout)).toMatchObject({ entries: 3, keyBytes: 3, valueBytes: 24, to: { format: "plain" } });
    expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
    expect(await convert("a", "b", "--format", "plain", "--json").finish()).toEqual({
      stdout: "",
      stderr: "error: b is not empty, it holds 00000.sst: a conversion replaces nothing\n",
      exitCode: 3,
      signal: null,
    });
  });

  test("has done its work even when nobody reads the answer", async () => {
    await shell("--path", "a", "-c", "fill 1 3");
    const line = `"$0" "$1" convert a b --format mvcc | true; echo "status \${PIPESTATUS[0]}"`;
    const { stdout } = await new Program("bash", ["-c", line, process.execPath, PROGRAM], directory.path).finish();
    expect(stdout).toBe("status 0\n");
    expect(await scan("b")).toBe(await scan("a"));
  });

  test.each([
    ["an empty value", 'put "\\x00key" ""', '"\\0key": a key of 4 bytes with a value of 0 bytes does not fit'],
    ["an empty key", 'put "" v', '"": a key of 0 bytes with a value of 1 byte does not fit'],
    ["a long value", `put k ${"v".repeat(65_536)}`, '"k": a key of 1 byte with a value of 65536 bytes does not fit'],
  ])("refuses %s that the format cannot hold, by its key and sizes", async (_, put, expected) => {
    const { stderr: trouble } = await shell("--path", "a", "--format", "native", "-c", `fill 1 3; ${put}`);
    expect(trouble).toBe("");
    for (const format of ["plain", "mvcc"]) {
      const { stdout, stderr, exitCode } = await convert("a", "b", "--format", format).finish();
      expect(stderr).toMatch(/^error: .+\n$/);
      expect(stderr).toContain(`error: ${expected} into the format ${format}: `);
      expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 1 });
      expect(names()).toEqual(["a"]);
    }
    expect((await convert("a", "b", "--format", "native").finish()).exitCode).toBe(0);
    expect(await scan("b")).toBe(await scan("a"));
  });

  test("refuses one directory in another, however it is spelled", async () => {
    await shell("--path", "a", "-c", "fill 1 3");
    symlinkSync("a", join(directory.path, "link"));
    const before = names("a");
    for (const to of ["a", "./a/", "link", join(directory.path, "a"), "a/b", "link/b", "."]) {
      const { stderr, exitCode } = await convert("a", to, "--format", "mvcc").finish();
      expect(stderr).toMatch(/^error: .+ (are the same directory|lies inside .+)\n$/);
      expect(exitCode).toBe(2);
    }
    expect(names("a")).toEqual(before);
    expect(names()).toEqual(["a", "link"]);
  });

  test("refuses a database that another process has open", async () => {
    const holder = startShell(directory.path, "--path", "a");
    holder.send("fill 1 3\n");
    await holder.until("3 values filled");
    const { stdout, stderr, exitCode } = await convert("a", "b", "--format", "mvcc").finish();
    expect(stderr).toMatch(/^error: a is in use by process \d+ .+\n$/);
    expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 3 });
    await holder.finish();
    expect(names()).toEqual(["a"]);
  });

  test("reads a database that it may not write to", async ({ skip }) => {
    skip(process.getuid?.() !== 0, "only root can become somebody else");
    await shell("--path", "a", "-c", "fill 1 3");
    mkdirSync(join(directory.path, "theirs"));
    execFileSync("chmod", ["-R", "go+rX", directory.path]);
    execFileSync("chmod", ["777", join(directory.path, "theirs")]);
    const asNobody = (...argv: string[]) =>
      spawnSync(process.execPath, [PROGRAM, ...argv], {
        cwd: directory.path,
        encoding: "utf8",
        uid: 65_534,
        gid: 65_534,
      });
    skip(asNobody("--version").status !== 0, "the program lies where only root can read");
    const { stderr, status } = asNobody("convert", "a", "theirs/b", "--format", "mvcc");
    expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
    expect(await scan("theirs/b")).toBe(await scan("a"));
  });
});

describe("convert that is stopped", () => {
  /** A database, `a`, whose conversion takes about a second. */
  let place: WorkingDirectory;
  beforeAll(async () => {
    place = new WorkingDirectory();
    await startShell(place.path, "--path", "a", "-c", "fill 1 500000").finish();
  });
  afterAll(() => place.dispose());

  /** A conversion to `b` that has just made its working directory. */
  async function begin(): Promise<RunningProgram> {
    const hasBegun = new Promise<void>((resolve) => {
      const watcher = watch(place.path, () => {
        if (!readdirSync(place.path).includes("b.unfinished")) return;
        watcher.close();
        resolve();
      });
    });
    const program = startShell(place.path, "convert", "a", "b", "--format", "mvcc");
    await hasBegun;
    return program;
  }

  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const)("by %s leaves nothing behind", async (signal, exitCode) => {
    const program = await begin();
    program.process.kill(signal);
    expect(await program.finish()).toEqual({
      stdout: "",
      stderr: "convert interrupted: b was not made\n",
      exitCode,
      signal: null,
    });
    expect(readdirSync(place.path)).toEqual(["a"]);
  });

  test("by SIGKILL leaves no database, and the next one clears away what it left", async () => {
    const program = await begin();
    program.process.kill("SIGKILL");
    await program.ended;
    expect(readdirSync(place.path).sort()).toEqual(["a", "b.unfinished"]);
    const opened = startShell(place.path, "--path", "b.unfinished", "--read-only", "-c", "scan");
    expect((await opened.finish()).stderr).toContain("holds no database");

    const next = await startShell(place.path, "convert", "a", "b", "--format", "mvcc").finish();
    expect(next).toMatchObject({ stdout: expect.stringContaining(": 500000 entries,"), exitCode: 0 });
    expect(readdirSync(place.path).sort()).toEqual(["a", "b"]);
  });
});

test("conversions over any formats end with what they began with", async () => {
  let number = 0;
  const word = fc.stringMatching(/^[a-z]{1,3}$/);
  const command = fc.oneof(
    fc.tuple(word, word).map(([key, value]) => `put ${key} ${value}`),
    word.map((key) => `del ${key}`),
    fc.integer({ min: 1, max: 900 }).map((from) => `fill ${from} ${from + 100}`),
    fc.constant("flush"),
  );
  const format = fc.constantFrom(...FORMATS);
  const formats = fc.tuple(format, format, format);
  const property = fc.asyncProperty(fc.array(command, { maxLength: 30 }), formats, async (commands, [a, b, c]) => {
    const [first, second, third] = ["a", "b", "c"].map((name) => `${name}${number}`) as [string, string, string];
    number++;
    await shell("--path", first, "--format", a, "--enable-wal", "-c", ["fill 5 6", ...commands].join("; "));
    for (const [from, to, format] of [
      [first, second, b],
      [second, third, c],
    ] as const) {
      expect(await convert(from, to, "--format", format).finish()).toMatchObject({ stderr: "", exitCode: 0 });
    }
    const content = await scan(first);
    expect(content).toContain("keys scanned");
    expect(await scan(third)).toBe(content);
  });
  await fc.assert(property, { numRuns: 6 });
});
