import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

const PARITY = readFileSync(new URL("../../docs/parity.md", import.meta.url), "utf8");
const FEATURES = new URL("../../../shared/spec/feature-list.md", import.meta.url);

/** The cells of the rows of a table that begin with a number. */
function rowsOf(text: string): readonly (readonly string[])[] {
  return [...text.matchAll(/^\| *\d+ *\|.*\|$/gm)].map(([row]) =>
    row
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

describe("the table of capabilities", () => {
  const rows = rowsOf(PARITY);
  test("has a row for each number, all ticked", () => {
    expect(rows.map(([number]) => Number(number))).toEqual(Array.from({ length: 74 }, (_, index) => index + 1));
    expect(rows.filter((cells) => cells[3] !== "✓")).toEqual([]);
  });
  test.skipIf(!existsSync(FEATURES))("has the course's rows", () => {
    const named = rowsOf(readFileSync(FEATURES, "utf8")).map(([number, capability]) => [number, capability]);
    expect(rows.map(([number, capability]) => [number, capability])).toEqual(named);
  });
  test.each(rows.map((cells) => [cells[0], cells[4] ?? ""] as const))("row %s names tests that exist", (_, proof) => {
    const named = [...proof.matchAll(/\[[^\]]*\]\(\.\.\/(test\/[^)]*)\): (.*?)(?=; \[|$)/g)];
    expect(named.length).toBeGreaterThan(0);
    for (const [, file = "", title = ""] of named) {
      expect(readFileSync(new URL(`../../${file}`, import.meta.url), "utf8")).toContain(`"${title}"`);
    }
  });
});
