import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const PROJECT = fileURLToPath(new URL("../../", import.meta.url));
/** Texts whose `js` blocks are whole programs; what one prints stands behind `console.log(…); //`. */
const TEXTS = ["README.md", "docs/api.md"].filter((name) => existsSync(join(PROJECT, name)));

const folder = mkdtempSync(join(tmpdir(), "mini-lsm-examples-"));
beforeAll(() => {
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(PROJECT, join(folder, "node_modules/mini-lsm-cli"), "junction");
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each(TEXTS)("the examples of %s", (name) => {
  const text = readFileSync(join(PROJECT, name), "utf8");
  const examples = [...text.matchAll(/^```js\n([\s\S]*?)^```/gm)].map(([, program = ""], index) => ({
    title:
      program
        .split("\n")
        .find((line) => line.startsWith("// "))
        ?.slice(3) ?? `number ${index + 1}`,
    program,
  }));

  test("are there", () => {
    expect(examples.length).toBeGreaterThan(0);
  });
  test.each(examples)("$title", ({ program }) => {
    const directory = mkdtempSync(join(folder, "example-"));
    const path = join(directory, "example.js");
    writeFileSync(path, program);
    const { status, stdout, stderr } = spawnSync(process.execPath, [path], { cwd: directory, encoding: "utf8" });
    expect(stderr).toBe("");
    expect(status).toBe(0);
    const shown = [...program.matchAll(/console\.log\(.*\);? \/\/ (.*)$/gm)].map((match) => match[1]);
    expect(shown.length).toBeGreaterThan(0);
    expect(stdout.trimEnd().split("\n")).toEqual(shown);
  });
});
