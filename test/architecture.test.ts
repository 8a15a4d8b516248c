import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  asynchronousBreaches,
  effectBreaches,
  housekeepingBreaches,
  LAYERS,
  LINES_MAX,
  layerBreaches,
  packagesReachedFrom,
  printingBreaches,
  type Sources,
} from "./support/architecture.ts";
import { importedModules, readSource } from "./support/source-text.ts";

const SOURCE = new URL("../src/", import.meta.url);

function readSources(): Sources {
  const names = readdirSync(SOURCE, { recursive: true, encoding: "utf8" }).map((name) => name.replaceAll("\\", "/"));
  const files = names.filter((name) => name.endsWith(".ts")).sort();
  return new Map(files.map((name) => [name, readFileSync(new URL(name, SOURCE), "utf8")]));
}

const sources = readSources();

/** A tree of planted files: path, text, path, text, … */
function planted(...parts: string[]): Sources {
  return new Map(parts.flatMap((path, index) => (index % 2 === 0 ? [[path, parts[index + 1] ?? ""] as const] : [])));
}

describe("the sources", () => {
  test("are read, and every folder has its place in the layer table", () => {
    const folders = new Set([...sources.keys()].map((path) => path.split("/")[0]));
    expect(folders.size).toBeGreaterThan(5);
    expect([...folders].filter((folder) => !LAYERS.flat().includes(folder ?? ""))).toEqual([]);
  });
  test("import only their own folder and lower layers", () => {
    expect(layerBreaches(sources)).toEqual([]);
  });
  test("reach files, network, threads and terminal only from the layers that may", () => {
    expect(effectBreaches(sources)).toEqual([]);
  });
  test("are synchronous below the engine", () => {
    expect(asynchronousBreaches(sources)).toEqual([]);
  });
  test("print only in the shell", () => {
    expect(printingBreaches(sources)).toEqual([]);
  });
  test("need no package to run as a library", () => {
    expect(sources.has("index.ts")).toBe(true);
    expect(packagesReachedFrom(sources, "index.ts")).toEqual([]);
  });
  test("need one package to run as a store for level", () => {
    const packages = packagesReachedFrom(sources, "level.ts").map((breach) => breach.replace(/^.* imports /, ""));
    expect(new Set(packages)).toEqual(new Set(["abstract-level"]));
  });
  test("are short, named for a concept, and promise nothing", () => {
    expect(housekeepingBreaches(sources)).toEqual([]);
  });
});

describe("the layer rule", () => {
  test.each([
    ["its own folder", "block/block.ts", "./format.ts", "block/format.ts"],
    ["a lower layer", "engine/engine.ts", "../codec/bytes.ts", "codec/bytes.ts"],
    ["the left of its own row", "block/block.ts", "../iterator/cursor.ts", "iterator/cursor.ts"],
    ["a root file", "codec/bytes.ts", "../errors.ts", "errors.ts"],
  ])("allows %s", (_, from, name, target) => {
    expect(layerBreaches(planted(from, `import { a } from "${name}";`, target, ""))).toEqual([]);
  });
  test.each([
    ["a value", 'import { a } from "../engine/a.ts";'],
    ["a type", 'import type { A } from "../engine/a.ts";'],
    ["a re-export", 'export { a } from "../engine/a.ts";'],
    ["a bare import", 'import "../engine/a.ts";'],
    ["a dynamic import", 'const a = load(import("../engine/a.ts"));'],
    ["an import over several lines", 'import {\n  a,\n  b,\n} from "../engine/a.ts";'],
    ["an import type", 'let a: import("../engine/a.ts").A;'],
    ["an import after a regular expression with a quote", 'const q = /["`]/;\nimport { a } from "../engine/a.ts";'],
    ["an import inside a template's code", `const t = \`\${{ m: import("../engine/a.ts") }}\`;`],
  ])("refuses an upward import: %s", (_, text) => {
    const breaches = layerBreaches(planted("block/block.ts", text, "engine/a.ts", ""));
    expect(breaches).toEqual(["block/block.ts imports upward: engine/a.ts"]);
  });
  test("refuses the right of the same row", () => {
    const tree = planted("iterator/merge.ts", 'import { a } from "../block/block.ts";', "block/block.ts", "");
    expect(layerBreaches(tree)).toEqual(["iterator/merge.ts imports upward: block/block.ts"]);
  });
  test("refuses a file that is not there and a folder that is in no layer", () => {
    expect(layerBreaches(planted("block/a.ts", 'import "./b.ts";'))).toHaveLength(1);
    expect(layerBreaches(planted("drawer/a.ts", 'import "./b.ts";', "drawer/b.ts", ""))).toHaveLength(1);
  });
});

