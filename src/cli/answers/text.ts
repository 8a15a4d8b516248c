import { isUtf8 } from "node:buffer";

/**
 * What may rewrite the screen or hide in it: control characters, line separators, and characters that only say how to
 * show others, such as those that turn the direction of writing; but not the joiners, which scripts and emoji need.
 */
export const UNSAFE: RegExp = /[\p{Cc}\p{Zl}\p{Zp}]|(?![\u200c\u200d])\p{Cf}/gu;
const NON_PRINTABLE_ASCII = /[^\x20-\x7e]/g;
const SHORT_ESCAPES: ReadonlyMap<number, string> = new Map([
  [0x00, "\\0"],
  [0x09, "\\t"],
  [0x0a, "\\n"],
  [0x0d, "\\r"],
]);
const QUOTED_CHARACTERS_MAX = 40;

/** Bytes as the user would type them: printable UTF-8 as it is, everything else escaped as in byte strings. */
export function visible(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (isPrintableAscii(bytes)) return buffer.toString("latin1");
  return isUtf8(bytes)
    ? visibleText(buffer.toString())
    : buffer.toString("latin1").replace(NON_PRINTABLE_ASCII, escapeLatin1);
}

/** The same for text, which may come from file names and other programs. */
export function visibleText(text: string): string {
  return text.replace(UNSAFE, (character) => Array.from(Buffer.from(character), escapeByte).join(""));
}

/** A word for an error message: visible, short, in quotes. */
export function quoteForMessage(bytes: Uint8Array): string {
  // Cut before decoding, so that a line of a megabyte costs nothing; a character takes at most four bytes.
  let end = Math.min(bytes.length, 4 * QUOTED_CHARACTERS_MAX + 4);
  while (end < bytes.length && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  const characters = Array.from(visible(bytes.subarray(0, end)));
  if (characters.length <= QUOTED_CHARACTERS_MAX) return `"${characters.join("")}"`;
  return `"${characters.slice(0, QUOTED_CHARACTERS_MAX).join("")}…"`;
}

/** One line of whatever was thrown. */
export function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return visibleText(message.trim().replace(/\s*\n\s*/g, "; "));
}

/** What most keys are, and costs no search for what is not. */
function isPrintableAscii(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte < 0x20 || byte > 0x7e) return false;
  }
  return true;
}

function escapeLatin1(character: string): string {
  return escapeByte(character.charCodeAt(0));
}

function escapeByte(byte: number): string {
  return SHORT_ESCAPES.get(byte) ?? `\\x${byte.toString(16).padStart(2, "0")}`;
}
