import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CSV_HEADER, csvLine } from "../../../src/tools/transfer/csv.ts";
import { jsonLine } from "../../../src/tools/transfer/json-lines.ts";
import { type TextFormat, textEntries } from "../../../src/tools/transfer/text-entries.ts";
import { bytes, type TextEntry, text } from "../../support/conversions.ts";

async function* chunksOf(content: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  let at = 0;
  for (let index = 0; at < content.length; index++) {
    const end = at + Math.max(1, sizes[index % sizes.length] ?? content.length);
    yield content.subarray(at, end);
    at = end;
  }
}

/** What stands in a text, which comes in chunks of these sizes. */
async function read(content: Uint8Array, format: TextFormat, sizes: readonly number[] = [content.length]) {
  const found: TextEntry[] = [];
  for await (const entries of textEntries(chunksOf(content, sizes), format, { bytes: 0 })) {
    for (const { key, value } of entries) found.push([text(key), text(value)]);
  }
  return found;
}

const readText = (content: string, format: TextFormat) => read(Buffer.from(content), format);

/** What is wrong with a text. */
async function fault(content: string, format: TextFormat): Promise<string> {
  return readText(content, format).then(
    (found) => `nothing: ${JSON.stringify(found)}`,
    (error: unknown) => String(error instanceof Error && error.message),
  );
}

const utf8 = (content: string): string => text(Buffer.from(content));

describe("entries as text", () => {
  test.each(["jsonl", "csv"] as const)(
    "are the same when they are read again, whatever their bytes: %s",
    async (format) => {
      const anything = fc.oneof(
        fc.uint8Array({ maxLength: 40 }),
        fc.string({ unit: "binary", maxLength: 20 }).map((string) => Uint8Array.from(Buffer.from(string))),
        fc
          .constantFrom("", '"', ",", "\n", "\r\n", '""', " a ", "key", "\ufeff", "\0")
          .map((string) => Uint8Array.from(Buffer.from(string))),
      );
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.tuple(anything, anything), { maxLength: 20 }),
          fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 }),
          async (entries, sizes) => {
            const lines = entries.map(([key, value]) =>
              format === "csv" ? csvLine(key, value) : jsonLine(key, value),
            );
            const content = Buffer.from(`${format === "csv" ? CSV_HEADER : ""}${lines.join("")}`);
            expect(await read(content, format, sizes)).toEqual(entries.map(([key, value]) => [text(key), text(value)]));
          },
        ),
        { numRuns: 300 },
      );
    },
  );

  test.each([
    ["text", "a", "b", '{"key":"a","value":"b"}\n', "a,b,\r\n"],
    ["bytes", "\xff", "\x00", '{"key":{"base64":"/w=="},"value":"\\u0000"}\n', "/w==,AA==,both\r\n"],
    ["what CSV quotes", 'a"b', "c,\nd", '{"key":"a\\"b","value":"c,\\nd"}\n', '"a""b","c,\nd",\r\n'],
    ["what drives a terminal", "a", "\x1b[31m", '{"key":"a","value":"\\u001b[31m"}\n', "a,G1szMW0=,value\r\n"],
    ["nothing", "", "", '{"key":"","value":""}\n', ",,\r\n"],
  ])("are written: %s", (_, key, value, json, csv) => {
    expect(jsonLine(bytes(key), bytes(value))).toBe(json);
    expect(csvLine(bytes(key), bytes(value))).toBe(csv);
  });
});

describe("JSON lines", () => {
  test.each([
    [
      "of others",
      '{ "value" : "\\u00e9", "key":"a"}\r\n\r\n  \n{"key":"b","value":""}',
      [
        ["a", utf8("é")],
        ["b", ""],
      ],
    ],
    ["that are none", "\n\n", []],
  ])("are read: %s", async (_, content, expected) => {
    expect(await readText(content, "jsonl")).toEqual(expected);
  });

  const expected = 'expected an object with "key" and "value", each a string or {"base64": …}';
  test.each([
    ['{"key":"a","value":"b"}\n\n{"key":"a"', `line 3: this is no JSON, ${expected}`],
    ["[]", `line 1: ${expected}`],
    ["null", `line 1: ${expected}`],
    ['{"key":"a"}', `line 1: value is missing, ${expected}`],
    ['{"value":"a"}', `line 1: key is missing, ${expected}`],
    ['{"key":"a","value":"b","ttl":1}', `line 1: unknown property "ttl", ${expected}`],
    ['{"key":1,"value":"b"}', `line 1: key has another form, ${expected}`],
    ['{"key":"a","value":{"base64":"a","b":1}}', `line 1: value has another form, ${expected}`],
    ['{"key":"a","value":{"base64":"YQ"}}', "line 1: value is no base64"],
    ['{"key":"\\ud800","value":"a"}', "line 1: key holds half a character: \\ud800 to \\udfff alone"],
  ])("are refused with the line that is wrong: %s", async (content, message) => {
    expect(await fault(content, "jsonl")).toBe(message);
  });

  test("are refused where they are not UTF-8", async () => {
    await expect(read(Uint8Array.of(0x22, 0xff, 0x22), "jsonl")).rejects.toThrow("line 1: this is not UTF-8");
  });
});

describe("CSV", () => {
  test.each([
    [
      "with columns in any order, and LF",
      "value,key\nb,a\n\nd,c",
      [
        ["a", "b"],
        ["c", "d"],
      ],
    ],
    ["with a byte order mark", "\ufeffkey,value\r\na,b\r\n", [["a", "b"]]],
    [
      "with line ends and quotes in quotes",
      'key,value\n"a\r\nb","""x"""\n"",""',
      [
        ["a\r\nb", '"x"'],
        ["", ""],
      ],
    ],
    ["with the header alone", "key,value\r\n", []],
  ])("is read: %s", async (_, content, expected) => {
    expect(await readText(content, "csv")).toEqual(expected);
  });

  const columns = "expected the columns key, value and, if need be, base64 in the first line";
  test.each([
    ["", "line 1: no column key, expected the columns key and value in the first line"],
    ["a,b\n", `line 1: unexpected column "a", ${columns}`],
    ["key,key,value\n", `line 1: unexpected column "key", ${columns}`],
    ["key,base64\n", `line 1: no column value, ${columns}`],
    ["key,value\na\n", "line 2: 1 fields, expected 2 as in the first line"],
    ['key,value\n"a\n\nb",c\nd,e,f\n', "line 5: 3 fields, expected 2 as in the first line"],
    ["key,value,base64\na,b,c\n", 'line 2: base64 is "c", expected nothing, key, value or both'],
    ["key,value,base64\n?,b,key\n", "line 2: key is no base64"],
    ['key,value\na,"b', "line 2: the quoted field that begins in this record has no closing quote"],
    ['key,value\na"b,c', "line 2: a quote within a field that does not begin with one"],
    ['key,value\n"a"b,c', "line 2: expected a comma or the end of the line behind a closing quote"],
    ["key,value\na\rb,c", "line 2: a carriage return must stand in quotes, or before a line feed"],
    ["key,value\na,b\r", "line 2: a carriage return must stand in quotes, or before a line feed"],
  ])("is refused with the line that is wrong: %j", async (content, message) => {
    expect(await fault(content, "csv")).toBe(message);
  });
});
