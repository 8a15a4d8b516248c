import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TextBuffer } from "../../../src/cli/answers/text-buffer.ts";
import { type Command, InputError } from "../../../src/cli/language/command.ts";
import { COMMANDS } from "../../../src/cli/language/command-table.ts";
import { parse } from "../../../src/cli/language/parse.ts";

function parseText(line: string): Command | undefined {
  return parse(Buffer.from(line));
}

/** `column: message` of the error that a line causes. */
function errorOf(line: string | Uint8Array): string {
  try {
    parse(Buffer.from(line));
  } catch (error) {
    if (error instanceof InputError) return `${error.column}: ${error.message}`;
    throw error;
  }
  return "no error";
}

function bytes(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, "latin1"));
}

function text(word: string): Uint8Array {
  return Buffer.from(word);
}

/** The key of `get KEY`, as latin1 text. */
function keyOf(line: string): string | undefined {
  const command = parseText(line);
  return command?.kind === "get" ? Buffer.from(command.key).toString("latin1") : undefined;
}

const LINES = { isKeysOnly: false, isHex: false };

describe("commands", () => {
  test.each<[string, Command]>([
    ["fill 1 3", { kind: "fill", first: 1n, last: 3n }],
    ["fill 0001 18446744073709551615", { kind: "fill", first: 1n, last: 18446744073709551615n }],
    [`fill ${"0".repeat(3000)}7 7`, { kind: "fill", first: 7n, last: 7n }],
    ["dump", { kind: "dump" }],
    ["\ufeffdump", { kind: "dump" }],
    ["flush", { kind: "flush" }],
    ["full_compaction", { kind: "full_compaction" }],
    ["scan", { kind: "scan", range: {}, snapshot: undefined, form: LINES }],
    ["quit", { kind: "quit" }],
    ["close", { kind: "quit" }],
    ["destroy", { kind: "destroy" }],
    ["help", { kind: "help", topic: undefined }],
    ["begin", { kind: "begin", isSerializable: false }],
    ["BEGIN Serializable", { kind: "begin", isSerializable: true }],
    ["commit", { kind: "commit" }],
    ["rollback", { kind: "rollback" }],
    ["help SCAN", { kind: "help", topic: "scan" }],
    ["  \t FiLl\u00a01\u30003 ", { kind: "fill", first: 1n, last: 3n }],
  ])("%s", (line, command) => {
    expect(parseText(line)).toEqual(command);
  });

  test("keys and values are the bytes of their words", () => {
    expect(parseText("put é 1")).toEqual({ kind: "put", key: Buffer.from("é"), value: Buffer.from("1") });
    const range = { gte: Buffer.from("a"), lte: Buffer.from("b") };
    expect(parseText("scan a b")).toEqual({ kind: "scan", range, snapshot: undefined, form: LINES });
    expect(parseText('snapshot "a b"')).toEqual({ kind: "snapshot", name: bytes("a b") });
    expect(parseText("release é")).toEqual({ kind: "release", name: Buffer.from("é") });
  });

  test.each<[string, Command]>([
    ["get k at s", { kind: "get", key: text("k"), snapshot: text("s") }],
    ["get at AT at", { kind: "get", key: text("at"), snapshot: text("at") }],
    ["get at", { kind: "get", key: text("at"), snapshot: undefined }],
    ["scan at s", { kind: "scan", range: {}, snapshot: text("s"), form: LINES }],
    ['scan "at" s', { kind: "scan", range: { gte: bytes("at"), lte: text("s") }, snapshot: undefined, form: LINES }],
    ["scan s at", { kind: "scan", range: { gte: text("s"), lte: text("at") }, snapshot: undefined, form: LINES }],
    ["scan a b at s", { kind: "scan", range: { gte: text("a"), lte: text("b") }, snapshot: text("s"), form: LINES }],
  ])("%s: at leads to a snapshot where the syntax has it, unless it is quoted", (line, command) => {
    expect(parseText(line)).toEqual(command);
  });

  test.each(["", " ", "\t\v\f\r", "\u0085\u00a0\u1680\u2000\u200a\u2028\u2029\u202f\u205f\u3000"])(
    "a line of white space alone is none",
    (line) => {
      expect(parseText(line)).toBeUndefined();
    },
  );

  test.each(COMMANDS.map((spec) => [spec.example, spec.name]))("the example %s parses", (example, name) => {
    const kind = name === "close" ? "quit" : name === ".read" ? "source" : name;
    expect(parseText(example)?.kind).toBe(kind);
  });
});

describe("words", () => {
  test.each([
    ['get "a b"', "a b"],
    ['get "\\"\\\\\\n\\r\\t\\0\\x7f\\xFF"', '"\\\n\r\t\0\x7f\xff'],
    ['get ""', ""],
    ['get a"b"', 'a"b"'],
    ["get 'a'", "'a'"],
    ["get a\\n", "a\\n"],
    ["get a;b", "a;b"],
  ])("%s", (line, key) => {
    expect(keyOf(line)).toBe(key);
  });

  test("a byte string that the shell prints may be typed back, for any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (key) => {
        const printed = Buffer.from(new TextBuffer().byteString(key, 0, key.length).take()).toString();
        expect(parse(Buffer.from(`get ${printed.slice(1)}`))).toEqual({ kind: "get", key });
      }),
    );
  });
});

