import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as library from "../../src/index.ts";

const exported: ReadonlyMap<string, unknown> = new Map(Object.entries(library));

/** A function of source text that may wait; the language has no name for its constructor. */
const AsyncFunction = (async () => {}).constructor as new (
  ...parametersAndBody: string[]
) => (...given: unknown[]) => Promise<void>;

/** The example with its databases put into `directory`. */
function inDirectory(code: string, directory: string): string {
  return code.replace(
    /(open|checkpoint|destroy)\("([^"]+)"/g,
    (_, call: string, name: string) => `${call}(${JSON.stringify(join(directory, name))}`,
  );
}

describe.each(["README.md", "docs/api.md"])("the examples of %s", (name) => {
  const text = readFileSync(new URL(`../../${name}`, import.meta.url), "utf8");
  /** The JavaScript blocks, each with what its `console.log` lines say they print. */
  const examples = [...text.matchAll(/^```js\n([\s\S]*?)^```/gm)].map(([, code = ""]) => ({
    code,
    shown: [...code.matchAll(/console\.log\(.*; \/\/ (.*)$/gm)].map((match) => match[1]),
  }));

  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), "mini-lsm-examples-"));
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  test("are there, and each says what it prints", () => {
    expect(examples.length).toBeGreaterThan(1);
    expect(examples.filter(({ shown }) => shown.length === 0)).toEqual([]);
  });

  test.each(examples.map((example, index) => [index + 1, example] as const))(
    "run with what the library exports, and print what they say (example %i)",
    async (_, { code, shown }) => {
      const imported = /^import \{ (.*) \} from "mini-lsm-cli";\n/.exec(code);
      const names = imported?.[1]?.split(", ") ?? [];
      expect(names.length).toBeGreaterThan(0);
      expect(names.filter((imported) => !exported.has(imported))).toEqual([]);
      const printed: string[] = [];
      const run = new AsyncFunction("console", ...names, inDirectory(code.slice(imported?.[0].length), directory));
      await run(
        { log: (...parts: unknown[]) => printed.push(parts.map(String).join(" ")) },
        ...names.map((imported) => exported.get(imported)),
      );
      expect(printed).toEqual(shown);
    },
  );
});
