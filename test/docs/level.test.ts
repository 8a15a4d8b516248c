import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { MiniLevel } from "../../src/adapters/level/mini-level.ts";

const text = readFileSync(new URL("../../docs/level.md", import.meta.url), "utf8");
/** The JavaScript blocks, each with what its `console.log` lines say they print. */
const examples = [...text.matchAll(/^```js\n([\s\S]*?)^```/gm)].map(([, code = ""]) => ({
  code: code.replace(/^import .*$/gm, ""),
  shown: [...code.matchAll(/console\.log\(.*; \/\/ (.*)$/gm)].map((match) => match[1]),
}));

/** A function of source text that may wait; the language has no name for its constructor. */
const AsyncFunction = (async () => {}).constructor as new (
  ...parametersAndBody: string[]
) => (...given: unknown[]) => Promise<void>;

describe("the examples of docs/level.md", () => {
  let directory: string;
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), "mini-level-examples-"));
    // What classic-level would have left; any AbstractLevel can be moved from.
    const old = new MiniLevel(join(directory, "old.db"));
    await old.batch(Array.from({ length: 2500 }, (_, n) => ({ type: "put", key: `k${n}`, value: `v${n}` }) as const));
    await old.close();
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  test.each(examples.map((example, index) => [index + 1, example] as const))(
    "run, and print what they say (example %i)",
    async (_, { code, shown }) => {
      const printed: string[] = [];
      const placed = code.replace(/Level\("([^"]+)"/g, (_, name) => `Level(${JSON.stringify(join(directory, name))}`);
      await new AsyncFunction("console", "MiniLevel", "ClassicLevel", placed)(
        { log: (...parts: unknown[]) => printed.push(parts.map(String).join(" ")) },
        MiniLevel,
        MiniLevel,
      );
      expect(printed).toEqual(shown);
    },
  );

  test("are those of opening, of moving and of transactions, and moving takes everything along", async () => {
    expect(examples.map(({ shown }) => shown.length)).toEqual([1, 0, 1]);
    const moved = new MiniLevel(join(directory, "new.db"), { createIfMissing: false });
    expect(await moved.get("k2499")).toBe("v2499");
    expect(await moved.keys().all()).toHaveLength(2500);
    await moved.close();
  });
});
