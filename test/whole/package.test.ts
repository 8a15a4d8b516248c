import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { npm, type Packed, packInto } from "../support/registry.ts";

const PROJECT = fileURLToPath(new URL("../../", import.meta.url));
const ATTW = join(PROJECT, "node_modules/@arethetypeswrong/cli/dist/index.js");
const manifest = JSON.parse(readFileSync(join(PROJECT, "package.json"), "utf8"));

/** Installed beside `level`, the store for it must not be what people notice. The live page comes on top. */
const UNPACKED_BYTES_MAX = 1_000_000;
const PAGE_BYTES_MAX = 150_000;

/** What `import` needs of classic-level, whose own binary need not fit this machine. */
const CLASSIC_LEVEL = `exports.ClassicLevel = class {
  async open() {}
  async close() {}
  iterator() {
    const entries = [["a", "1"], ["b", "2"]].map((entry) => entry.map((text) => Buffer.from(text)));
    return { nextv: async () => entries.splice(0), close: async () => {} };
  }
};`;

const folder = mkdtempSync(join(tmpdir(), "mini-lsm-package-"));
let packed: Packed;
/** Why the tarball could not be installed, when the reason is the network and not the package. */
let refusal: string | undefined;

beforeAll(() => {
  packed = packInto(folder);
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
  refusal = npm(folder, "install", join(folder, packed.filename));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the tarball", () => {
  test("holds the program, the library with its types, and what a reader needs", () => {
    const paths = packed.files.map((file) => file.path);
    expect(paths).toEqual(
      expect.arrayContaining([
        "package.json",
        "README.md",
        "LICENSE",
        "CHANGELOG.md",
        "bin/mini-lsm-cli.js",
        "dist/cjs/index.js",
        "dist/cjs/index.d.ts",
        "dist/esm/index.js",
        "dist/esm/index.d.ts",
        "dist/cjs/level.js",
        "dist/cjs/level.d.ts",
        "dist/esm/level.js",
        "dist/esm/level.d.ts",
        "dist/program/main.js",
        "docs/errors.md",
        "docs/level.md",
        "bin/package.json",
        "dist/program/package.json",
      ]),
    );
  });
  test("holds no sources, tests, benchmarks or settings", () => {
    const allowed = /^(?:package\.json|README\.md|LICENSE|CHANGELOG\.md|UPGRADING\.md|(?:bin|dist|docs)\/.+)$/;
    expect(packed.files.map((file) => file.path).filter((path) => !allowed.test(path))).toEqual([]);
  });
  test("takes less than a megabyte, and holds the engine once", () => {
    const pageBytes = packed.files.reduce((sum, { path, size }) => sum + (path.startsWith("dist/page/") ? size : 0), 0);
    expect(packed.unpackedSize - pageBytes).toBeLessThan(UNPACKED_BYTES_MAX);
    expect(pageBytes).toBeLessThan(PAGE_BYTES_MAX);
    const bundles = packed.files.map(({ path }) => path).filter((path) => /^dist\/.*\.js$/.test(path));
    // Methods, whose names are kept: one of the database, of its block cache, and of the store for level.
    const holders = (method: string): string[] =>
      bundles.filter((path) =>
        new RegExp(`\\b${method}\\([^()]*\\)\\{`).test(readFileSync(join(PROJECT, path), "utf8")),
      );
    expect(holders("describeTable")).toEqual(["dist/cjs/engine.js"]);
    expect(holders("insertMarked")).toEqual(["dist/cjs/engine.js"]);
    expect(holders("_chainedBatch")).toEqual(["dist/cjs/level.js"]);
  });
  test("shows what its classes are called", async () => {
    const { LsmError, MiniLsm } = await import(join(PROJECT, "dist/esm/index.js"));
    expect([MiniLsm.name, LsmError.name]).toEqual(["MiniLsm", "LsmError"]);
  });
  test("holds the live page, and passes on the licences of what is bundled in it", () => {
    const page = packed.files.map(({ path }) => path).filter((path) => path.startsWith("dist/page/"));
    expect(page.map((path) => path.replace("dist/page/", "")).sort()).toEqual([
      "icon.svg",
      "index.html",
      "licenses.txt",
      "page.css",
      "page.js",
    ]);
    const licences = readFileSync(join(PROJECT, "dist/page/licenses.txt"), "utf8");
    for (const name of ["preact", "@preact/signals", "@preact/signals-core"]) {
      expect(licences).toContain(`node_modules/${name}\n\nThe MIT License (MIT)`);
    }
  });
  test("runs nothing when it is installed, and is no native code", () => {
    const scripts = Object.keys(manifest.scripts);
    expect(scripts).toContain("test");
    expect(scripts.filter((name) => /^(?:pre|post)?install$|^prepare$/.test(name))).toEqual([]);
    expect(packed.files.filter((file) => /\.(?:node|gyp|c|cc|h)$/.test(file.path))).toEqual([]);
  });
});

