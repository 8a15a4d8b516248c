import { createHash } from "node:crypto";
import { cpSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
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

/** Names, times and content of the files of a directory. */
function printOf(name: string): unknown {
  const path = join(directory.path, name);
  const files = readdirSync(path).map((file) => [
    file,
    statSync(join(path, file)).mtimeMs,
    createHash("sha256")
      .update(readFileSync(join(path, file)))
      .digest("hex"),
  ]);
  return [statSync(path).mtimeMs, files];
}

/** Changes bytes of a file of a database. */
function harm(name: string, change: (bytes: Buffer) => Buffer): void {
  const path = join(directory.path, name);
  writeFileSync(path, change(readFileSync(path)));
}

const flipAt =
  (at: number) =>
  (bytes: Buffer): Buffer => {
    const place = at < 0 ? bytes.length + at : at;
    bytes.writeUInt8(bytes.readUInt8(place) ^ 0x10, place);
    return bytes;
  };

async function scan(name: string): Promise<string> {
  const { stdout } = await run("--path", name, "--read-only", "--json", "-c", "scan");
  return stdout;
}

/** A database with tables, deletes and a log. */
async function make(format: string): Promise<void> {
  const script = 'fill 1000 3999; flush; full_compaction; fill 1500 1600; del 1700; flush; put x y; put z "\\xff"';
  const { exitCode } = await run("--path", "a", "--format", format, "--enable-wal", "-c", script);
  expect(exitCode).toBe(0);
}

/** The table with the most in it, which lies deepest. */
function largestTable(): string {
  const names = readdirSync(join(directory.path, "a")).filter((file) => file.endsWith(".sst"));
  const size = (name: string): number => statSync(join(directory.path, "a", name)).size;
  return `a/${names.sort((left, right) => size(right) - size(left))[0]}`;
}

describe.each(FORMATS)("repair of %s", (format) => {
  test.each([
    ["the manifest", () => rmSync(join(directory.path, "a/MANIFEST"))],
    ["the footer of a table", () => harm(largestTable(), (bytes) => bytes.subarray(0, -7))],
    ["the index and the filter of a table", () => harm(largestTable(), flipAt(-40))],
  ])("loses nothing with %s, and what it makes is sound", async (_, damage) => {
    await make(format);
    const expected = await scan("a");
    damage();
    const before = printOf("a");
    expect((await run("verify", "a")).exitCode).toBe(4);
    const { stdout, stderr, exitCode } = await run("repair", "a", "--into", "b");
    expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
    expect(stdout).toMatch(new RegExp(`\\nread a \\(${format}\\): .+\\nmade b: .+; nothing was lost\\n$`));
    expect(printOf("a")).toEqual(before);
    expect((await run("verify", "b")).exitCode).toBe(0);
    expect(await scan("b")).toBe(expected);
  });

  test("says what of a damaged block was lost, with its keys", async () => {
    await make(format);
    harm(largestTable(), flipAt(5000));
    const { stdout, exitCode } = await run("repair", "a", "--into", "b", "--json");
    const answer = JSON.parse(stdout);
    expect(exitCode).toBe(4);
    expect(answer).toMatchObject({
      format,
      lossCount: 1,
      losses: [{ offset: expect.any(Number), sizeBytes: expect.any(Number) }],
    });
    const { first, last } = answer.losses[0].keys;
    const found: { key: string }[] = JSON.parse(await scan("b")).entries;
    const keys = new Set(found.map(({ key }) => key));
    for (let key = 1000; key < 4000; key++) {
      const isLost = String(key) >= first && String(key) <= last;
      // What the newer table says of it is not lost.
      const isThere = key !== 1700 && (!isLost || (key >= 1500 && key <= 1600));
      expect([key, keys.has(String(key))]).toEqual([key, isThere]);
    }
    expect((await run("verify", "b")).exitCode).toBe(0);
  });

  test("is refused while somebody has it open, over anything, and in place", async () => {
    await make(format);
    const other = startShell(directory.path, "--path", "a");
    other.send("get x\n");
    await other.until('x=b"y"');
    expect(await run("repair", "a", "--into", "b")).toMatchObject({
      exitCode: 3,
      stderr: expect.stringMatching(/^error: a is in use by /),
    });
    await other.finish("quit\n");
    expect((await run("repair", "a", "--into", "a")).exitCode).toBe(2);
    expect((await run("repair", "a", "--into", "a/b")).exitCode).toBe(2);
    expect((await run("repair", "a", "--into", ".")).exitCode).toBe(2);
    expect(readdirSync(directory.path)).toEqual(["a"]);
  });
});

describe.skipIf(!hasGolden)("repair of what the reference wrote", () => {
  const golden = fileURLToPath(new URL("../../../shared/golden/db/", import.meta.url));

  test("brings back all of it without its manifest, and leaves it as it was", async () => {
    const names = goldenNames("mvcc").filter((name) => /(?:mixed|multi|versions)/.test(name));
    expect(names.length).toBeGreaterThan(3);
    for (const name of names) {
      cpSync(join(golden, name, "db"), join(directory.path, name), { recursive: true });
      const expected = await scan(name);
      rmSync(join(directory.path, name, "MANIFEST"));
      const before = printOf(name);
      const { exitCode } = await run("repair", name, "--into", `${name}.new`);
      expect([name, exitCode]).toEqual([name, 0]);
      expect(printOf(name)).toEqual(before);
      expect(await scan(`${name}.new`)).toBe(expected);
      expect((await run("verify", `${name}.new`)).exitCode).toBe(0);
    }
  });

  test("takes what is whole of a damaged log", async () => {
    for (const name of goldenNames("").filter((each) => each.endsWith("wal-corrupt"))) {
      cpSync(join(golden, name, "db"), join(directory.path, name), { recursive: true });
      const { stdout, exitCode } = await run("repair", name, "--into", `${name}.new`, "--json");
      expect([name, exitCode]).toEqual([name, 4]);
      expect(JSON.parse(stdout)).toMatchObject({
        lossCount: 1,
        losses: [{ file: expect.stringMatching(/\.wal$/), offset: expect.any(Number) }],
      });
      expect((await run("verify", `${name}.new`)).exitCode).toBe(0);
    }
  });
});
