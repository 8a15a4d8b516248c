import { isUtf8 } from "node:buffer";
import { type BytesJson, bytesToJson, safeJson } from "../bytes-json.ts";
import { PLAIN_TEXT_BYTES_MAX, SourceError, type TransferEntry } from "./transfer-entry.ts";

/** `{"key": …, "value": …}` and a line end; each a string where the bytes are UTF-8, and else `{"base64": …}`. */
export function jsonLine(key: Uint8Array, value: Uint8Array): string {
  return `${safeJson({ key: toJson(key), value: toJson(value) })}\n`;
}

function toJson(bytes: Uint8Array): BytesJson {
  if (bytes.length <= PLAIN_TEXT_BYTES_MAX) return bytesToJson(bytes);
  return { base64: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64") };
}

const EXPECTED = 'expected an object with "key" and "value", each a string or {"base64": …}';

/** Reads a line as `jsonLine` writes it, and as others write JSON. Throws SourceError. */
export function parseJsonLine(line: Uint8Array, place: string): TransferEntry {
  if (!isUtf8(line)) throw new SourceError(place, "this is not UTF-8");
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(line.buffer, line.byteOffset, line.length).toString());
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new SourceError(place, `this is no JSON, ${EXPECTED}`, error);
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) throw new SourceError(place, EXPECTED);
  const strange = Object.keys(parsed).find((name) => name !== "key" && name !== "value");
  if (strange !== undefined) throw new SourceError(place, `unknown property ${JSON.stringify(strange)}, ${EXPECTED}`);
  if (!("key" in parsed && "value" in parsed)) {
    throw new SourceError(place, `${"key" in parsed ? "value" : "key"} is missing, ${EXPECTED}`);
  }
  return { key: bytesOf(parsed.key, "key", place), value: bytesOf(parsed.value, "value", place), place };
}

function bytesOf(json: unknown, name: string, place: string): Uint8Array {
  if (typeof json === "string") {
    // Half of a pair of surrogates has no bytes in UTF-8.
    if (/\p{Surrogate}/u.test(json))
      throw new SourceError(place, `${name} holds half a character: \\ud800 to \\udfff alone`);
    return Buffer.from(json);
  }
  const isObject = typeof json === "object" && json !== null && Object.keys(json).length === 1 && "base64" in json;
  if (!isObject || typeof json.base64 !== "string")
    throw new SourceError(place, `${name} has another form, ${EXPECTED}`);
  return fromBase64(json.base64, name, place);
}

/** Throws SourceError for what is not exactly base64: what is skipped would be lost. */
export function fromBase64(text: string, name: string, place: string): Uint8Array {
  const bytes = Buffer.from(text, "base64");
  if (bytes.toString("base64") !== text) throw new SourceError(place, `${name} is no base64`);
  return bytes;
}
