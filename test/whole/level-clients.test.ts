import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { npm, packInto, unpackInto } from "../support/registry.ts";

/** A package of its own, with clients for dependencies; where they import `level` they get ours. */
const CLIENTS = fileURLToPath(new URL("../level-clients/", import.meta.url));

const folder = mkdtempSync(join(tmpdir(), "mini-lsm-clients-"));
/** Why there are no clients to run. */
let refusal: string | undefined;

beforeAll(() => {
  cpSync(CLIENTS, folder, { recursive: true, filter: (path) => basename(path) !== "node_modules" });
  refusal = npm(folder, "ci", "--ignore-scripts", "--omit=optional");
  if (refusal !== undefined) return;
  const installed = join(folder, "node_modules/mini-lsm-cli");
  mkdirSync(installed, { recursive: true });
  unpackInto(installed, packInto(folder), folder);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a program in the folder to its end. */
function run(...args: string[]): Promise<{ status: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const program = spawn(process.execPath, args, { cwd: folder, stdio: ["ignore", "pipe", "inherit"] });
    let output = "";
    program.stdout.setEncoding("utf8").on("data", (text) => {
      output += text;
    });
    program.on("error", reject).on("close", (status) => resolve({ status, output }));
  });
}

describe("programs written for level", () => {
  test("run on it unchanged: y-leveldb, by its own tests", async ({ skip }) => {
    skip(refusal !== undefined, refusal);
    const { status, output } = await run("node_modules/y-leveldb/dist/test.cjs");
    expect(output).toContain("All tests successful!");
    expect(output.match(/^Success: /gm)).toHaveLength(6);
    expect(status).toBe(0);
    // The name is the tests' own, and the file is none that LevelDB makes.
    expect(existsSync(join(folder, "tmp-leveldb-storage/MANIFEST"))).toBe(true);
  });

  test.for([
    ["datastore-level, by the conformance suite of datastores", "datastore-level.test.js", 42],
    ["level-read-stream", "level-read-stream.test.js", 3],
    ["quadstore", "quadstore.test.js", 5],
  ] as const)("run on it unchanged: %s", async ([, file, tests], { skip }) => {
    skip(refusal !== undefined, refusal);
    const { output } = await run("node_modules/mocha/bin/mocha.js", "--reporter", "json", file);
    const { stats, failures } = JSON.parse(output);
    expect(failures).toEqual([]);
    expect(stats).toMatchObject({ tests, passes: tests, pending: 0, failures: 0 });
  });
});

describe("a LevelDB database", () => {
  const CLI = "node_modules/mini-lsm-cli/bin/mini-lsm-cli.js";
  /** Entries of all lengths and bytes: number I has the key I as text, and I bytes of value, all of them I. */
  const fill = `
    const { ClassicLevel } = require("classic-level");
    const db = new ClassicLevel("old", { keyEncoding: "buffer", valueEncoding: "buffer" });
    (async () => {
      for (let i = 0; i < 3000; i++) await db.put(Buffer.from([i >> 8, i & 255]), Buffer.alloc(i, i & 255));
      await db.del(Buffer.from([0, 7]));
      await db.close();
    })();`;
  const check = `
    const { MiniLsm } = require("mini-lsm-cli");
    (async () => {
      const db = await MiniLsm.open("new", { readOnly: true });
      let wrong = 0, count = 0;
      for (const [key, value] of db.scan()) {
        const i = key[0] * 256 + key[1];
        if (value.length !== i || value.some((byte) => byte !== (i & 255))) wrong++;
        count++;
      }
      console.log(JSON.stringify({ format: db.format, count, wrong, deleted: db.has(Buffer.from([0, 7])) }));
      await db.close();
    })();`;

  test("becomes one of ours by one command, through its own package", async ({ skip }) => {
    skip(refusal !== undefined, refusal);
    expect((await run("-e", fill)).status).toBe(0);
    const imported = await run(CLI, "import", "new", "--from", "classic-level", "old", "--json");
    expect(imported.status).toBe(0);
    expect(JSON.parse(imported.output)).toMatchObject({ format: "native", entries: 2999, keyBytes: 5998 });
    expect(JSON.parse((await run("-e", check)).output)).toEqual({
      format: "native",
      count: 2999,
      wrong: 0,
      deleted: false,
    });
    expect(await run(CLI, "verify", "new")).toMatchObject({ status: 0 });
    expect((await run(CLI, "import", "new", "--from", "classic-level", "old")).status).toBe(3);
  });
});