describe("the tarball as others load it", () => {
  test("has no fault that publint knows", async () => {
    const { messages } = await publint({ pkgDir: PROJECT, strict: true });
    expect(messages.map((message) => formatMessage(message, manifest))).toEqual([]);
  });
  test("gives every way of loading it the types that belong to it", () => {
    const options = ["--no-color", "--profile", "strict"];
    const result = spawnSync(process.execPath, [ATTW, join(folder, packed.filename), ...options], { encoding: "utf8" });
    expect(`${result.stdout}${result.stderr}`).toContain("No problems found");
    expect(result.status).toBe(0);
  });
});

describe("the installed package", () => {
  /** Runs a program in the folder of the installation, and fails with its stderr. */
  const run = (command: string, args: readonly string[], input = ""): string => {
    const result = spawnSync(command, args, { cwd: folder, encoding: "utf8", input });
    if (result.status !== 0)
      throw new Error(`${command} ${args.join(" ")} ended with ${result.status}: ${result.stderr}`);
    return result.stdout;
  };

  test("answers --version through npx", ({ skip }) => {
    skip(refusal !== undefined, refusal);
    expect(run("npx", ["--no-install", "mini-lsm-cli", "--version"])).toContain(manifest.version);
  });

  test("runs a piped session and finds its data again", ({ skip }) => {
    skip(refusal !== undefined, refusal);
    const args = ["--no-install", "mini-lsm-cli", "--path", "shell.db", "--compaction", "none"];
    expect(run("npx", args, "fill 1 3\nget 2\nflush\nquit\n")).toBe(
      [
        "Welcome to mini-lsm-cli!",
        "A CLI for mini-lsm",
        "",
        "3 values filled with epoch 0",
        '2=b"value2@0"',
        "flushed 0.sst with size=96",
        "flush success",
        "",
      ].join("\n"),
    );
    const again = run("npx", args, "get 3\nscan 2 9\n");
    expect(again).toContain('3=b"value3@0"\nb"2"=b"value2@0"\nb"3"=b"value3@0"\n\n2 keys scanned\n');
  });

  test("is the same library for ES modules and for require", ({ skip }) => {
    skip(refusal !== undefined, refusal);
    writeFileSync(
      join(folder, "both.cjs"),
      `const required = require("mini-lsm-cli");
      import("mini-lsm-cli").then((imported) => {
        for (const name of Object.keys(imported)) if (imported[name] !== required[name]) throw new Error(name);
        console.log(Object.keys(imported).includes("MiniLsm"));
      });`,
    );
    expect(run(process.execPath, ["both.cjs"])).toBe("true\n");
  });

  test("imports a LevelDB database through the package that the user has", ({ skip }) => {
    skip(refusal !== undefined, refusal);
    const level = join(folder, "node_modules/classic-level");
    mkdirSync(level, { recursive: true });
    writeFileSync(join(level, "package.json"), '{ "name": "classic-level", "main": "index.js" }');
    writeFileSync(join(level, "index.js"), CLASSIC_LEVEL);
    mkdirSync(join(folder, "old"));
    writeFileSync(join(folder, "old/CURRENT"), "MANIFEST-000001");
    const args = ["--no-install", "mini-lsm-cli", "import", "new.db", "--from", "classic-level", "old"];
    expect(run("npx", args)).toBe("imported old to new.db (native): 2 entries, 2 bytes of keys, 2 bytes of values\n");
  });

  test("says in one line that abstract-level is missing, where it is", ({ skip }) => {
    skip(refusal !== undefined, refusal);
    for (const [name, load] of [
      ["missing.cjs", 'try { require("mini-lsm-cli/level") } catch (error) { console.log(error.code, error.message) }'],
      ["missing.mjs", 'import("mini-lsm-cli/level").catch((error) => console.log(error.code, error.message))'],
    ] as const) {
      writeFileSync(join(folder, name), load);
      expect(run(process.execPath, [name])).toBe(
        "MODULE_NOT_FOUND mini-lsm-cli/level needs the package abstract-level: npm install abstract-level@3\n",
      );
    }
  });

  test("runs the README's example as a module", ({ skip }) => {
    skip(refusal !== undefined, refusal);
    const example = /```js\n([\s\S]*?)```/.exec(readFileSync(join(PROJECT, "README.md"), "utf8"))?.[1] ?? "";
    expect(example).toContain('from "mini-lsm-cli"');
    writeFileSync(join(folder, "example.js"), example);
    const shown = [...example.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map((match) => match[1]);
    expect(shown.length).toBeGreaterThan(0);
    expect(run(process.execPath, ["example.js"]).trimEnd().split("\n")).toEqual(shown);
  });
});
