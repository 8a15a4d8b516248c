import type { AsText } from "../../engine/lent-bytes.ts";
import type { Reads } from "../../engine/reads.ts";
import { type Format, type FormatName, lentBytes } from "./encoding.ts";
import { levelError } from "./errors.ts";
import { turns } from "./turns.ts";

const AS_TEXT: AsText = { as: "utf8" };

/** So many keys are looked up between two looks at the clock. */
const KEYS_PER_LOOK = 64;

/** The value of a key in the format asked for, or undefined. Throws a LevelError. */
export function find(reads: Reads, key: Format, format: FormatName | undefined): Format | undefined {
  try {
    if (format === "utf8") return reads.get(lentBytes(key), AS_TEXT);
    const value = reads.get(lentBytes(key));
    return value === undefined ? undefined : Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  } catch (error) {
    throw levelError(error);
  }
}

/** Throws a LevelError. */
export function has(reads: Reads, key: Format): boolean {
  try {
    return reads.has(lentBytes(key));
  } catch (error) {
    throw levelError(error);
  }
}

/** One answer per key, in their order, with turns for others in between; so `reads` should be a snapshot. */
export async function forEach<Answer>(keys: readonly Format[], answer: (key: Format) => Answer): Promise<Answer[]> {
  const answers = new Array<Answer>(keys.length);
  for (let start = 0; start < keys.length; start += KEYS_PER_LOOK) {
    await turns.next();
    const end = Math.min(start + KEYS_PER_LOOK, keys.length);
    for (let index = start; index < end; index++) answers[index] = answer(keys[index] as Format);
  }
  return answers;
}
