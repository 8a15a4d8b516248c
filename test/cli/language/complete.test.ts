import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type CompletionSources, complete } from "../../../src/cli/language/complete.ts";
import { hintFor } from "../../../src/cli/language/hint.ts";
import { parse } from "../../../src/cli/language/parse.ts";
import { needsQuotes, quotedWord } from "../../../src/cli/language/typed-word.ts";

/** A database with these keys and snapshots, in a directory with these files. Text is latin1, a character a byte. */
function sourcesWith(keys: string[], snapshots: string[] = [], paths: string[] = []): CompletionSources {
  const beginning = (words: string[], prefix: Uint8Array): Uint8Array[] =>
    words.map((word) => Buffer.from(word, "latin1")).filter((word) => word.subarray(0, prefix.length).equals(prefix));
  return {
    keys: (prefix) => beginning(keys, prefix),
    snapshotNames: () => beginning(snapshots, Buffer.alloc(0)),
    paths: (begun) => beginning(paths, begun),
  };
}

const NOTHING = sourcesWith([]);
const SOME = sourcesWith(
  ["apple", "at", "avocado", "blue whale", "caf\xc3\xa9", "d \x1b/", "x\x1b"],
  ["monday", "may 1"],
  ["commands.txt", "my dir/"],
);

describe("words of the shell complete", () => {
  test.each([
    ["f", ["fill ", "flush ", "full_compaction "], "f"],
    ["  SC", ["scan "], "SC"],
    [".", [".read "], "."],
    ["help d", ["del", "dump", "destroy"], "d"],
    ["get a a", ["at "], "a"],
    ["GET a ", ["at "], ""],
    ["scan 1 2 a", ["at "], "a"],
    ["begin ", ["serializable "], ""],
    ["begin serializable ", [], ""],
    ["timing o", ["on ", "off "], "o"],
    ["explain ", ["get ", "scan "], ""],
    ["explain d", [], "d"],
    ["explain scan --l", ["--limit "], "--l"],
    ["watch 1 st", ["stats "], "st"],
    ["watch 1 scan --r", ["--reverse "], "--r"],
    ["scan --", ["--limit ", "--reverse ", "--prefix ", "--keys ", "--hex ", "--at "], "--"],
    ["scan --limit 3 --reverse --", ["--prefix ", "--keys ", "--hex ", "--at "], "--"],
    ["scan --limit ", [], ""],
    ["scan --limit=3 --l", [], "--l"],
    ["xyz", [], "xyz"],
    ['"g', [], '"g'],
  ])("%s", (line, words, replaced) => {
    expect(complete(line, NOTHING)).toEqual([words, replaced]);
  });

  test("of an empty line are all commands", () => {
    expect(complete("", NOTHING)[0]).toContain("quit ");
  });

  test.each(["xyz 1", "quit now", 'get "a"b c', "scan --nonsense "])("not behind a mistake: %s", (line) => {
    expect(complete(line, SOME)[0]).toEqual([]);
  });
});

describe("keys complete", () => {
  test.each([
    ["get a", ["apple ", "at ", "avocado "], "a"],
    ["del av", ["avocado"], "av"],
    ["scan ap", ["apple "], "ap"],
    ["scan apple a", ["apple ", "at ", "avocado "], "a"],
    ["scan --prefix ap", ["apple "], "ap"],
    ["get c", ["café "], "c"],
  ])("%s", (line, words, replaced) => {
    expect(complete(line, SOME)).toEqual([words, replaced]);
  });

  test.each([
    ["with blanks", "get b", ['"blue whale" '], "b"],
    ["begun in quotes", 'get "b', ['"blue whale" '], '"b'],
    ["with an escape begun in quotes", 'get "\\x62', ['"blue whale" '], '"\\x62'],
    ["closed behind a slash, which ends no directory here", "get d", ['"d \\x1b/" '], "d"],
    ["that would drive the terminal", "get x", ['"x\\x1b" '], "x"],
    ["all of them when a keyword is among them", "scan a", ['"apple" ', '"at" ', '"avocado" ', "at "], "a"],
  ])("in quotes: %s", (_, line, words, replaced) => {
    expect(complete(line, SOME)).toEqual([words, replaced]);
  });

  test("to a word that stands for the key, whatever its bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 20 }), (key) => {
        const [words] = complete("get ", { ...NOTHING, keys: () => [key] });
        const command = parse(Buffer.from(`get ${words[0]}`));
        expect(command?.kind === "get" && Buffer.from(command.key).equals(key)).toBe(true);
      }),
    );
  });

  test("whatever is typed, without an error", () => {
    const word = fc.oneof(
      fc.constantFrom("get", "scan", "watch", "1", '"', "\\", "--at", "at"),
      fc.string({ unit: "binary" }),
    );
    fc.assert(
      fc.property(fc.array(word), (words) => {
        complete(words.join(" "), SOME);
        hintFor(words.join(" "));
      }),
    );
  });
});

describe("names complete", () => {
  test.each([
    ["release ", ['"monday"', '"may 1"'], ""],
    ["get a at mo", ["monday"], "mo"],
    ["scan --at m", ['"monday" ', '"may 1" '], "m"],
    ["source c", ["commands.txt"], "c"],
    [".read my", ['"my dir/'], "my"],
    ["snapshot m", ['"monday"', '"may 1"'], "m"],
  ])("%s", (line, words, replaced) => {
    expect(complete(line, SOME)).toEqual([words, replaced]);
  });
});

test.each([
  ["", '""'],
  ['a"b\\', '"a\\"b\\\\"'],
  ["\xff\\", '"\\xff\\\\"'],
  ["\n", '"\\n"'],
])("bytes of %j are quoted as %s", (bytes, word) => {
  expect(quotedWord(Buffer.from(bytes, "latin1"))).toBe(word);
});

test.each(["a b", "", '"a', "--a", "\xff", "\x07", "AT", "\xe2\x80\xae"])("%j needs quotes", (bytes) => {
  expect(needsQuotes(Buffer.from(bytes, "latin1"), ["at"])).toBe(true);
});

describe("a hint shows what is still to be written", () => {
  test.each([
    ["get ", "KEY [at NAME]"],
    ["get a ", "[at NAME]"],
    ["get a at ", "NAME"],
    ["GET  a  at b ", ""],
    ["get", ""],
    ["get a", ""],
    ["fill 1 ", "END"],
    ["scan ", "[FROM TO] [at NAME] [OPTION…]"],
    ["scan a ", "TO [at NAME] [OPTION…]"],
    ["scan at ", "NAME [OPTION…]"],
    ["scan --limit ", "N"],
    ["scan --limit 3 ", "[FROM TO] [at NAME] [OPTION…]"],
    ["watch ", "SECONDS COMMAND…"],
    ["watch 1 ", ""],
    ["watch 1 get ", "KEY [at NAME]"],
    ["explain ", ""],
    ["timing ", "[on|off]"],
    ["timing on ", ""],
    ["nonsense ", ""],
    ["get a b ", ""],
    ['get "a ', ""],
    [" ", ""],
    ["", ""],
  ])("%j: %j", (line, hint) => {
    expect(hintFor(line)).toBe(hint);
  });
});