describe("the other rules", () => {
  test("refuse effects below their layers", () => {
    const text = 'import fs from "node:fs";\nimport "worker_threads";\nimport { crc32 } from "node:zlib";';
    expect(effectBreaches(planted("sstable/a.ts", text))).toEqual([
      "sstable/a.ts imports node:fs",
      "sstable/a.ts imports worker_threads",
    ]);
    expect(effectBreaches(planted("fs/a.ts", text))).toEqual([]);
  });
  test.each([
    ["async", "export async function a() {}"],
    ["Promise", "export let a: Promise<void>;"],
    ["await", "await a;"],
    ["setTimeout", "setTimeout(a, 1);"],
  ])("refuse %s below the engine", (word, text) => {
    expect(asynchronousBreaches(planted("write/a.ts", `\n${text}`))).toEqual([`write/a.ts:2 says ${word}`]);
    expect(asynchronousBreaches(planted("engine/a.ts", text, "fs/directory-lock.ts", text))).toEqual([]);
  });
  test("know a word in a comment or a string from one in code", () => {
    const text = '// await\n/* async */ const a = "Promise" + `await` + \'async\';\nconst b = /async "/; // Promise';
    expect(asynchronousBreaches(planted("write/a.ts", text))).toEqual([]);
    expect(asynchronousBreaches(planted("write/a.ts", `${text}\nawait b;`))).toHaveLength(1);
  });
  test("refuse printing outside the shell", () => {
    const text = "console.log(1);";
    expect(printingBreaches(planted("engine/a.ts", text))).toHaveLength(1);
    expect(printingBreaches(planted("engine/a.ts", "process.stderr.write(a);"))).toHaveLength(1);
    expect(printingBreaches(planted("cli/a.ts", text))).toEqual([]);
  });
  test("refuse a package anywhere behind the library's entry", () => {
    const tree = planted(
      "index.ts",
      'export { a } from "./engine/a.ts";\nimport "node:fs";',
      "engine/a.ts",
      'import chalk from "chalk";',
      "cli/a.ts",
      'import "commander";',
    );
    expect(packagesReachedFrom(tree, "index.ts")).toEqual(["engine/a.ts imports chalk"]);
  });
  test("refuse long files, drawers and promises", () => {
    expect(housekeepingBreaches(planted("block/a.ts", "x\n".repeat(LINES_MAX)))).toEqual([]);
    expect(housekeepingBreaches(planted("block/a.ts", "x\n".repeat(LINES_MAX + 1)))).toHaveLength(1);
    expect(housekeepingBreaches(planted("block/helpers/a.ts", ""))).toHaveLength(1);
    expect(housekeepingBreaches(planted("block/utils.ts", ""))).toHaveLength(1);
    expect(housekeepingBreaches(planted("block/a.ts", `// ${"TO"}DO: later`))).toHaveLength(1);
  });
});

describe("reading imports", () => {
  test("lists each once, in order, and none from comments or strings", () => {
    const text = [
      'import a from "a";',
      '// import b from "b";',
      "const c = 'from \"c\"';",
      `const d = \`import "d" and \${load("e")} from "f"\`;`,
      'const g = 4 / 2; import h from "h"; const i = g / 2;',
    ].join("\n");
    expect(importedModules(readSource(text))).toEqual(["a", "h"]);
  });
});
