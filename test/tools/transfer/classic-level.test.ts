import { mkdirSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  classicLevelEntries,
  loadClassicLevel,
  refuseOtherThanLevelDatabase,
} from "../../../src/tools/transfer/classic-level.ts";
import { bytes, type TextEntry, text, Workspace } from "../../support/conversions.ts";

let space: Workspace;
beforeEach(() => {
  space = new Workspace();
});
afterEach(() => space[Symbol.dispose]());

type Given = ConstructorParameters<Awaited<ReturnType<typeof loadClassicLevel>>>;

/** As the package's, over entries in memory. */
function fake(entries: readonly TextEntry[], refusal?: Error) {
  const calls: unknown[] = [];
  class ClassicLevel {
    constructor(...given: Given) {
      calls.push(given);
    }
    async open(): Promise<void> {
      if (refusal !== undefined) throw refusal;
    }
    iterator(options: object) {
      calls.push(options);
      let at = 0;
      return {
        nextv: async (count: number) => {
          const some = entries.slice(at, at + count).map(([key, value]) => [bytes(key), bytes(value)] as const);
          at += some.length;
          return some;
        },
        close: async () => void calls.push("iterator closed"),
      };
    }
    async close(): Promise<void> {
      calls.push("closed");
    }
  }
  return { ClassicLevel, calls };
}

async function read({ ClassicLevel }: ReturnType<typeof fake>): Promise<TextEntry[]> {
  const found: TextEntry[] = [];
  for await (const entries of classicLevelEntries(ClassicLevel, "location")) {
    for (const { key, value } of entries) found.push([text(key), text(value)]);
  }
  return found;
}

describe("a LevelDB database", () => {
  test("is read through the package, as bytes, some at a time, and closed", async () => {
    const entries = Array.from({ length: 2500 }, (_, index): TextEntry => [String(index), "\xff\x00"]);
    const level = fake(entries);
    expect(await read(level)).toEqual(entries);
    const encodings = { keyEncoding: "buffer", valueEncoding: "buffer" };
    expect(level.calls).toEqual([
      ["location", { ...encodings, createIfMissing: false }],
      { ...encodings, fillCache: false, highWaterMarkBytes: 1024 * 1024 },
      "iterator closed",
      "closed",
    ]);
  });

  test.each([
    ["LEVEL_LOCKED", "LOCKED"],
    ["LEVEL_CORRUPTION", "CORRUPTION"],
    ["LEVEL_IO_ERROR", "IO_ERROR"],
  ])("that the package refuses with %s is refused", async (code, expected) => {
    const cause = Object.assign(new Error("because"), { code });
    const level = fake([], new Error("Database failed to open", { cause }));
    await expect(read(level)).rejects.toMatchObject({
      code: expected,
      message: "classic-level cannot read location: because",
    });
  });

  test("has a file CURRENT", () => {
    mkdirSync(space.at("a"));
    expect(() => refuseOtherThanLevelDatabase(space.at("a"))).toThrow(
      /holds no LevelDB database: there is no file CURRENT/,
    );
    expect(() => refuseOtherThanLevelDatabase(space.at("b"))).toThrow(/holds no LevelDB database/);
    writeFileSync(space.at("a/CURRENT"), "");
    expect(() => refuseOtherThanLevelDatabase(space.at("a"))).not.toThrow();
  });
});

describe("the package classic-level", () => {
  function install(main: string): void {
    mkdirSync(space.at("node_modules/classic-level"), { recursive: true });
    writeFileSync(space.at("node_modules/classic-level/package.json"), '{"name":"classic-level","main":"index.js"}');
    writeFileSync(space.at("node_modules/classic-level/index.js"), main);
  }

  test("is the one of the directory", async () => {
    install("exports.ClassicLevel = class OfThisDirectory {}");
    expect((await loadClassicLevel(space.path)).name).toBe("OfThisDirectory");
  });

  test("is asked for, with the command, where there is none", async () => {
    await expect(loadClassicLevel(space.path)).rejects.toMatchObject({
      code: "UNSUPPORTED",
      message: expect.stringMatching(/^classic-level is not installed for .+: npm install classic-level$/),
    });
  });

  test.each([
    ["cannot be loaded", "throw new Error('no binary\\nfor you')", /^classic-level at .+ cannot be loaded: no binary$/],
    ["is another one", "exports.level = 1", /exports no ClassicLevel: npm install classic-level@3$/],
  ])("is refused where it %s", async (_, main, message) => {
    install(main);
    await expect(loadClassicLevel(space.path)).rejects.toMatchObject({
      code: "UNSUPPORTED",
      message: expect.stringMatching(message),
    });
  });
});
