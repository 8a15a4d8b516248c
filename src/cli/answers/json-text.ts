import { isUtf8 } from "node:buffer";
import { UNSAFE } from "./text.ts";

/** The value as JSON on one line, in which nothing can drive a terminal. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value).replace(UNSAFE, escapeUnits);
}

/** The same, with what is named as milliseconds to a thousandth: a clock tells no more. */
export function answerText(answer: { readonly [name: string]: unknown }): string {
  return JSON.stringify(answer, inThousandths).replace(UNSAFE, escapeUnits);
}

function inThousandths(name: string, value: unknown): unknown {
  return typeof value === "number" && /(?:Ms|^ms)$/.test(name) ? Math.round(value * 1000) / 1000 : value;
}

/** Bytes as a property: text under its name where they are UTF-8, else, or where digits are wanted, `nameHex`. */
export function bytesProperty(
  name: string,
  bytes: Uint8Array,
  form: "text" | "hex" = "text",
): { readonly [name: string]: string } {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return form === "text" && isUtf8(buffer) ? { [name]: buffer.toString() } : { [`${name}Hex`]: buffer.toString("hex") };
}

function escapeUnits(character: string): string {
  return Array.from({ length: character.length }, (_, index) => {
    return `\\u${character.charCodeAt(index).toString(16).padStart(4, "0")}`;
  }).join("");
}
