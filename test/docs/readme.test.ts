import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { COMMANDS } from "../../src/cli/language/command-table.ts";

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
