import type { AsText } from "../../engine/lent-bytes.ts";
import type { Reads } from "../../engine/reads.ts";
import { type Format, type FormatName, lentBytes, ownBytes } from "./encoding.ts";
import { levelError } from "./errors.ts";
import { turns } from "./turns.ts";

const AS_TEXT: AsText = { as: "utf8" };

/** So many keys are looked up between two looks at the clock, and those among them that take the disk side by side. */
const KEYS_PER_LOOK = 256;

/** The value of a key in the format asked for, or undefined. Throws a LevelError. */
export function findSync(reads: Reads, key: Format, format: FormatName | undefined): Format | undefined {
  try {
    return format === "utf8" ? reads.get(lentBytes(key), AS_TEXT) : bufferOf(reads.get(lentBytes(key)));
  } catch (error) {
    throw levelError(error);
  }
}

/** As `findSync`, without holding others up. Rejects with a LevelError. */
export async function find(reads: Reads, key: Format, format: FormatName | undefined): Promise<Format | undefined> {
  try {
    const value = await (format === "utf8" ? reads.getAsync(lentBytes(key), AS_TEXT) : reads.getAsync(lentBytes(key)));
    const wait = turns.next();
    if (wait !== undefined) await wait;
    return typeof value === "object" ? bufferOf(value) : value;
  } catch (error) {
    throw levelError(error);
  }
}

/** Whether a key has a value. Rejects with a LevelError. */
export async function has(reads: Reads, key: Format): Promise<boolean> {
  try {
    const answer = await reads.hasAsync(lentBytes(key));
    const wait = turns.next();
    if (wait !== undefined) await wait;
    return answer;
  } catch (error) {
    throw levelError(error);
  }
}

/** The values of the keys, in their order. `reads` should be a snapshot. Rejects with a LevelError. */
export function findMany(
  reads: Reads,
  keys: readonly Format[],
  format: FormatName | undefined,
): Promise<(Format | undefined)[]> {
  if (format === "utf8") return inParts(keys, (part) => reads.getManyAsync(part, AS_TEXT));
  return inParts(keys, async (part) => (await reads.getManyAsync(part)).map(bufferOf));
}

/** Which of the keys have a value, as `findMany`. */
export function hasMany(reads: Reads, keys: readonly Format[]): Promise<boolean[]> {
  return inParts(keys, (part) => Promise.all(part.map((key) => reads.hasAsync(key))));
}

async function inParts<Answer>(
  keys: readonly Format[],
  answersOf: (part: Uint8Array[]) => Promise<Answer[]>,
): Promise<Answer[]> {
  const own = keys.map(ownBytes);
  const answers: Answer[] = [];
  try {
    for (let start = 0; start < own.length; start += KEYS_PER_LOOK) {
      await turns.next();
      for (const answer of await answersOf(own.slice(start, start + KEYS_PER_LOOK))) answers.push(answer);
    }
    return answers;
  } catch (error) {
    throw levelError(error);
  }
}

function bufferOf(value: Uint8Array | undefined): Buffer | undefined {
  return value === undefined ? undefined : Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}
