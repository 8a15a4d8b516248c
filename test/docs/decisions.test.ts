import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

const DECISIONS = new URL("../../docs/decisions/", import.meta.url);
const DOCUMENTS = new URL("../../docs/", import.meta.url);

const pages = readdirSync(DECISIONS).filter((name) => /^\d{3}-/.test(name));
const read = (name: string): string => readFileSync(new URL(name, DECISIONS), "utf8");

/** Relative links, without what follows a `#`. */
const linksIn = (text: string): string[] =>
  [...text.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map((match) => match[1] ?? "");

describe("the decisions", () => {
  test("are all in the index, in their order and under their titles", () => {
    expect(pages.length).toBeGreaterThan(5);
    const listed = [...read("README.md").matchAll(/^\| \[(.+?)\]\((.+?)\)/gm)].map(([, title, page]) => ({
      title,
      page,
    }));
    const titles = pages.sort().map((page) => ({ title: /^# (.+)$/m.exec(read(page))?.[1], page }));
    expect(listed).toEqual(titles);
  });

  test("are numbered from 001 without a gap, in name and title", () => {
    const numbers = pages.map((page, index) => [page.slice(0, 3), read(page).slice(2, 5), index + 1]);
    expect(numbers.filter(([name, title, place]) => Number(name) !== place || title !== name)).toEqual([]);
  });

  test.each(pages)("%s says its context and its decision", (page) => {
    expect(read(page)).toMatch(/\*\*Context\.\*\* .{40}[\s\S]*\*\*Decision\.\*\* .{40}/);
  });
});

test("documents link to files that exist", () => {
  const names = readdirSync(DOCUMENTS, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".md"));
  const links = names.flatMap((name) => {
    const page = new URL(name, DOCUMENTS);
    return linksIn(readFileSync(page, "utf8")).map((link) => ({ name, link, target: new URL(link, page) }));
  });
  expect(links.length).toBeGreaterThan(10);
  expect(links.filter(({ target }) => !existsSync(target))).toEqual([]);
});

test("files of the sources and tests that documents name exist", () => {
  const root = new URL("../../", import.meta.url);
  const names = readdirSync(DOCUMENTS, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".md"));
  const named = names.flatMap((name) => {
    const text = readFileSync(new URL(name, DOCUMENTS), "utf8");
    return [...text.matchAll(/`((?:[a-z-]+\/)+[a-z0-9-]+(?:\.test)?\.(?:ts|js))`/g)].map((match) => match[1] ?? "");
  });
  expect(named.length).toBeGreaterThan(10);
  expect(named.filter((name) => !existsSync(new URL(name, root)) && !existsSync(new URL(`src/${name}`, root)))).toEqual(
    [],
  );
});
