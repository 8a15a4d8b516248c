import { isUtf8 } from "node:buffer";
import type { CsvRecord } from "./csv-records.ts";
import { fromBase64 } from "./json-lines.ts";
import { PLAIN_TEXT_BYTES_MAX, SourceError, type TransferEntry } from "./transfer-entry.ts";

/**
 * Entries as CSV (RFC 4180): `key`, `value`, and `base64`, which names the fields that are base64 because their bytes are no
 * text: nothing, `key`, `value` or `both`. Lines end with CRLF.
 */
export const CSV_HEADER = "key,value,base64\r\n";

/** Which of the two fields are base64, by the words of the third. */
const ENCODED: ReadonlyMap<string, { readonly key: boolean; readonly value: boolean }> = new Map([
  ["", { key: false, value: false }],
  ["key", { key: true, value: false }],
  ["value", { key: false, value: true }],
  ["both", { key: true, value: true }],
]);
const WORDS = ["", "key", "value", "both"];

/** What a field cannot show, or what may drive a terminal: control characters but tab and line feed, and marks of direction. */
const NO_TEXT = /(?![\t\n])[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/u;
/** Within quotes these are themselves. */
const NEEDS_QUOTES = /[",\n\t ]/;

export function csvLine(key: Uint8Array, value: Uint8Array): string {
  const [keyText, valueText] = [textOf(key), textOf(value)];
  const word = WORDS[(keyText === undefined ? 1 : 0) + (valueText === undefined ? 2 : 0)];
  return `${keyText ?? base64(key)},${valueText ?? base64(value)},${word}\r\n`;
}

/** As a field; undefined where the bytes are no text. */
function textOf(bytes: Uint8Array): string | undefined {
  if (bytes.length > PLAIN_TEXT_BYTES_MAX || !isUtf8(bytes)) return undefined;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString();
  if (NO_TEXT.test(text)) return undefined;
  return NEEDS_QUOTES.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64");
}

/** Which field of a record is which; undefined: there is none. */
export type CsvColumns = {
  readonly key: number;
  readonly value: number;
  readonly base64: number | undefined;
  readonly count: number;
};

/** Reads the first record, which names the columns in any order. Throws SourceError. */
export function csvColumns({ fields, place }: CsvRecord): CsvColumns {
  const names = fields.map((field, index) => {
    const name = Buffer.from(field).toString();
    // What some programs put before the first character of a file.
    return index === 0 ? name.replace(/^\ufeff/, "") : name;
  });
  const expected = "expected the columns key, value and, if need be, base64 in the first line";
  const strange = names.find(
    (name, index) => !["key", "value", "base64"].includes(name) || names.indexOf(name) !== index,
  );
  if (strange !== undefined) throw new SourceError(place, `unexpected column ${JSON.stringify(strange)}, ${expected}`);
  const missing = ["key", "value"].find((name) => !names.includes(name));
  if (missing !== undefined) throw new SourceError(place, `no column ${missing}, ${expected}`);
  const encoded = names.indexOf("base64");
  return {
    key: names.indexOf("key"),
    value: names.indexOf("value"),
    base64: encoded < 0 ? undefined : encoded,
    count: names.length,
  };
}

/** Throws SourceError. */
export function csvEntry({ fields, place }: CsvRecord, columns: CsvColumns): TransferEntry {
  if (fields.length !== columns.count) {
    throw new SourceError(place, `${fields.length} fields, expected ${columns.count} as in the first line`);
  }
  const word = Buffer.from(fields[columns.base64 ?? -1] ?? []).toString();
  const encoded = ENCODED.get(word);
  if (encoded === undefined) {
    throw new SourceError(place, `base64 is ${JSON.stringify(word)}, expected nothing, key, value or both`);
  }
  const bytes = (name: "key" | "value"): Uint8Array => {
    const field = fields[columns[name]] ?? new Uint8Array(0);
    return encoded[name] ? fromBase64(Buffer.from(field).toString("latin1"), name, place) : field;
  };
  return { key: bytes("key"), value: bytes("value"), place };
}
