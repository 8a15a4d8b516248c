import { SHOWN_KEY_BYTES_MAX } from "../src/tools/live/change.ts";

/** Characters that would be invisible, or turn the direction of what follows; not the joiners that scripts and emoji need. */
const UNSAFE = /[\p{Cc}\p{Zl}\p{Zp}]|(?![\u200c\u200d])\p{Cf}/gu;
const SHORT_ESCAPES: ReadonlyMap<number, string> = new Map([
  [0x00, "\\0"],
  [0x09, "\\t"],
  [0x0a, "\\n"],
  [0x0d, "\\r"],
]);
const encoder = new TextEncoder();
/** A byte order mark is a character as any other, and so is escaped. */
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * A key or a value as the shell shows it: UTF-8 where it is that, and escaped bytes where it is not. Cut ones end in `…`.
 */
export function keyText(key: Uint8Array): string {
  const isCut = key.length > SHOWN_KEY_BYTES_MAX;
  const shown = isCut ? key.subarray(0, characterStart(key, SHOWN_KEY_BYTES_MAX)) : key;
  if (shown.length === 0) return "(empty)";
  return `${decoded(shown)}${isCut ? "…" : ""}`;
}

/** Where the character begins that a byte belongs to; of what is no UTF-8 the byte itself. */
function characterStart(bytes: Uint8Array, at: number): number {
  for (let start = at; start > at - 4; start--) if (((bytes[start] ?? 0) & 0xc0) !== 0x80) return start;
  return at;
}

function decoded(bytes: Uint8Array): string {
  try {
    return decoder
      .decode(bytes)
      .replace(UNSAFE, (character) => Array.from(encoder.encode(character), escaped).join(""));
  } catch {
    return Array.from(bytes, (byte) => {
      return byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : escaped(byte);
    }).join("");
  }
}

function escaped(byte: number): string {
  return SHORT_ESCAPES.get(byte) ?? `\\x${byte.toString(16).padStart(2, "0")}`;
}
