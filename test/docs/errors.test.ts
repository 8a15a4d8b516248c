import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

/** The members of the `ErrorCode` union, in the order of the source. */
function codesInSource(): string[] {
  const union = /export type ErrorCode =([^;]*);/.exec(read("src/errors.ts"))?.[1] ?? "";
  return [...union.matchAll(/"([A-Z_]+)"/g)].map((match) => match[1] ?? "");
}

/** The sections of `docs/errors.md`: a code, its cause, its remedy. */
function sectionsInDocument(): { readonly code: string; readonly cause: string; readonly remedy: string }[] {
  const sections = read("docs/errors.md").matchAll(
    /^## `([A-Z_]+)`\n\n(.+?)\n\nRemedy: (.+?)\n(?=\n## |$(?![\s\S]))/gms,
  );
  return [...sections].map((match) => ({
    code: match[1] ?? "",
    cause: match[2] ?? "",
    remedy: match[3] ?? "",
  }));
}

test("every error code is explained, and every explained code exists", () => {
  const codes = codesInSource();
  expect(codes.length).toBeGreaterThan(10);
  expect(sectionsInDocument().map((section) => section.code)).toEqual([...codes].sort());
});

test("every explanation says what happened and what to do", () => {
  for (const { code, cause, remedy } of sectionsInDocument()) {
    expect(`${code}: ${cause}`).toMatch(/: .{20}.*\.$/s);
    expect(`${code}: ${remedy}`).toMatch(/: .{15}.*\.$/s);
  }
});
