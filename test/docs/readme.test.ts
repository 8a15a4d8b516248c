import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { COMMANDS } from "../../src/cli/command-table.ts";
import * as library from "../../src/index.ts";

const root = new URL("../../", import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), "utf8");
const readme = read("README.md");

/** The one-line commands of the README's shell blocks. */
const commands = [...readme.matchAll(/```sh\n(.*)\n```/g)].map((match) => match[1] ?? "");

describe("the README", () => {
  test("names a test command of one line, and .ci/run runs it", () => {
    expect(commands).toContain("npm ci && npm test");
    expect(read(".ci/run")).toContain("\nnpm ci && npm test ");
  });

  test("uses scripts that exist", () => {
    const scripts = Object.keys(JSON.parse(read("package.json")).scripts);
    const used = commands.flatMap((line) => [...line.matchAll(/npm run ([a-z]+)/g)].map((match) => match[1]));
    expect(used.length).toBeGreaterThan(1);
    expect(used.filter((name) => !scripts.includes(name ?? ""))).toEqual([]);
  });

  test("links to files that exist", () => {
    const links = [...readme.matchAll(/\]\(([^)#:]+)\)/g)].map((match) => match[1] ?? "");
    expect(links.length).toBeGreaterThan(4);
    expect(links.filter((link) => !existsSync(new URL(link, root)))).toEqual([]);
  });

  test("lists every command of the shell", () => {
    const missing = COMMANDS.filter(({ name }) => !new RegExp(`^\\|.*\`${name}[ \`]`, "m").test(readme));
    expect(missing).toEqual([]);
  });
});

/** The JavaScript blocks, each with what its `console.log` lines say they print. */
const examples = [...readme.matchAll(/```js\n([\s\S]*?)```/g)].map(([, code = ""]) => ({
  code,
  shown: [...code.matchAll(/console\.log\(.*; \/\/ (.*)$/gm)].map((match) => match[1]),
}));

const exported: ReadonlyMap<string, unknown> = new Map(Object.entries(library));

describe("the README's examples", () => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), "mini-lsm-readme-"));
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
      expect(names.filter((name) => !exported.has(name))).toEqual([]);
      const printed: string[] = [];
      const run = new AsyncFunction("console", ...names, inDirectory(code.slice(imported?.[0].length), directory));
      await run(
        { log: (...parts: unknown[]) => printed.push(parts.map(String).join(" ")) },
        ...names.map((name) => exported.get(name)),
      );
      expect(printed).toEqual(shown);
    },
  );
});

/** A function of source text that may wait; the language has no name for its constructor. */
const AsyncFunction = (async () => {}).constructor as new (
  ...parametersAndBody: string[]
) => (...given: unknown[]) => Promise<void>;

/** The example with its databases put into `directory`. */
function inDirectory(code: string, directory: string): string {
  return code.replace(/open\("([^"]+)"/g, (_, name: string) => `open(${JSON.stringify(join(directory, name))}`);
}

const transcript = new URL("../shared/golden/transcripts/seed-none/", root);

test.skipIf(!existsSync(transcript))("the README's session is what the reference answers", () => {
  const golden = (name: string): string[] => readFileSync(new URL(name, transcript), "utf8").trim().split("\n");
  const session = /```text\n\$ npx.*\n([\s\S]*?)```/.exec(readme)?.[1]?.trim().split("\n") ?? [];
  const typed = session.flatMap((line) => line.split("mini-lsm-cli> ").slice(1));
  const shown = session.filter((line) => !line.startsWith("mini-lsm-cli> "));
  const answers = golden("stdout");
  const left = answers.filter((line) => /^b"2(?:00[2-9]|0[1-9].|[12]..|3[0-2].|33[0-2])"=/.test(line));
  expect(typed).toEqual(golden("stdin"));
  expect(left).toHaveLength(331);
  expect(shown.filter((line) => line !== "…")).toEqual(answers.filter((line) => !left.includes(line)));
});
