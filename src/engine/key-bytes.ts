import { LsmError } from "../errors.ts";
import { KEY_LENGTH_MAX, NATIVE_VALUE_LENGTH_MAX, VALUE_LENGTH_MAX } from "../key.ts";
import type { DatabaseFormat } from "../options.ts";

/** Strings stand for their UTF-8 bytes. */
export type Bytes = string | Uint8Array;

const UTF8 = new TextEncoder();

/** Bytes of a key. Throws LsmError KEY_EMPTY, except in `native`, KEY_TOO_LARGE or INVALID_ARGUMENT. */
export function keyBytes(key: Bytes, format: DatabaseFormat): Uint8Array {
  const bytes = toBytes(key, "key");
  if (bytes.length === 0 && format !== "native") throw new LsmError("KEY_EMPTY", "key cannot be empty");
  if (bytes.length > KEY_LENGTH_MAX) {
    throw new LsmError("KEY_TOO_LARGE", tooLarge("key", bytes.length, KEY_LENGTH_MAX, format));
  }
  return bytes;
}

/** Bytes of a value to put. Throws LsmError VALUE_EMPTY, except in `native`, VALUE_TOO_LARGE or INVALID_ARGUMENT. */
export function valueBytes(value: Bytes, format: DatabaseFormat): Uint8Array {
  const bytes = toBytes(value, "value");
  if (bytes.length === 0 && format !== "native") throw new LsmError("VALUE_EMPTY", "value cannot be empty");
  if (bytes.length > VALUE_LENGTH_MAX) refuseLargeValue(bytes.length, format);
  return bytes;
}

function refuseLargeValue(length: number, format: DatabaseFormat): void {
  const lengthMax = format === "native" ? NATIVE_VALUE_LENGTH_MAX : VALUE_LENGTH_MAX;
  if (length > lengthMax) throw new LsmError("VALUE_TOO_LARGE", tooLarge("value", length, lengthMax, format));
}

/** The reference has one sentence for its formats. */
function tooLarge(name: string, length: number, lengthMax: number, format: DatabaseFormat): string {
  return format === "native"
    ? `${name} has ${length} bytes, and at most ${lengthMax} are possible`
    : `${name} is too large for the on-disk format`;
}

/** Bytes of a bound, copied, for a cursor asks for them until its end; unlike a key it may be empty or longer than any key. */
export function boundBytes(bound: Bytes): Uint8Array {
  const bytes = toBytes(bound, "bound");
  // Not the `slice` of a Buffer, which would be a view.
  return bytes === bound ? Uint8Array.prototype.slice.call(bytes) : bytes;
}

function toBytes(given: Bytes, name: string): Uint8Array {
  if (given instanceof Uint8Array) return given;
  if (typeof given === "string") {
    // Half a surrogate pair has no bytes of its own: all of them would become the same replacement character.
    if (given.isWellFormed()) return UTF8.encode(given);
    throw new LsmError("INVALID_ARGUMENT", `${name} holds half a surrogate pair, which has no UTF-8 bytes`);
  }
  throw new LsmError("INVALID_ARGUMENT", `${name} is ${describe(given)}, expected a string or a Uint8Array`);
}

function describe(given: unknown): string {
  return given === null ? "null" : Array.isArray(given) ? "an array" : typeof given;
}
