import { isUtf8 } from "node:buffer";
import { visibleText } from "../answers/text.ts";

const BACKSLASH = 0x5c;
const QUOTE = 0x22;

/** Whether a word must be quoted to stand for these bytes, where `keywords` mean something else. */
export function needsQuotes(bytes: Uint8Array, keywords: readonly string[]): boolean {
  if (!isUtf8(bytes) || bytes.length === 0) return true;
  const text = Buffer.from(bytes).toString();
  if (/^"|^--|\s|\u0085/u.test(text) || visibleText(text) !== text) return true;
  return keywords.includes(text.toLowerCase());
}

/** The quoted word that stands for these bytes: printable UTF-8 as it is, everything else escaped. */
export function quotedWord(bytes: Uint8Array): string {
  if (!isUtf8(bytes)) return `"${Array.from(bytes, escapedByte).join("")}"`;
  const escaped = Buffer.from(bytes).toString().replace(/[\\"]/g, "\\$&");
  return `"${visibleText(escaped)}"`;
}

function escapedByte(byte: number): string {
  if (byte === BACKSLASH || byte === QUOTE) return `\\${String.fromCharCode(byte)}`;
  return byte >= 0x20 && byte <= 0x7e ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, "0")}`;
}
