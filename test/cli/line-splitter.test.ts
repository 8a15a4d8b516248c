import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LINE_BYTES_MAX } from "../../src/cli/language/parse.ts";
import { LineSplitter } from "../../src/cli/terminal/line-splitter.ts";

function split(chunks: readonly Uint8Array[]): string[] {
  const splitter = new LineSplitter();
  for (const chunk of chunks) splitter.push(chunk);
  splitter.end();
  const lines: string[] = [];
  for (let line = splitter.take(); line !== undefined; line = splitter.take())
    lines.push(Buffer.from(line).toString("latin1"));
  return lines;
}

describe("lines", () => {
  test.each([
    ["", []],
    ["\n", [""]],
    ["a", ["a"]],
    ["a\r\nb\n", ["a", "b"]],
    ["a\r", ["a"]],
    ["a\rb\r\r\n", ["a\rb\r"]],
    ["\n\nx", ["", "", "x"]],
  ])("of %j", (input, lines) => {
    expect(split([Buffer.from(input)])).toEqual(lines);
  });

  test("are the same however the bytes arrive", () => {
    const piece = fc.constantFrom("\n", "\r", "\r\n", "a", "é", "bc");
    fc.assert(
      fc.property(fc.array(piece), fc.array(fc.nat({ max: 20 })), (pieces, cuts) => {
        const whole = Buffer.from(pieces.join(""));
        const ends = [...cuts.filter((cut) => cut < whole.length).sort((left, right) => left - right), whole.length];
        const chunks = ends.map((end, index) => whole.subarray(ends[index - 1] ?? 0, end));
        expect(split(chunks)).toEqual(split([whole]));
      }),
    );
  });

  test("too long for the parser are cut to one byte more than it takes", () => {
    const piece = Buffer.alloc(LINE_BYTES_MAX / 4, "k");
    const lines = split([...Array.from({ length: 9 }, () => piece), Buffer.from("\nnext\n")]);
    expect(lines.map((line) => line.length)).toEqual([LINE_BYTES_MAX + 1, 4]);
  });
});
