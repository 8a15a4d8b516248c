import { isUtf8 } from "node:buffer";

/**
 * Bytes as JSON has them: a string where they are UTF-8, and else `{"base64": "/w=="}`. Nothing is lost: the string's UTF-8 is
 * the bytes.
 */
export type BytesJson = string | { readonly base64: string };

/** What may drive a terminal, and JSON leaves as it is: control characters of 8 bits, line separators, marks that turn the direction of writing. */
const UNSAFE = /[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/g;

export function bytesToJson(bytes: Uint8Array): BytesJson {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return isUtf8(bytes) ? buffer.toString("utf8") : { base64: buffer.toString("base64") };
}

/** `JSON.stringify`, with nothing in it that could drive a terminal. */
export function safeJson(value: unknown): string {
  return JSON.stringify(value).replace(UNSAFE, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}