describe("errors", () => {
  test.each([
    ["flushing", '1: unknown command "flushing", did you mean flush?'],
    ["dumpling", '1: unknown command "dumpling", did you mean dump?'],
    ["  gte 1", '3: unknown command "gte", did you mean get?'],
    ["ſcan", '1: unknown command "ſcan", did you mean scan?'],
    ["set a 1", '1: unknown command "set", did you mean put?'],
    ["compact", '1: unknown command "compact", did you mean full_compaction?'],
    ["watch 1 ls", '9: unknown command "ls", did you mean scan?'],
    ["scan2 3", '1: unknown command "scan2", did you mean scan?'],
    ['"get" 1', "1: expected a command word without quotes: get"],
    ["help me", '6: unknown command "me", expected a command (type "help" for a list)'],
    ["get \u001b[2J x", '10: unexpected "x", expected "at" or the end of the line after: get KEY'],
    ["get é 2 3", '7: unexpected "2", expected "at" or the end of the line after: get KEY'],
    ['get k "at" s', '7: unexpected "at", expected "at" or the end of the line after: get KEY'],
    ["get k at", "9: NAME of get is missing, expected: get KEY [at NAME]"],
    ["get k at s 1", '12: unexpected "1", expected the end of the line after: get KEY at NAME'],
    ["quitting time", '1: unknown command "quitting", did you mean quit?'],
    ["quit now", '6: unexpected "now", expected the end of the line after: quit'],
    ["scan 2", "7: TO of scan is missing, give both or none: scan [FROM TO] [at NAME] [OPTION…]"],
    ["scan at", "8: NAME of scan is missing, expected: scan [FROM TO] [at NAME] [OPTION…]"],
    ["scan 1 5 at", "12: NAME of scan is missing, expected: scan [FROM TO] [at NAME] [OPTION…]"],
    ["scan 1 5 9", '10: unexpected "9", expected "at" or the end of the line after: scan FROM TO'],
    ["begin now", '7: unexpected "now", expected "serializable" or the end of the line after: begin'],
    ["commit now", '8: unexpected "now", expected the end of the line after: commit'],
    ["snapshot", "9: NAME of snapshot is missing, expected: snapshot NAME"],
    ["release", "8: NAME of release is missing, expected: release NAME"],
    ["put k", "6: VALUE of put is missing, expected: put KEY VALUE"],
    ['get "a', '5: this quoted word has no closing ", expected one before the end'],
    ['get "a\\"', '5: this quoted word has no closing ", expected one before the end'],
    ['get "a"b', '8: expected a blank after the closing " (a " inside is written \\")'],
    ['get "é\\q"', '7: unknown escape, expected \\" \\\\ \\n \\r \\t \\0 or \\xHH'],
    ['get "\\x7"', "6: \\x needs two hexadecimal digits, such as \\x7f"],
  ])("%s", (line, message) => {
    expect(errorOf(line)).toBe(message);
  });

  test("a word of another shell is not said to mean what cannot stand there", () => {
    expect(errorOf("watch 1 exit")).toMatch(/^9: unknown command "exit", expected one of get, scan, /);
  });

  test.each(["-1", "1.5", "1e3", "0x10", "+5", "٣", "１２", "1n", "", "18446744073709551616", "9".repeat(5000)])(
    "%s is no number",
    (word) => {
      expect(errorOf(`fill 1 "${word}"`)).toMatch(/^8: END of fill is ".*", expected a whole number from 0 to/);
    },
  );

  test.each(["constructor", "__proto__", "toString", "hasOwnProperty"])("%s is no command", (word) => {
    expect(errorOf(word)).toContain(`1: unknown command "${word}"`);
  });

  test("control characters are escaped in messages", () => {
    expect(errorOf("\u001b[2J")).toContain('1: unknown command "\\x1b[2J"');
  });

  test("long words are shortened in messages", () => {
    expect(errorOf("é".repeat(100_000))).toContain(`unknown command "${"é".repeat(40)}…", expected`);
  });

  test.each([
    ["get \xff\xfe", 5],
    ["get \xc3\xa9 \xed\xa0\x80", 8],
    ["get a\xc3", 7],
  ])("bytes that are no UTF-8 are found", (line, column) => {
    expect(errorOf(bytes(line))).toMatch(new RegExp(`^${column}: expected UTF-8 text`));
  });

  test("no line causes anything but a command, nothing, or an InputError", () => {
    const word = fc.oneof(
      fc.constantFrom(...COMMANDS.map((spec) => spec.name), "at", "serializable", '"', "\\", "1", ";"),
      fc.string({ unit: "binary" }),
    );
    fc.assert(
      fc.property(fc.array(word), (words) => {
        expect(() => errorOf(words.join(" "))).not.toThrow();
      }),
    );
  });
});
